"""Change sets over HTTP: applying, scheduling, undoing, and who may. A refusal leaves all as it was and has a twin."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from ridley.core.audit.models import Event
from ridley.core.changes import services
from ridley.core.changes.models import Change
from ridley.core.changes.services import take_difference
from ridley.core.changes.tests import steps
from ridley.core.changes.tests.steps import as_csv, contents, edited, live_rows, make_table, stored_and_counted
from ridley.core.changes.tests.test_api import AFTER, BEFORE, counts, decide, id_of, refused
from ridley.core.jobs.models import Job
from tests.world import run_jobs, upload


@pytest.fixture
def table(world):
    made = make_table(world)
    steps.applied(world, made, as_csv(BEFORE))
    return made


@pytest.fixture
def one(world, table):
    """An open set: 1 and 2 changed, 3 removed, 5 added."""
    return steps.opened(world, table, as_csv(AFTER))


@pytest.fixture
def steward(world):
    return world.client("assistant.steward")


@pytest.fixture
def approver(world):
    return world.client("assistant.approver")


def deed(client, one, name, **body):
    return client.post(f"change-sets/{one.pk}/{name}/", body, format="json")


def state(client, one):
    return client.get(f"change-sets/{one.pk}/").json()["state"]


def events(world, one):
    with world.pinned():
        rows = Event.objects.filter(subject_type="changeset", subject_id=str(one.pk)).order_by("pk")
        return [(event.kind.removeprefix("changes."), event.actor_id) for event in rows]


def prices(world, table):
    return {key: row["price"] for key, row in live_rows(world, table).items() if key in "12345"}


WAS, IS = {"1": "500", "2": "600", "3": "300"}, {"1": "550", "2": "650", "5": "700"}


def test_a_set_is_applied_by_a_job_that_can_be_followed_undone_and_redone(world, table, one, steward, approver):
    decide(steward, one)
    answer = deed(approver, one, "apply")
    assert (answer.status_code, answer.json()["change_set"]["state"]) == (202, "applying")
    job = answer.json()["job"]
    assert answer["Location"] == f"/api/v1/{world.tenant.key}/jobs/{job['id']}/"
    assert (job["state"], job["fraction"], prices(world, table)) == ("waiting", 0, WAS)
    assert run_jobs() == 1
    followed = approver.get(answer["Location"]).json()
    assert (followed["state"], followed["fraction"], followed["words"]) == ("done", 1, "Done.")
    told = {"added": 1, "removed": 1, "changed": 2, "cells": 3}
    assert followed["result"] == {"change_set_id": one.pk, "state": "applied", "problem": None, **told}
    assert (state(approver, one), counts(approver, one)) == ("applied", (0, 0, 0, 4, 0))
    assert prices(world, table) == IS

    undo = deed(approver, one, "undo", comment="Too early.")
    assert (undo.status_code, undo.json()["change_set"]["origin"]) == (202, "undo")
    assert undo.json()["change_set"]["undoes"] == one.pk
    assert refused(world, lambda: deed(approver, one, "undo")) == (409, "not-undoable")
    run_jobs()
    second = undo.json()["change_set"]["id"]
    assert (state(approver, one), approver.get(f"change-sets/{second}/").json()["state"]) == ("undone", "applied")
    assert prices(world, table) == WAS
    assert refused(world, lambda: deed(approver, one, "undo")) == (409, "not-undoable")

    redo = approver.post(f"change-sets/{second}/undo/", {}, format="json")
    run_jobs()
    third = redo.json()["change_set"]["id"]
    assert [approver.get(f"change-sets/{pk}/").json()["state"] for pk in (one.pk, second, third)] == [
        "applied", "undone", "applied",
    ]  # fmt: skip
    assert prices(world, table) == IS
    who, by = steward.user.pk, approver.user.pk
    assert events(world, one)[2:] == [
        ("decided", who), ("apply_requested", by), ("applied", by), ("undo_requested", by),
    ]  # fmt: skip
    for pk in (one.pk, second, third):
        with world.pinned():
            found = steps.ChangeSet.objects.get(pk=pk)
        stored, counted = stored_and_counted(world, found)
        assert stored == counted


def test_what_becomes_of_the_rest_is_said_refuse_wait_or_reject(world, table, one, steward, approver):
    assert refused(world, lambda: deed(approver, one, "apply")) == (409, "undecided")
    assert refused(world, lambda: deed(approver, one, "apply", rest="wait")) == (409, "nothing-accepted")
    assert refused(world, lambda: deed(approver, one, "apply", rest="drop")) == (400, "invalid")
    decide(steward, one, filter={"key": "1"})
    assert refused(world, lambda: deed(approver, one, "apply")) == (409, "undecided")
    assert deed(approver, one, "apply", rest="wait").status_code == 202
    run_jobs()
    assert (state(approver, one), counts(approver, one)) == ("open", (3, 0, 0, 1, 0))
    assert refused(world, lambda: deed(steward, one, "withdraw")) == (409, "not-withdrawable")
    decide(steward, one, filter={"key": "5"})
    assert deed(approver, one, "apply", rest="reject").status_code == 202
    run_jobs()
    assert (state(approver, one), counts(approver, one)) == ("applied", (0, 0, 2, 2, 0))
    assert prices(world, table) == {**WAS, "1": "550", "5": "700"}
    stored, counted = stored_and_counted(world, one)
    assert stored == counted
    again = contents(world)
    assert deed(approver, one, "apply").status_code == 202
    assert contents(world) == again
    undo = deed(approver, one, "undo").json()["change_set"]["id"]
    run_jobs()
    with world.pinned():
        found = steps.ChangeSet.objects.get(pk=undo)
    assert (found.added, found.removed, found.changed, found.cells, found.columns) == (0, 1, 1, 1, {"price": 1})
    assert prices(world, table) == WAS


def test_rejecting_everything_applies_nothing_and_needs_no_job(world, table, one, approver):
    answer = deed(approver, one, "apply", rest="reject")
    assert (answer.status_code, answer.json()["job"], "Location" in answer) == (202, None, False)
    assert (state(approver, one), counts(approver, one), run_jobs()) == ("rejected", (0, 0, 4, 0, 0), 0)
    assert prices(world, table) == WAS
    assert [kind for kind, _ in events(world, one)[2:]] == ["decided", "rejected"]
    assert refused(world, lambda: deed(approver, one, "undo")) == (409, "not-undoable")


def test_an_apply_waits_for_its_moment_and_a_cancelled_one_does_nothing_then(
    world, table, one, steward, approver, owner
):
    decide(steward, one)
    past = (timezone.now() - timedelta(seconds=5)).isoformat()
    assert refused(world, lambda: deed(approver, one, "apply", at=past)) == (422, "moment-has-passed")
    later = timezone.now() + timedelta(hours=1)
    answer = deed(approver, one, "apply", at=later.isoformat()).json()
    assert (answer["change_set"]["state"], answer["job"]["words"]) == ("scheduled", "Waiting for its moment.")
    assert run_jobs() == 0
    assert refused(world, lambda: decide(steward, one, "rejected")) == (409, "not-open")
    assert refused(world, lambda: deed(approver, one, "apply")) == (409, "scheduled")
    assert refused(world, lambda: deed(steward, one, "withdraw")) == (409, "not-withdrawable")

    assert deed(approver, one, "apply/cancel").json()["state"] == "open"
    again = contents(world)
    assert deed(approver, one, "apply/cancel").status_code == 200
    assert contents(world) == again
    assert approver.get(f"jobs/{answer['job']['id']}/").json()["state"] == "cancelled"
    come_due()
    assert run_jobs() == 0
    assert (prices(world, table), state(approver, one)) == (WAS, "open")

    deed(approver, one, "apply", at=later.isoformat())
    come_due()
    assert run_jobs() == 1
    assert (prices(world, table), state(approver, one)) == (IS, "applied")
    assert refused(world, lambda: deed(approver, one, "apply/cancel")) == (409, "not-scheduled")
    assert [kind for kind, _ in events(world, one)[3:]] == [
        "apply_requested", "schedule_cancelled", "apply_requested", "applied",
    ]  # fmt: skip


def come_due():
    """The moment of every scheduled job comes."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'")


