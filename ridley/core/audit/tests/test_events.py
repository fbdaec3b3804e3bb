"""Events: kept with the deed, read with filters, changed by nobody."""

import ast
import datetime
import re

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext

from ridley.core.accounts.models import User
from ridley.core.audit.kinds import kinds
from ridley.core.audit.models import Event
from ridley.core.audit.services import record, told
from ridley.core.tenants.models import Branch
from tests.shape.source import ROOT, modules, nodes


@pytest.fixture
def events(world):
    """Three events, by two people."""
    one, two = world.scope("admin"), world.scope("admin")
    with world.pinned():
        branch = Branch.objects.create(tenant=world.tenant, key="b", title="B")
        for scope, kind, day in ((one, "test.begun", 1), (two, "test.changed", 2), (one, "test.ended", 3)):
            record(scope, kind, subject=branch, reason=f"day {day}", day=day)
    return one, two, branch


def kinds_of(world, query="", **values):
    answer = world.client("admin").get(f"events/{query}", values)
    assert answer.status_code == 200, answer.json()
    return [event["kind"] for event in answer.json()["items"]]


def test_events_are_listed_newest_first_with_all_they_hold(world, events):
    one, _, branch = events
    assert kinds_of(world) == ["test.ended", "test.changed", "test.begun"]
    first = world.client("admin").get("events/").json()["items"][-1]
    assert {name: first[name] for name in first if name not in ("id", "at")} == {
        "kind": "test.begun", "words": "", "actor_id": str(one.actor_id), "actor_name": "Admin",
        "actor_email": User.objects.get(pk=one.actor_id).email, "actor_kind": "person", "subject_type": "branch",
        "subject_id": str(branch.pk), "data": {"day": 1}, "reason": "day 1", "request_id": "-",
        "staff_session_id": None,
    }  # fmt: skip


def test_events_are_filtered_by_kind_actor_and_subject(world, events):
    one, two, branch = events
    assert kinds_of(world, kind="test.changed") == ["test.changed"]
    assert kinds_of(world, kind="test") == []
    assert kinds_of(world, actor=one.actor_id) == ["test.ended", "test.begun"]
    assert kinds_of(world, actor=two.actor_id, kind="test.begun") == []
    assert len(kinds_of(world, subject_type="branch", subject_id=branch.pk)) == 3
    assert kinds_of(world, subject_type="branch", subject_id=branch.pk + 1) == []


def test_events_are_filtered_by_time_from_a_moment_until_before_another(world):
    moment = datetime.datetime(2026, 11, 22, 12, tzinfo=datetime.UTC)
    with world.pinned():
        for hours in (-1, 0, 1):
            at = moment + datetime.timedelta(hours=hours)
            Event.objects.create(tenant=world.tenant, kind=f"test.at{hours}", at=at)
    assert kinds_of(world, since="2026-11-22T12:00:00Z") == ["test.at1", "test.at0"]
    assert kinds_of(world, before="2026-11-22T12:00:00Z") == ["test.at-1"]
    assert kinds_of(world, since="2026-11-22T17:30:00+05:30", before="2026-11-22T13:00:00Z") == ["test.at0"]


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
    assert kinds_of(other) == []


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


def test_every_kind_of_event_that_is_recorded_has_words_and_no_other():
    """Kinds are read from the calls that record them: `core.branch_created` and the like, as a whole argument."""
    recording = {"record", "create_record", "update_record", "archive_record", "tell", "change", "discard"}
    found = set()
    for path in modules(ROOT):
        for node in nodes(path):
            name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
            if name in recording:
                given = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg == "event")]
                words = [one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)]
                found |= {word for word in words if re.fullmatch(r"[a-z]+\.[a-z_]+", word)}
    assert len(found) >= 30
    assert found == kinds().keys()
    assert [kind for kind, words in kinds().items() if not words.endswith(".")] == []


def test_the_kinds_of_events_are_listed_in_words(world):
    listed = {one["kind"]: one["words"] for one in world.client("admin").get("events/kinds/").json()["items"]}
    assert listed["core.branch_created"] == "A branch was made."
    assert listed == kinds()
    assert world.client("member").get("events/kinds/").status_code == 403


def test_an_event_says_who_did_it_by_name_and_whether_it_was_a_program(world):
    admin, program = world.scope("admin"), world.scope("admin")
    User.objects.filter(pk=admin.actor_id).update(first_name="Asha", last_name="Mohanty")
    User.objects.filter(pk=program.actor_id).update(kind="service", first_name="", last_name="")
    with world.pinned():
        for scope in (admin, program, world.trusted()):
            record(scope, "core.branch_created")
    email = User.objects.get(pk=program.actor_id).email
    shown = world.client("admin").get("events/").json()["items"]
    assert [(one["words"], one["actor_name"], one["actor_kind"]) for one in reversed(shown)] == [
        ("A branch was made.", "Asha Mohanty", "person"), ("A branch was made.", email, "service"),
        ("A branch was made.", "", ""),
    ]  # fmt: skip


def test_events_are_filtered_by_a_part_of_the_reason(world, events):
    assert kinds_of(world, reason="DAY 2") == ["test.changed"]
    assert kinds_of(world, reason="day") == ["test.ended", "test.changed", "test.begun"]
    assert kinds_of(world, reason="year") == []


def test_a_page_of_events_costs_the_same_however_many_there_are(world):
    admin, scope = world.client("admin"), world.scope("admin")
    admin.get("meta/")  # that a session was seen is noted once a minute
    counts = []
    for _ in range(2):
        with world.pinned():
            for _ in range(20):
                record(scope, "test.done")
        with CaptureQueriesContext(connection) as captured:
            admin.get("events/")
        counts.append(len(captured))
    assert counts[0] == counts[1]
