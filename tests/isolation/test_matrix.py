"""Every verb of every address, asked by all who may not and with the ids of others: nothing leaks, nothing changes.

Addresses and verbs are read from the URL configuration; how each is asked is in entries.py. A verb that is not there
fails here by its name.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator

import pytest
from django_filters import rest_framework as filters
from rest_framework import serializers

from conftest import owner_connection, truncate_as_owner
from ridley.core.access import roles
from ridley.core.access.permissions import ALL
from ridley.core.access.reach import Reach
from ridley.core.people import queries
from ridley.core.people.api import BranchesView, BranchView
from ridley.core.tenants.models import Branch, Grant, Membership
from tests.isolation.checks import Bench, Check, secrets
from tests.isolation.entries import ENTRIES
from tests.isolation.rich import Rich, number_from, own_things, rich_tenant
from tests.isolation.routes import Served, behind_the_door, beside_the_door
from tests.world import Client, person

SERVED = {served.name: served for served in behind_the_door()}
OURS, THEIRS, LATER = 50_000_000_000, 70_000_000_000, 30_000_000_000
WITHOUT = "test.all_but."


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
    number_from(owner, LATER)
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
        secrets={
            ours.key: secrets(owner, ours, str(OURS)[:2]),
            theirs.key: secrets(owner, theirs, str(THEIRS)[:2]),
            "zeta": re.compile("|".join(["zeta", *(str(id) for id in ours.zeta_only)])),
        },
    )


def also_sees_all(rich: Rich, user) -> None:
    with rich.world.pinned():
        membership = Membership.objects.get(user=user)
        Grant.objects.create(tenant=rich.world.tenant, membership=membership, role="assistant.viewer")


def check(bench: Bench, name: str) -> list[str]:
    return Check(bench, SERVED[name], ENTRIES[name]).complaints()


@pytest.mark.parametrize("name", sorted(SERVED))
def test_nothing_leaks_and_nothing_changes(bench: Bench, name: str):
    assert name in ENTRIES, f"{name} is served but has no entry in tests/isolation/entries.py"
    complaints = check(bench, name)
    assert not complaints, "\n".join(complaints)


def test_every_entry_is_served_and_all_else_of_the_api_is_known():
    assert sorted(ENTRIES.keys() - SERVED.keys()) == []
    known = ["", "healthz", "readyz", "metrics", "api/v1/me/", "api/v1/schema/", "^(?:api|_allauth)/"]
    assert beside_the_door() == known


@pytest.mark.parametrize("name", sorted(SERVED.keys() & ENTRIES.keys()))
def test_every_filter_and_every_id_in_a_body_is_asked_with_foreign_ids(name: str):
    asked = " ".join(f"{ask.query} {ask.body}" for ask in ENTRIES[name].asks)
    missing = [field for field in [*open_filters(SERVED[name]), *ids_in_body(SERVED[name])] if field not in asked]
    assert not missing, f"{name} is never asked with {', '.join(missing)}"


def open_filters(served: Served) -> list[str]:
    """The filters that take something of a tenant's, and not a word of ours, a moment or yes and no."""
    closed = (filters.ChoiceFilter, filters.BooleanFilter, filters.IsoDateTimeFilter)
    return [f"{name}=" for name, declared in served.filters().items() if not isinstance(declared, closed)]


def ids_in_body(served: Served) -> list[str]:
    given = getattr(served.view, "input", None)
    if given is None or served.verb not in ("post", "patch", "put"):
        return []
    numbers = (serializers.IntegerField, serializers.ListField)
    return [
        f"'{name}'"
        for name, declared in given().fields.items()
        if isinstance(declared, numbers) and (name.endswith("_id") or name == "ids")
    ]


def test_the_description_of_the_api_is_for_everybody_and_tells_of_no_tenant(bench: Bench):
    told = bench.anonymous.get("/api/v1/schema/")
    assert told.status_code == 200
    for secret in bench.secrets.values():
        assert not secret.search(told.content.decode())


def test_me_names_only_the_tenants_that_one_belongs_to(bench: Bench):
    assert bench.anonymous.get("/api/v1/me/").status_code == 401
    mine = bench.ours.admin.get("/api/v1/me/")
    assert [tenant["key"] for tenant in mine.json()["tenants"]] == [bench.ours.key]
    assert not bench.secrets[bench.theirs.key].search(mine.content.decode())
    assert bench.outsider.get("/api/v1/me/").json()["tenants"] == []


FORGETFUL = ["GET branches/", "GET branches/<int:id>/", "DELETE branches/<int:id>/", "POST branches/"]


@pytest.fixture
def forgotten_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    """The query of branches forgets whose they are."""

    def everybodys(scope):
        return Branch.objects.all()

    monkeypatch.setattr(queries, "branches", everybodys)
    monkeypatch.setattr(BranchesView, "query", staticmethod(everybodys))
    monkeypatch.setattr(BranchView, "one", staticmethod(queries.branch))


@pytest.mark.parametrize("name", FORGETFUL)
def test_a_forgotten_filter_leaks_nothing_because_the_wall_holds(bench: Bench, forgotten_filter: None, name: str):
    assert check(bench, name) == []


@pytest.fixture
def no_wall(bench: Bench) -> Iterator[None]:
    """The policy of one table is taken away."""
    bench.owner.execute("ALTER TABLE tenants_branch DISABLE ROW LEVEL SECURITY")
    yield
    bench.owner.execute("ALTER TABLE tenants_branch ENABLE ROW LEVEL SECURITY")
    bench.owner.execute("UPDATE tenants_branch SET archived_at = NULL, version = 1")


@pytest.mark.parametrize("name", FORGETFUL)
def test_without_filter_and_wall_the_matrix_goes_red(bench: Bench, forgotten_filter: None, no_wall: None, name: str):
    found = "\n".join(check(bench, name))
    wanted = {
        "GET branches/": "foreign_ids: branches/ parent={parent}: tells '70",
        "GET branches/<int:id>/": "foreign_ids: branches/{branch}/  with branch of quokka: 200, wanted 404",
        "DELETE branches/<int:id>/": "foreign_ids: tenants_branch changed",
        "POST branches/": "not like what nobody has",
    }
    assert wanted[name] in found


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("GET assistant/sources/", "out_of_reach: assistant/sources/ : tells"),
        ("GET change-sets/<int:id>/", "out_of_reach: change-sets/{open_set}/  with open_set of zeta: 200, wanted 404"),
        ("POST change-sets/<int:id>/release/", "out_of_reach: changes_changeset changed"),
    ],
)
def test_without_reach_the_matrix_goes_red(bench: Bench, monkeypatch: pytest.MonkeyPatch, name: str, wanted: str):
    monkeypatch.setattr(Reach, "values", lambda self, kind: None)
    monkeypatch.setattr(Reach, "covers", lambda self, kind, value: True)
    assert wanted in "\n".join(check(bench, name))


def test_a_verb_without_an_entry_is_told_by_name(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delitem(ENTRIES, "GET members/")
    with pytest.raises(AssertionError, match="GET members/ is served but has no entry"):
        test_nothing_leaks_and_nothing_changes(bench, "GET members/")