def test_the_same_idempotency_key_asks_once(world, one, steward, approver):
    decide(steward, one)
    headers = {"Idempotency-Key": "apply-1"}
    first, second = (
        approver.post(f"change-sets/{one.pk}/apply/", {}, format="json", headers=headers) for _ in range(2)
    )
    assert (first.json(), first["Location"]) == (second.json(), second["Location"])
    assert (second["Idempotency-Replayed"], run_jobs()) == ("true", 1)


def test_a_held_set_waits_for_a_release_and_can_be_taken_back(world, table, steward, approver):
    held = steps.opened(world, table, as_csv(BEFORE[:20]))
    assert (held.state, [hold["code"] for hold in held.holds]) == ("held", ["removes-much"])
    assert refused(world, lambda: decide(steward, held)) == (409, "held")
    assert refused(world, lambda: deed(approver, held, "apply", rest="reject")) == (409, "held")
    assert refused(world, lambda: deed(steward, held, "release")) == (403, "denied")
    assert deed(approver, held, "release", comment="They said so.").json()["state"] == "open"
    assert decide(steward, held).status_code == 201
    with world.pinned():
        event = Event.objects.get(kind="changes.released")
        assert (event.actor_id, event.reason, event.data) == (
            approver.user.pk, "They said so.", {"holds": ["removes-much"]},
        )  # fmt: skip
    assert refused(world, lambda: deed(approver, held, "withdraw")) == (403, "denied")
    assert deed(steward, held, "withdraw", comment="Wrong file.").json()["state"] == "withdrawn"
    assert refused(world, lambda: decide(steward, held)) == (409, "not-open")
    assert refused(world, lambda: deed(approver, held, "release")) == (409, "not-held")


