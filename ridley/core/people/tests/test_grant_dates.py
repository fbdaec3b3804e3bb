"""Roles from a moment until another: the past is not rewritten, the future counts when it comes."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ridley.core.people.tests.test_grants import APPLY, WHY, end, give, id_of, may, only_grant, refused
from ridley.core.tenants.models import Grant


@pytest.fixture
def admin(world):
    return world.client("admin")


def test_a_role_counts_from_its_first_moment_until_its_last(world, admin):
    clerk = world.client("member")
    member = id_of(world, clerk)
    soon = timezone.now() + timedelta(days=1)
    later = give(admin, member, "assistant.approver", from_at=soon.isoformat()).json()
    assert APPLY not in may(clerk)
    with world.pinned():
        Grant.objects.filter(pk=later["id"]).update(from_at="2020-01-01T00:00Z")
    assert may(clerk)[APPLY] == {}
    with world.pinned():
        Grant.objects.filter(pk=later["id"]).update(until_at="2020-01-02T00:00Z")
    assert APPLY not in may(clerk)


@pytest.mark.parametrize(
    ("dates", "code"),
    [({"from_at": "2020-01-01T00:00:00Z"}, "moment-has-passed"),
     ({"until_at": "2020-01-01T00:00:00Z"}, "moment-has-passed"),
     ({"from_at": "2990-01-02T00:00:00Z", "until_at": "2990-01-01T00:00:00Z"}, "ends-before-it-begins")],
)  # fmt: skip
def test_the_past_is_not_written(world, admin, dates, code):
    member = id_of(world, world.client("member"))
    assert refused(world, lambda: give(admin, member, "assistant.viewer", **dates)) == (422, code)
    dates = {name: value.replace("2020", "2991") for name, value in dates.items() if name == "until_at"}
    assert give(admin, member, "assistant.viewer", **dates).status_code == 201


def test_what_has_begun_keeps_its_beginning_and_what_has_ended_is_not_changed(world, admin):
    member = id_of(world, world.client("member"))
    grant = only_grant(world, member)
    path = f"members/{member}/grants/{grant}/"
    moved = {"from_at": "2990-01-01T00:00:00Z", "reason": WHY}
    assert refused(world, lambda: admin.patch(path, moved)) == (422, "already-begun")
    until = {"until_at": "2990-01-01T00:00:00Z", "reason": WHY}
    assert admin.patch(path, until).json()["until_at"] == "2990-01-01T00:00:00Z"
    end(admin, member, grant)
    assert refused(world, lambda: admin.patch(path, until)) == (409, "grant-ended")
