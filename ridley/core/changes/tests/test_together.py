"""Several people and workers at once, each with a connection of their own."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connection

from ridley.assistant.models import Row, RowVersion
from ridley.core.access.errors import Conflict
from ridley.core.audit.models import Event
from ridley.core.changes import services
from ridley.core.changes.models import Decision
from ridley.core.changes.services import apply_accepted
from ridley.core.changes.tests import steps
from ridley.core.changes.tests.steps import as_csv, make_table, stored_and_counted
from ridley.core.changes.tests.test_api import counts, decide
from ridley.core.changes.tests.test_deeds import deed
from ridley.core.jobs.models import Job
from tests.world import run_jobs

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = [(f"{number:02}", "M", "1") for number in range(40)]


@pytest.fixture
def table(world):
    return make_table(world)


def together(*calls):
    """Make the calls at the same time, each in its own thread; their answers, or the errors that they raised."""
    gate, answers = threading.Barrier(len(calls)), [None] * len(calls)

    def carry_out(number, call):
        try:
            gate.wait(10)
            answers[number] = call()
        except Exception as error:
            answers[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=carry_out, args=pair, daemon=True) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads), "somebody still waits for a lock"
    return answers


def proposed(world, table, price, rows=ROWS[:20]):
    """An open set that changes these rows' price, accepted as a whole."""
    made = steps.edited(
        world, table, *({"kind": "update", "key": code, "values": {"price": price}} for code, _, _ in rows), apply=False
    )  # fmt: skip
    with world.pinned():
        services.decide(world.scope("assistant.admin"), change_set_id=made.pk, verdict="accepted")
    return steps.reread(world, made)


def requested(world, made):
    """The set on its way to be applied, and the version that its job was asked for."""
    with world.pinned():
        found, _ = services.request_apply(world.scope("assistant.admin"), change_set_id=made.pk)
    return found


def silent(fraction, words):
    pass


def test_people_who_decide_different_changes_at_once_all_count(world, table):
    one = steps.opened(world, table, as_csv(ROWS))
    clients = [world.client("assistant.steward") for _ in range(4)]
    answers = together(
        *(lambda c=client, n=number: decide(c, one, filter={"text": f"{n}"}, expected=10)
          for number, client in enumerate(clients[:1])),
        *(lambda c=client, n=number: decide(c, one, "rejected", filter={"key": f"2{n}"})
          for number, client in enumerate(clients)),
    )  # fmt: skip
    assert [answer.status_code for answer in answers] == [201] * 5
    with world.pinned():
        made = Decision.objects.filter(change_set=one)
        assert sorted(made.values_list("count", flat=True)) == [1, 1, 1, 1, 10]
    stored, counted = stored_and_counted(world, one)
    assert stored == counted
    assert stored["accepted"] + stored["rejected"] == 14


def test_whoever_decides_while_a_set_is_applied_waits_and_is_refused(world, table):
    steps.applied(world, table, as_csv(ROWS))
    made = requested(world, proposed(world, table, "2"))
    inside, go_on = threading.Event(), threading.Event()
    steward = world.client("assistant.steward")

    def pause(fraction, words):
        inside.set()
        assert go_on.wait(30)

    def decide_meanwhile():
        assert inside.wait(30)
        threading.Timer(0.5, go_on.set).start()
        began = time.monotonic()
        answer = decide(steward, made, "rejected")
        return answer, time.monotonic() - began

    result, (answer, waited) = together(
        lambda: apply_accepted(world.trusted(), pause, change_set_id=made.pk, asked=made.version), decide_meanwhile
    )
    assert result["state"] == "applied"
    assert (answer.status_code, answer.json()["code"]) == (409, "not-open")
    assert waited >= 0.4
    assert counts(steward, made) == (0, 0, 0, 20, 0)