def test_with_four_eyes_each_change_waits_for_somebody_who_did_not_decide_it(world):
    table = make_table(world, four_eyes=True)
    made = steps.opened(world, table, as_csv(BEFORE[:2]))
    one, two = world.client("assistant.admin"), world.client("assistant.admin")
    decide(one, made, filter={"key": "1"})
    assert refused(world, lambda: deed(one, made, "apply", rest="wait")) == (403, "four-eyes")
    decide(two, made, filter={"key": "2"})
    assert deed(two, made, "apply").status_code == 202
    run_jobs()
    assert (prices(world, table), counts(one, made)) == ({"1": "500"}, (0, 1, 0, 1, 0))
    assert refused(world, lambda: deed(two, made, "apply")) == (403, "four-eyes")
    assert deed(one, made, "apply").status_code == 202
    run_jobs()
    assert (prices(world, table), state(one, made)) == ({"1": "500", "2": "600"}, "applied")

    undo = deed(one, made, "undo").json()["change_set"]["id"]
    run_jobs()
    address = f"change-sets/{undo}/apply/"
    assert (one.get(f"change-sets/{undo}/").json()["state"], len(prices(world, table))) == ("open", 2)
    assert refused(world, lambda: one.post(address, {}, format="json")) == (403, "four-eyes")
    assert two.post(address, {}, format="json").status_code == 202
    run_jobs()
    assert (prices(world, table), state(one, made)) == ({}, "undone")


# Who may


DEEDS = {
    "decisions": {"decision": "accepted"}, "release": {}, "withdraw": {}, "apply": {"rest": "reject"},
    "apply/cancel": {}, "undo": {},
}  # fmt: skip
MAY = {
    "assistant.viewer": (),
    "assistant.steward": ("decisions", "withdraw"),
    "assistant.approver": ("release", "apply", "apply/cancel", "undo"),
    "assistant.admin": tuple(DEEDS),
}


def test_each_role_may_do_its_deeds_and_no_other(world, table, one):
    clients = {role: world.client(role) for role in MAY}
    for role, client in clients.items():
        for name, body in DEEDS.items():
            if name not in MAY[role]:
                assert refused(world, lambda c=client, n=name, b=body: deed(c, one, n, **b)) == (403, "denied")
    for role in MAY:
        for page in ("", "summary/", "changes/", "decisions/", f"changes/{id_of(world, one, '1')}/"):
            assert clients[role].get(f"change-sets/{one.pk}/{page}").status_code == 200
    assert decide(clients["assistant.steward"], one).status_code == 201
    assert deed(clients["assistant.approver"], one, "release").status_code == 200
    assert deed(clients["assistant.approver"], one, "apply/cancel").status_code == 200
    assert deed(clients["assistant.approver"], one, "apply").status_code == 202
    run_jobs()
    assert deed(clients["assistant.approver"], one, "undo").status_code == 202
    assert world.client("member").get("change-sets/").status_code == 403


