"""People whose time in a tenant is over, has not come, or runs: memberships, roles and staff sessions with dates."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from ridley.core.accounts.models import User
from ridley.core.tenants.models import Grant, Membership, StaffSession
from tests.isolation.rich import Rich
from tests.world import Client, person

LONG_AGO, NEVER_YET = timedelta(days=-1000), timedelta(days=1000)


def moments() -> tuple[datetime, datetime, datetime]:
    now = timezone.now()
    return now + LONG_AGO, now, now + NEVER_YET


def member(rich: Rich, name: str, *, membership: Any = None, grant: Any = None) -> Client:
    """A member who is administrator, each from a moment until another."""
    user = person(name)
    with rich.world.pinned():
        made = Membership.objects.create(tenant=rich.world.tenant, user=user, **(membership or {}))
        Grant.objects.create(tenant=rich.world.tenant, membership=made, role="admin", **(grant or {}))
    return Client(rich.key, user)


def superuser(rich: Rich, name: str, **session: Any) -> Client:
    """A superuser, with a session in this tenant if its dates are given."""
    user = person(name)
    User.objects.filter(pk=user.pk).update(is_superuser=True, is_staff=True)
    if session:
        with rich.world.pinned():
            StaffSession.objects.create(tenant=rich.world.tenant, user=user, reason=f"{rich.mark} visit", **session)
    return Client(rich.key, User.objects.get(pk=user.pk))


def outside(rich: Rich) -> dict[str, Client]:
    """People who ask in this tenant and are outsiders there now."""
    past, now, future = moments()
    once = superuser(rich, "once", from_at=past, until_at=future)
    User.objects.filter(pk=once.user.pk).update(is_superuser=False)
    return {
        "membership ended": member(rich, "former", membership={"from_at": past, "until_at": now}),
        "membership not begun": member(rich, "future", membership={"from_at": future}),
        "superuser without a session": superuser(rich, "bare"),
        "session ran out": superuser(rich, "late", from_at=past, until_at=now),
        "session not begun": superuser(rich, "early", from_at=future, until_at=future + timedelta(hours=1)),
        "session ended": superuser(rich, "gone", from_at=past, until_at=future, ended_at=now),
        "no superuser any more": once,
    }


def lapsed(rich: Rich) -> dict[str, Client]:
    """Members whose role as administrator is not in effect."""
    past, now, future = moments()
    return {
        "role ended": member(rich, "retired", grant={"from_at": past, "until_at": now}),
        "role not begun": member(rich, "heir", grant={"from_at": future}),
    }


def inside(rich: Rich) -> dict[str, Client]:
    """The twins of all of them: administrators whose time runs."""
    past, _, future = moments()
    dates = {"from_at": past, "until_at": future}
    return {
        "membership and role run": member(rich, "current", membership=dates, grant=dates),
        "session runs": superuser(rich, "staff", **dates),
    }
