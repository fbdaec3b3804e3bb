"""An administrator of one branch: for every verb, what lies beyond it answers like what nobody has, and stays as it is.

The twin of each request, with ids of one's own branch, succeeds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.db import transaction

from ridley.core.access import branches
from ridley.core.tenants.models import Membership
from tests.isolation.asking import Ask
from tests.isolation.checks import Bench, Check, digest, told, wanted
from tests.isolation.entries import ENTRIES
from tests.isolation.rich import Ids, done
from tests.isolation.routes import behind_the_door
from tests.world import Client, person

OF_A_BRANCH = {"branch", "parent", "branch_key", "member", "grant", "member_email"}
SERVED = {served.name: served for served in behind_the_door()}


def asks_of(name: str) -> list[Ask]:
    """The requests of a verb that name something of a branch, and nothing else of the tenant's."""
    return [ask for ask in ENTRIES[name].asks if ask.names() and ask.names().keys() <= OF_A_BRANCH]


NAMES = sorted(name for name in ENTRIES if asks_of(name))


@dataclass
class Sides:
    near: Ids
    far: Ids
    boss: Client  # administrator of the near branch and what lies below it


@pytest.fixture(scope="module")
def sides(bench: Bench) -> Iterator[Sides]:
    near, far = side(bench, "near"), side(bench, "far")
    boss = bench.ours.world.client("admin", limits={"branch": [near["parent_key"]]})
    told_far = [f"{bench.ours.mark}-far", *(str(value) for value in far.values() if isinstance(value, int))]
    bench.secrets["far"] = re.compile("|".join(told_far))
    yield Sides(near, far, boss)
    del bench.secrets["far"]


def side(bench: Bench, word: str) -> Ids:
    """A branch with one below it, where a member has a role."""
    admin, mark = bench.ours.admin, f"{bench.ours.mark}-{word}"
    parent = done(admin.post("branches/", {"key": f"{mark}-top", "title": mark}))
    branch = done(admin.post("branches/", {"key": f"{mark}-below", "title": mark, "parent_id": parent["id"]}))
    user = person(mark)
    with bench.ours.world.pinned():
        member = Membership.objects.create(tenant=bench.ours.world.tenant, user=user, branch_id=branch["id"]).pk
    body = {"role": "member", "limits": {"branch": [branch["key"]]}, "reason": mark}
    grant = done(admin.post(f"members/{member}/grants/", body))
    return {
        "parent": parent["id"], "parent_key": parent["key"], "branch": branch["id"], "branch_key": branch["key"],
        "member": member, "member_email": user.email, "grant": grant["id"],
    }  # fmt: skip


def complaints(bench: Bench, sides: Sides, name: str) -> list[str]:
    check, before = Check(bench, SERVED[name], ENTRIES[name]), digest(bench.owner)
    found = []
    for ask in asks_of(name):
        for one in ask.names():
            found += check.swapped(sides.boss, ask, sides.near, sides.far, [one], "far")
    found += [f"{table} changed" for table, now in digest(bench.owner).items() if now != before[table]]
    for ask in asks_of(name):
        with transaction.atomic():
            answer = check.ask(sides.boss, ask, sides.near)
            transaction.set_rollback(True)
        found += [*wanted(answer, range(200, 300), ask), *told(answer, bench.secrets["far"], ask, sides.near)]
    return found


@pytest.mark.parametrize("name", NAMES)
def test_beyond_the_branch_nothing_is_seen_or_done_and_within_it_all_is(bench: Bench, sides: Sides, name: str):
    found = complaints(bench, sides, name)
    assert not found, "\n".join(found)


def test_all_that_is_of_a_branch_is_asked():
    assert {one for name in NAMES for ask in asks_of(name) for one in ask.names()} == OF_A_BRANCH
    assert {name.partition(" ")[0] for name in NAMES} == {"GET", "POST", "PATCH", "DELETE"}
    assert len(NAMES) >= 13


@pytest.mark.parametrize("name", ["GET branches/<int:id>/", "GET members/<int:id>/", "POST members/<int:id>/end/"])
def test_without_the_branches_reach_this_goes_red(bench: Bench, sides: Sides, monkeypatch, name: str):
    everywhere = branches.SUBTREES.replace("AND b.key = ANY(%(keys)s)", "AND %(keys)s IS NOT NULL")
    assert everywhere != branches.SUBTREES
    monkeypatch.setattr(branches, "SUBTREES", everywhere)
    with transaction.atomic():
        found = complaints(bench, sides, name)
        transaction.set_rollback(True)
    assert "with" in "\n".join(found)