def test_who_is_limited_to_a_source_neither_sees_nor_decides_another_ones_sets(world, other, one):
    near, far = (world.client("assistant.admin", limits={"source": [key]}) for key in ("acme", "zenith"))
    stranger = other.client("assistant.admin")
    pages = ("", "summary/", "changes/", "decisions/", f"changes/{id_of(world, one, '1')}/", "changes/?format=csv")
    absent = far.get(f"change-sets/{2**40}/").json()
    for client in (far, stranger):
        assert client.get("change-sets/").json()["items"] == []
        for page in pages:
            answer = client.get(f"change-sets/{one.pk}/{page}")
            assert (answer.status_code, answer.json()) == (404, absent)
        for name, body in DEEDS.items():
            assert refused(world, lambda c=client, n=name, b=body: deed(c, one, n, **b)) == (404, "not-found")
    assert [found["id"] for found in near.get("change-sets/").json()["items"]][:1] == [one.pk]
    assert {near.get(f"change-sets/{one.pk}/{page}").status_code for page in pages} == {200}
    made = decide(near, one).json()["id"]
    address = f"change-sets/{one.pk}/decisions/{made}/undo/"
    for client in (far, stranger):
        assert refused(world, lambda c=client: c.post(address, {}, format="json")) == (404, "not-found")
    assert near.post(address, {}, format="json").status_code == 200
    wide = world.client("assistant.viewer", "assistant.steward")
    assert decide(wide, one).status_code == 201


def test_a_decision_of_another_set_is_not_found_below_this_one(world, table, one, steward):
    other = steps.opened(world, table, as_csv([("1", "X", "1")]), mode="delta")
    made = decide(steward, other).json()["id"]
    wrong, right = (f"change-sets/{pk}/decisions/{made}/undo/" for pk in (one.pk, other.pk))
    assert refused(world, lambda: steward.post(wrong, {}, format="json")) == (404, "not-found")
    assert steward.post(right, {}, format="json").status_code == 200


# Conflicts, and what went wrong on the way


def conflicted(world, table, one, *edits):
    """Row edits come between; the set is accepted and applied, and what met an edit is back for review."""
    edited(world, table, *edits)
    found = steps.accept_and_apply(world, one)
    assert (found.state, found.conflicts) == ("open", len(edits))
    return found


def test_an_accepted_conflict_starts_from_the_row_as_it_is(world, table, one):
    found = conflicted(
        world, table, one,
        {"kind": "update", "key": "2", "values": {"price": "999", "code": "2"}},
        {"kind": "create", "values": {"code": "5", "model": "Dzire", "price": "1"}},
    )  # fmt: skip
    found = steps.accept_and_apply(world, found)
    assert (found.state, found.applied, found.added, found.changed, found.cells) == ("applied", 4, 0, 3, 4)
    stored, counted = stored_and_counted(world, found)
    assert stored == counted
    assert live_rows(world, table)["2"] == {"code": "2", "model": "Baleno!", "price": "650"}
    assert prices(world, table) == IS
    with world.pinned():
        services.request_undo(world.scope("assistant.admin"), change_set_id=found.pk)
    run_jobs()
    assert prices(world, table) == {**WAS, "2": "999", "5": "1"}


def test_a_conflict_whose_row_is_as_wanted_already_is_done_without_a_version_and_not_undone(world, table, one):
    found = conflicted(
        world, table, one,
        {"kind": "update", "key": "1", "values": {"price": "550"}},
        {"kind": "delete", "key": "3"},
        {"kind": "create", "values": dict(zip(steps.FIELDS, AFTER[-1], strict=True))},
    )  # fmt: skip
    before = contents(world)
    found = steps.accept_and_apply(world, found)
    assert (found.state, found.applied, found.conflicts) == ("applied", 4, 0)
    after = contents(world)
    assert (after["Row"], after["RowVersion"]) == (before["Row"], before["RowVersion"])
    with world.pinned():
        assert set(Change.objects.filter(change_set=found).values_list("key", "after_version")) == {
            ("1", None), ("2", 2), ("3", None), ("5", None),
        }  # fmt: skip
        services.request_undo(world.scope("assistant.admin"), change_set_id=found.pk)
    run_jobs()
    assert prices(world, table) == {"1": "550", "2": "600", "5": "700"}
    with world.pinned():
        assert steps.Table.objects.get(pk=table.pk).row_count == len(live_rows(world, table))


def test_a_changed_row_that_was_removed_comes_back_whole(world, table, one):
    found = conflicted(world, table, one, {"kind": "delete", "key": "2"})
    found = steps.accept_and_apply(world, found)
    assert (found.state, found.added, found.changed) == ("applied", 2, 1)
    assert live_rows(world, table)["2"] == {"code": "2", "model": "Baleno!", "price": "650"}
    stored, counted = stored_and_counted(world, found)
    assert stored == counted