def test_a_set_on_its_way_takes_no_decision(world, table):
    steps.applied(world, table, as_csv(ROWS))
    made = requested(world, proposed(world, table, "2"))
    steward = world.client("assistant.steward")
    answer = decide(steward, made, "rejected")
    assert (answer.status_code, answer.json()["code"], answer.json()["state"]) == (409, "not-open", "applying")
    assert counts(steward, made) == (0, 20, 0, 0, 0)
    run_jobs()
    assert counts(steward, made) == (0, 0, 0, 20, 0)


def test_two_who_ask_to_apply_at_once_start_one_job(world, table):
    steps.applied(world, table, as_csv(ROWS))
    made = proposed(world, table, "2")
    clients = [world.client("assistant.approver") for _ in range(3)]
    answers = together(*(lambda c=client: deed(c, made, "apply") for client in clients))
    assert [answer.status_code for answer in answers] == [202] * 3
    assert len({answer.json()["job"]["id"] for answer in answers}) == 1
    run_jobs()
    with world.pinned():
        assert Job.objects.filter(kind="changes.apply", subject_id=str(made.pk)).count() == 1
        assert Event.objects.filter(kind="changes.applied", subject_id=str(made.pk)).count() == 1
        assert set(Row.objects.filter(key__lt="20").values_list("version", "data__price")) == {(2, "2")}


def test_two_people_who_edit_the_same_row_meet_once(world, table):
    steps.applied(world, table, as_csv(ROWS))

    def edit(price):
        one = {"kind": "update", "key": "00", "version": 1, "values": {"price": price}}
        return lambda: steps.edited(world, table, one)

    answers = together(edit("7"), edit("8"))
    (lost,) = [answer for answer in answers if isinstance(answer, Conflict)]
    assert (lost.code, lost.extra) == ("row-moved", {"version": 2})
    with world.pinned():
        row = Row.objects.get(key="00")
        assert (row.version, row.data["price"] in ("7", "8")) == (2, True)

    both = [requested(world, proposed(world, table, price, ROWS[:1])) for price in ("5", "6")]
    applies = [
        lambda m=made: apply_accepted(world.trusted(), silent, change_set_id=m.pk, asked=m.version) for made in both
    ]
    assert sorted(result["state"] for result in together(*applies)) == ["applied", "open"]
    found = [steps.reread(world, made) for made in both]
    assert sorted((one.applied, one.conflicts) for one in found) == [(0, 1), (1, 0)]
    winner = next(one for one in found if one.applied)
    with world.pinned():
        assert Row.objects.get(key="00").change_set_id == winner.pk
        assert Row.objects.get(key="00").version == 3


def test_two_workers_with_the_same_job_apply_each_change_once_ten_times_over(world, table):
    steps.applied(world, table, as_csv(ROWS))
    for turn in range(2, 12):
        made = requested(world, proposed(world, table, str(turn)))
        apply = [
            lambda m=made: apply_accepted(world.trusted(), silent, change_set_id=m.pk, asked=m.version) for _ in "ab"
        ]
        assert [result["state"] for result in together(*apply)] == ["applied", "applied"]
        with world.pinned():
            assert set(Row.objects.filter(key__lt="20").values_list("version", "data__price")) == {(turn, str(turn))}
            assert RowVersion.objects.count() == 20 * (turn - 1)
            assert Event.objects.filter(kind="changes.applied", subject_id=str(made.pk)).count() == 1
    stored, counted = stored_and_counted(world, made)
    assert stored == counted


def test_two_sets_of_one_table_are_applied_in_turn(world, table):
    steps.applied(world, table, as_csv(ROWS))
    both = [requested(world, proposed(world, table, "9", rows)) for rows in (ROWS[:20], ROWS[20:])]
    applies = [
        lambda m=made: apply_accepted(world.trusted(), silent, change_set_id=m.pk, asked=m.version) for made in both
    ]
    assert [result["state"] for result in together(*applies)] == ["applied", "applied"]
    with world.pinned():
        assert steps.Table.objects.get(pk=table.pk).revision == 3
        assert set(Row.objects.values_list("version", "data__price")) == {(2, "9")}
