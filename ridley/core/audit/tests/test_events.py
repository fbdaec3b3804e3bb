"""Events: kept with the deed, read with filters, changed by nobody."""

import datetime

import pytest
from django.db import ProgrammingError, connection, transaction

from ridley.core.accounts.models import User
from ridley.core.audit.models import Event
from ridley.core.audit.services import record, told
from ridley.core.tenants.models import Branch


@pytest.fixture
def events(world):
    """Three events, by two people."""
    one, two = world.scope("admin"), world.scope("admin")
    with world.pinned():
        branch = Branch.objects.create(tenant=world.tenant, key="b", title="B")
        for scope, kind, day in ((one, "test.begun", 1), (two, "test.changed", 2), (one, "test.ended", 3)):
            record(scope, kind, subject=branch, reason=f"day {day}", day=day)
    return one, two, branch


def kinds(world, query="", **values):
    answer = world.client("admin").get(f"events/{query}", values)
    assert answer.status_code == 200, answer.json()
    return [event["kind"] for event in answer.json()["items"]]


def test_events_are_listed_newest_first_with_all_they_hold(world, events):
    one, _, branch = events
    assert kinds(world) == ["test.ended", "test.changed", "test.begun"]
    first = world.client("admin").get("events/").json()["items"][-1]
    assert {name: first[name] for name in first if name not in ("id", "at")} == {
        "kind": "test.begun", "words": "", "actor_id": str(one.actor_id), "actor_name": "Admin",
        "actor_email": User.objects.get(pk=one.actor_id).email, "actor_kind": "person", "subject_type": "branch",
        "subject_id": str(branch.pk), "data": {"day": 1}, "reason": "day 1", "request_id": "-",
        "staff_session_id": None,
    }  # fmt: skip


def test_events_are_filtered_by_kind_actor_and_subject(world, events):
    one, two, branch = events
    assert kinds(world, kind="test.changed") == ["test.changed"]
    assert kinds(world, kind="test") == []
    assert kinds(world, actor=one.actor_id) == ["test.ended", "test.begun"]
    assert kinds(world, actor=two.actor_id, kind="test.begun") == []
    assert len(kinds(world, subject_type="branch", subject_id=branch.pk)) == 3
    assert kinds(world, subject_type="branch", subject_id=branch.pk + 1) == []


def test_events_are_filtered_by_time_from_a_moment_until_before_another(world):
    moment = datetime.datetime(2026, 11, 22, 12, tzinfo=datetime.UTC)
    with world.pinned():
        for hours in (-1, 0, 1):
            at = moment + datetime.timedelta(hours=hours)
            Event.objects.create(tenant=world.tenant, kind=f"test.at{hours}", at=at)
    assert kinds(world, since="2026-11-22T12:00:00Z") == ["test.at1", "test.at0"]
    assert kinds(world, before="2026-11-22T12:00:00Z") == ["test.at-1"]
    assert kinds(world, since="2026-11-22T17:30:00+05:30", before="2026-11-22T13:00:00Z") == ["test.at0"]


@pytest.mark.parametrize("query", ["since=yesterday", "actor=me", "colour=red"])
def test_a_filter_that_cannot_be_read_is_refused(world, query):
    assert world.client("admin").get(f"events/?{query}").status_code == 400


@pytest.mark.parametrize(
    "deed", ["UPDATE audit_event SET kind = 'x'", "DELETE FROM audit_event", "TRUNCATE audit_event",
             "UPDATE audit_event SET at = at WHERE false", "SELECT * FROM audit_event FOR UPDATE"],
)  # fmt: skip
def test_the_app_role_can_neither_change_nor_remove_an_event(world, events, deed):
    with world.pinned():
        with pytest.raises(ProgrammingError, match="permission denied for table audit_event"), transaction.atomic():
            connection.cursor().execute(deed)
        assert Event.objects.count() == 3


def test_over_http_events_are_only_read(world):
    admin = world.client("admin")
    for verb in ("post", "put", "patch", "delete"):
        assert getattr(admin, verb)(admin.at("events/")).status_code == 405


def test_events_need_their_permission_and_stay_within_the_tenant(world, other, events):
    refused = world.client("member").get("events/")
    assert (refused.status_code, refused.json()["permission"]) == (403, "core.events_view")
    assert kinds(other) == []


def test_an_event_stands_or_falls_with_its_deed(world):
    with world.pinned():
        with transaction.atomic():
            record(world.trusted(), "test.begun")
            transaction.set_rollback(True)
        assert Event.objects.count() == 0


def test_a_change_is_told_with_what_was_and_what_is_and_no_change_is_no_event(world):
    admin = world.client("admin")
    path = f"branches/{admin.post('branches/', {'key': 'b', 'title': 'B'}).json()['id']}/"
    admin.patch(path, {"title": "C"})
    again = admin.patch(path, {"title": "C"})
    assert (again.status_code, again.json()["version"]) == (200, 2)
    admin.delete(path)
    admin.delete(path)
    found = [(event["kind"], event["data"]) for event in admin.get("events/").json()["items"]]
    assert found == [
        ("core.branch_archived", {}),
        ("core.branch_changed", {"before": {"title": "B"}, "after": {"title": "C"}}),
        ("core.branch_created", {"key": "b", "title": "B"}),
    ]


def test_values_are_told_as_plain_json(world):
    day = datetime.date(2026, 11, 22)
    assert told({"a": 1, "b": None, "c": day, "d": world.tenant, "e": [1]}) == {
        "a": 1, "b": None, "c": "2026-11-22", "d": world.tenant.pk, "e": [1],
    }  # fmt: skip