def test_an_added_row_that_came_in_between_keeps_the_fields_that_the_file_lacks(world, table):
    part = steps.opened(world, table, as_csv([("7", "70")], ("code", "price")), mode="delta")
    found = conflicted(world, table, part, {"kind": "create", "values": {"code": "7", "model": "Eeco", "price": "1"}})
    assert steps.accept_and_apply(world, found).state == "applied"
    assert live_rows(world, table)["7"] == {"code": "7", "model": "Eeco", "price": "70"}


def test_a_rejected_conflict_leaves_the_row_alone(world, table, one, steward):
    found = conflicted(world, table, one, {"kind": "update", "key": "2", "values": {"price": "999"}})
    assert decide(steward, found, "undecided").status_code == 201
    assert counts(steward, found) == (1, 0, 0, 3, 1)
    decide(steward, found, "rejected")
    assert counts(steward, found) == (0, 0, 1, 3, 0)
    approver = world.client("assistant.approver")
    answer = deed(approver, found, "apply").json()
    assert (answer["change_set"]["state"], answer["job"], prices(world, table)) == ("applied", None, {**IS, "2": "999"})
    undo = deed(approver, found, "undo").json()["change_set"]["id"]
    run_jobs()
    assert (state(approver, found), prices(world, table)) == ("undone", {**WAS, "2": "999"})
    assert approver.get(f"change-sets/{undo}/").json()["applied"] == 3


def test_the_same_file_is_not_called_equal_after_an_edit_of_a_row_that_it_did_not_touch(world, table, one):
    edited(world, table, {"kind": "update", "key": "r1", "values": {"price": "77"}})
    assert steps.accept_and_apply(world, one).state == "applied"
    again = steps.opened(world, table, as_csv(AFTER))
    assert (again.state, again.changed) == ("open", 1)
    assert steps.accept_and_apply(world, again).state == "applied"
    assert steps.opened(world, table, as_csv(AFTER)).state == "equal"


def test_the_same_file_is_equal_at_once_after_it_was_applied_in_two_parts(world, table, one, steward, approver):
    decide(steward, one, filter={"key": "1"})
    deed(approver, one, "apply", rest="wait")
    run_jobs()
    steps.accept_and_apply(world, one)
    sent = upload(world, world.scope("assistant.admin"), as_csv(AFTER))
    with world.pinned():
        made = services.open_upload(
            world.scope("assistant.admin"), target=steps.TARGET, target_id=table.pk, upload_id=sent.pk
        )
    assert (made.state, run_jobs()) == ("equal", 0)


def test_a_job_that_compares_twice_stores_its_changes_once(world, table):
    scope, heard = world.scope("assistant.admin"), []
    sent = upload(world, scope, as_csv(AFTER))
    with world.pinned():
        made = services.open_upload(scope, target=steps.TARGET, target_id=table.pk, upload_id=sent.pk)

    def say(fraction, words):
        heard.append(words)
        if words.startswith("Comparing") and len(heard) == 2:  # a second worker is through before the first one stores
            take_difference(world.trusted(), say, change_set_id=made.pk)

    assert take_difference(world.trusted(), say, change_set_id=made.pk)["state"] == "open"
    with world.pinned():
        assert Change.objects.filter(change_set=made).count() == 4
    assert sum(words.startswith("Comparing") for words in heard) == 2


def test_a_set_that_is_never_read_to_its_end_can_be_taken_back_and_its_job_does_nothing_then(world, table, steward):
    scope = world.scope("assistant.admin")
    sent = upload(world, scope, as_csv(AFTER))
    with world.pinned():
        made = services.open_upload(scope, target=steps.TARGET, target_id=table.pk, upload_id=sent.pk)
    assert refused(world, lambda: decide(steward, made)) == (409, "reading")
    assert deed(steward, made, "withdraw").json()["state"] == "withdrawn"
    assert run_jobs() == 1
    assert (state(steward, made), counts(steward, made)) == ("withdrawn", (0, 0, 0, 0, 0))


def test_an_apply_whose_job_failed_can_be_asked_for_again(world, table, one, steward, approver):
    decide(steward, one)
    first = deed(approver, one, "apply").json()["job"]["id"]
    assert deed(approver, one, "apply").json()["job"]["id"] == first
    from django.db import connection

    with world.pinned():
        Job.objects.filter(pk=first).update(state="failed")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE status = 'todo'")
    assert (run_jobs(), state(approver, one)) == (0, "applying")
    second = deed(approver, one, "apply").json()["job"]["id"]
    assert second > first
    assert run_jobs() == 1
    assert (prices(world, table), state(approver, one)) == (IS, "applied")
