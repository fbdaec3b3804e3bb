"""Two tenants with some of everything, and the people who ask: made once for each module that asks for `bench`."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from unittest.mock import patch

import pytest

from conftest import owner_connection, truncate_as_owner
from ridley.core.access import roles
from ridley.core.access.permissions import ALL
from ridley.core.tenants.models import Grant, Membership
from tests.isolation import visitors
from tests.isolation.checks import Bench, secrets
from tests.isolation.rich import Ids, Rich, number_from, own_things, rich_tenant
from tests.world import Client, person

OURS, THEIRS, LATER = 50_000_000_000, 70_000_000_000, 30_000_000_000
SECOND_HALF = 500_000_000
WITHOUT = "test.all_but."


@pytest.fixture(scope="package", autouse=True)
def nothing_noted_of_sessions() -> Iterator[None]:
    """Once a minute a session's use is noted. It is of no tenant, and would be work that comes by chance."""
    with patch("ridley.core.accounts.sessions.RememberSeen.is_due", return_value=False):
        yield


@pytest.fixture(scope="module")
def bench(django_db_setup: None, django_db_blocker) -> Iterator[Bench]:
    """Two tenants with some of everything, committed: what a request leaves behind is seen by the owner."""
    refusals = logging.getLogger("django.request")
    level = refusals.level
    refusals.setLevel(logging.ERROR)
    with django_db_blocker.unblock(), owner_connection() as owner:
        try:
            yield made_bench(owner)
        finally:
            refusals.setLevel(level)
            truncate_as_owner()
            for name in [name for name in roles._roles if name.startswith(WITHOUT)]:
                del roles._roles[name]


def made_bench(owner) -> Bench:
    number_from(owner, OURS)
    ours = rich_tenant("narwhal", ("acme", "zeta"))
    number_from(owner, THEIRS)
    theirs = rich_tenant("quokka", ("acme",))
    twofold = person("twofold")
    both = [also_in(owner, rich, twofold, first + SECOND_HALF) for rich, first in ((ours, OURS), (theirs, THEIRS))]
    number_from(owner, THEIRS + SECOND_HALF + SECOND_HALF // 2)
    outside = visitors.outside(theirs)
    number_from(owner, LATER)
    inside = visitors.inside(ours)
    known = roles.all_permissions() | ALL
    roles.register_roles({f"{WITHOUT}{permission}": known - {permission} for permission in known})
    key = ours.ids["acme"]["source_key"]
    limits = {"source": [key, f"{key}-empty"]}
    onlooker = ours.world.member("admin", limits=limits)
    also_sees_all(ours, onlooker)
    limited = ours.world.client("admin", limits=limits)
    return Bench(
        ours=ours,
        theirs=theirs,
        owner=owner,
        anonymous=Client(ours.key, None),
        outsider=Client(ours.key, person("outsider")),
        without={permission: ours.world.client(f"{WITHOUT}{permission}") for permission in known},
        limited=limited,
        own={**ours.ids["acme"], **own_things(ours, limited)},
        onlooker=Client(ours.key, onlooker),
        outside={**outside, "session in another tenant": inside["session runs"]},
        lapsed=visitors.lapsed(ours),
        inside=inside,
        twofold=Client(ours.key, twofold),
        twofold_ids=(both[0], both[1]),
        secrets={
            ours.key: secrets(owner, ours, str(OURS)[:2], str(twofold.pk)),
            theirs.key: secrets(owner, theirs, str(THEIRS)[:2], str(twofold.pk)),
            "zeta": re.compile("|".join(["zeta", *(str(id) for id in ours.zeta_only)])),
        },
    )


def also_in(owner, rich: Rich, user, first_id: int) -> Ids:
    """Make somebody an administrator of this tenant too, who does things there, numbered as the tenant's."""
    number_from(owner, first_id)
    with rich.world.pinned():
        membership = Membership.objects.create(tenant=rich.world.tenant, user=user)
        Grant.objects.create(tenant=rich.world.tenant, membership=membership, role="admin")
    return {**rich.ids["acme"], **own_things(rich, Client(rich.key, user), "twofold")}


def also_sees_all(rich: Rich, user) -> None:
    with rich.world.pinned():
        membership = Membership.objects.get(user=user)
        Grant.objects.create(tenant=rich.world.tenant, membership=membership, role="assistant.viewer")
