"""Change sets over HTTP: looking and deciding. A refusal leaves all as it was, and has a twin that is carried out."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ridley.core.audit.models import Event
from ridley.core.changes.models import Change
from ridley.core.changes.tests import steps
from ridley.core.changes.tests.steps import as_csv, contents, edited, make_table, stored_and_counted

BEFORE = [
    ("1", "Swift", "500"), ("2", "Baleno", "600"), ("3", "Alto", "300"),
    *[(f"r{number}", "Rest", "1") for number in range(40)],
]  # fmt: skip
AFTER = [("1", "Swift", "550"), ("2", "Baleno!", "650"), *BEFORE[3:], ("5", "Dzire", "700")]


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


def keys(answer):
    assert answer.status_code == 200, answer.json()
    return [change["key"] for change in answer.json()["items"]]


def id_of(world, one, key):
    with world.pinned():
        return Change.objects.get(change_set=one, key=key).pk


def refused(world, answer):
    """Make a call and return its status and code. Raises unless it changed nothing."""
    before = contents(world)
    found = answer()
    assert contents(world) == before
    return found.status_code, found.json()["code"]


def decide(client, one, decision="accepted", **body):
    return client.post(f"change-sets/{one.pk}/decisions/", {"decision": decision, **body}, format="json")


def counts(client, one):
    found = client.get(f"change-sets/{one.pk}/").json()
    return tuple(found[name] for name in ("undecided", "accepted", "rejected", "applied", "conflicts"))


def test_a_set_is_listed_and_shown_with_what_was_found_in_its_file(world, one, steward):
    listed = steward.get("change-sets/?state=open").json()["items"]
    assert [found["id"] for found in listed] == [one.pk]
    told = {
        "origin": "upload", "mode": "snapshot", "state": "open", "added": 1, "removed": 1, "changed": 2, "cells": 3,
        "columns": {"price": 2, "model": 1}, "rows_before": 43, "rows_after": 43, "undecided": 4,
    }  # fmt: skip
    assert {name: listed[0][name] for name in told} == told
    shown = steward.get(f"change-sets/{one.pk}/")
    assert shown["ETag"] == f'"changeset-{one.pk}-{one.version}"'
    drift = {
        "columns": {name: name for name in steps.FIELDS},
        "unknown": [],
        "missing": [],
        "ambiguous": [],
        "renamed": {},
    }
    assert shown.json()["report"]["drift"] == drift
    assert "report" not in listed[0]
    assert steward.get(f"change-sets/{one.pk}/", headers={"If-None-Match": shown["ETag"]}).status_code == 304


def test_the_summary_counts_kinds_decisions_and_columns(world, one, steward):
    decide(steward, one, "rejected", filter={"kind": "removed"})
    found = steward.get(f"change-sets/{one.pk}/summary/").json()
    assert found["columns"] == [{"column": "price", "count": 2}, {"column": "model", "count": 1}]
    assert found["conflicts"] == 0
    assert found["counts"] == [
        {"kind": "added", "decision": "undecided", "fate": "waiting", "count": 1},
        {"kind": "changed", "decision": "undecided", "fate": "waiting", "count": 2},
        {"kind": "removed", "decision": "rejected", "fate": "waiting", "count": 1},
    ]


def test_changes_are_listed_by_key_with_their_cells_and_records(world, one, steward):
    shown = steward.get(f"change-sets/{one.pk}/changes/").json()["items"]
    told = [(c["kind"], c["key"], c["record"], c["cells"], c["before_version"]) for c in shown]
    assert told == [
        ("changed", "1", None, [{"column": "price", "old": "500", "new": "550"}], 1),
        ("changed", "2", None, [{"column": "model", "old": "Baleno", "new": "Baleno!"},
                                {"column": "price", "old": "600", "new": "650"}], 1),
        ("removed", "3", {"code": "3", "model": "Alto", "price": "300"}, [], 1),
        ("added", "5", {"code": "5", "model": "Dzire", "price": "700"}, [], None),
    ]  # fmt: skip


FILTERS = {
    "": ["1", "2", "3", "5"],
    "kind=changed": ["1", "2"],
    "kind=added": ["5"],
    "column=price": ["1", "2"],
    "column=model": ["2"],
    "column=code": [],
    "key=2": ["2"],
    "key= 2": [],
    "text=baleno": ["2"],
    "text=65": ["2"],
    "text=ALTO": ["3"],
    "text=700": ["5"],
    "text=code": [],
    "text=%25": [],
    "decision=accepted": ["1"],
    "decision=undecided": ["2", "5"],
    "decision=rejected": ["3"],
    "fate=waiting": ["1", "2", "3", "5"],
    "fate=conflict": [],
    "kind=changed&column=price&text=55": ["1"],
}


def test_changes_are_found_by_what_they_are(world, one, steward):
    decide(steward, one, filter={"key": "1"})
    decide(steward, one, "rejected", filter={"key": "3"})
    found = {filter: keys(steward.get(f"change-sets/{one.pk}/changes/?{filter}")) for filter in FILTERS}
    assert found == FILTERS


def test_changes_are_found_by_who_decided_and_a_filter_that_cannot_be_read_is_refused(world, one, steward):
    other = world.client("assistant.steward")
    decide(steward, one, filter={"key": "1"})
    decide(other, one, filter={"key": "2"})
    address = f"change-sets/{one.pk}/changes/"
    assert keys(steward.get(f"{address}?decided_by={other.user.pk}")) == ["2"]
    for bad in ("kind=renamed", "decided_by=me", "fate=lost"):
        assert refused(world, lambda bad=bad: steward.get(f"{address}?{bad}")) == (400, "bad-filter")
    assert refused(world, lambda: steward.get(f"{address}?colour=red")) == (400, "unknown-filter")


def test_a_list_costs_the_same_queries_for_10_and_for_1000_changes_and_at_most_12(world, steward):
    table = make_table(world)
    first = [(f"{number:04}", "M", "1") for number in range(1010)]
    steps.applied(world, table, as_csv(first))
    few = steps.opened(world, table, as_csv([(c, "N", "2") for c, _, _ in first[:10]]), mode="delta")
    many = steps.opened(world, table, as_csv([(c, "N", "2") for c, _, _ in first[10:]]), mode="delta")
    steward.get("meta/")  # that a session was seen is noted once a minute
    costs = {}
    for made in (few, many):
        with CaptureQueriesContext(
            connection,
        ) as caught:
            shown = steward.get(f"change-sets/{made.pk}/changes/?limit=1000").json()["items"]
        costs[len(shown)] = len(caught)
        assert all(len(change["cells"]) == 2 for change in shown)
    assert sorted(costs) == [10, 1000]
    assert costs[10] == costs[1000] <= 12


def test_one_change_shows_what_it_started_from_what_it_proposes_and_the_row_as_it_is_now(world, table, one, steward):
    address = f"change-sets/{one.pk}/changes/{id_of(world, one, '2')}/"
    assert steward.get(address).json()["current"] == {
        "version": 1, "data": {"code": "2", "model": "Baleno", "price": "600"},
    }  # fmt: skip
    edited(world, table, {"kind": "update", "key": "2", "values": {"price": "999"}})
    decide(steward, one)
    world.client("assistant.approver").post(f"change-sets/{one.pk}/apply/", {}, format="json")
    steps.run_jobs()
    shown = steward.get(address).json()
    assert (shown["fate"], shown["decision"], shown["after_version"]) == ("conflict", "undecided", None)
    assert shown["cells"][1] == {"column": "price", "old": "600", "new": "650"}
    assert shown["current"] == {"version": 2, "data": {"code": "2", "model": "Baleno", "price": "999"}}
    assert keys(steward.get(f"change-sets/{one.pk}/changes/?fate=conflict")) == ["2"]
    assert keys(steward.get(f"change-sets/{one.pk}/changes/?fate=applied")) == ["1", "3", "5"]
    assert steward.get(f"change-sets/{one.pk}/changes/{id_of(world, one, '3')}/").json()["current"] is None
    assert refused(world, lambda: steward.get(f"change-sets/{one.pk}/changes/{2**40}/")) == (404, "not-found")


# Deciding


def test_decisions_are_taken_one_by_one_by_ids_and_by_filter(world, one, steward):
    made = decide(steward, one, ids=[id_of(world, one, "1")], comment="Looks right.", expected=1)
    assert made.status_code == 201
    told = ("accepted", 1, "Looks right.", str(steward.user.pk), None)
    assert tuple(made.json()[name] for name in ("verdict", "count", "comment", "actor_id", "undone_at")) == told
    assert counts(steward, one) == (3, 1, 0, 0, 0)
    ids = [id_of(world, one, key) for key in ("2", "3")]
    assert decide(steward, one, "rejected", ids=ids).json()["count"] == 2
    assert counts(steward, one) == (1, 1, 2, 0, 0)
    assert decide(steward, one, filter={"kind": "changed", "decision": "rejected"}, expected=1).json()["count"] == 1
    assert counts(steward, one) == (1, 2, 1, 0, 0)
    assert decide(steward, one, "undecided").json()["count"] == 4
    assert counts(steward, one) == (4, 0, 0, 0, 0)
    stored, counted = stored_and_counted(world, one)
    assert stored == counted
    with world.pinned():
        assert set(Change.objects.filter(change_set=one).values_list("decided_by", "decided_at")) == {(None, None)}
        events = Event.objects.filter(kind="changes.decided", subject_id=str(one.pk)).order_by("pk")
        assert [(e.actor_id, e.data["verdict"], e.data["count"], e.reason) for e in events] == [
            (steward.user.pk, "accepted", 1, "Looks right."), (steward.user.pk, "rejected", 2, ""),
            (steward.user.pk, "accepted", 1, ""), (steward.user.pk, "undecided", 4, ""),
        ]  # fmt: skip


UNCLEAR = [
    ({"expected": 3}, (409, "count-differs")),
    ({"expected": 5, "filter": {"kind": "changed"}}, (409, "count-differs")),
    ({"decision": "maybe"}, (400, "invalid")),
    ({"filter": {"colour": "red"}}, (400, "unknown-filter")),
    ({"filter": {"kind": "renamed"}}, (400, "bad-filter")),
    ({"filter": {"key": ""}}, (400, "invalid")),
    ({"ids": []}, (400, "invalid")),
    ({"everything": True}, (400, "invalid")),
]


def test_a_decision_that_is_not_clear_is_refused_and_decides_nothing(world, one, steward):
    for body, answer in UNCLEAR:
        assert refused(world, lambda body=body: decide(steward, one, **body)) == answer, body
    assert decide(steward, one, expected=4).status_code == 201


def test_ids_of_another_set_decide_nothing_even_beside_own_ones(world, table, one, steward):
    other = steps.opened(world, table, as_csv([("1", "X", "1")]), mode="delta")
    own, foreign = id_of(world, one, "1"), id_of(world, other, "1")
    assert refused(world, lambda: decide(steward, one, ids=[own, foreign])) == (404, "not-found")
    assert refused(world, lambda: decide(steward, one, ids=[own], filter={"key": "2"})) == (404, "not-found")
    assert decide(steward, one, ids=[own, own]).json()["count"] == 1


def test_a_key_is_meant_with_its_spaces(world, steward):
    table = make_table(world)
    made = steps.opened(world, table, as_csv([("x", "M", "1"), (" x", "M", "1")]))
    assert decide(steward, made, filter={"key": " x"}, expected=1).status_code == 201
    assert keys(steward.get(f"change-sets/{made.pk}/changes/?decision=accepted")) == [" x"]


def test_a_decision_that_is_taken_back_gives_way_to_the_one_before_in_the_name_of_who_took_it(world, one, steward):
    other = world.client("assistant.steward")
    decide(steward, one, "rejected", filter={"key": "1"})
    made = decide(other, one).json()
    address = f"change-sets/{one.pk}/decisions/{made['id']}/undo/"
    assert counts(steward, one) == (0, 4, 0, 0, 0)
    assert refused(world, lambda: steward.post(address, {"why": "x"}, format="json")) == (400, "invalid")
    undone = steward.post(address, {}, format="json")
    assert (undone.status_code, undone.json()["undone_at"] is not None) == (200, True)
    assert counts(steward, one) == (3, 0, 1, 0, 0)
    with world.pinned():
        assert Change.objects.get(change_set=one, key="1").decided_by == steward.user.pk
        assert Change.objects.get(change_set=one, key="2").decided_by is None
        (event,) = Event.objects.filter(kind="changes.decision_undone")
        assert (event.actor_id, event.data) == (steward.user.pk, {"decision": made["id"], "count": 4})
    again = contents(world)
    assert steward.post(address, {}, format="json").status_code == 200
    assert contents(world) == again
    missing = f"change-sets/{one.pk}/decisions/{2**40}/undo/"
    assert refused(world, lambda: steward.post(missing, {}, format="json")) == (404, "not-found")


def test_a_decision_that_others_overtook_takes_back_only_what_it_still_rules(world, one, steward):
    everything = decide(steward, one).json()["id"]
    decide(steward, one, "rejected", filter={"key": "1"})
    steward.post(f"change-sets/{one.pk}/decisions/{everything}/undo/", {}, format="json")
    assert counts(steward, one) == (3, 0, 1, 0, 0)
    listed = steward.get(f"change-sets/{one.pk}/decisions/").json()["items"]
    assert [(made["verdict"], made["count"], made["undone_at"] is None) for made in listed] == [
        ("accepted", 4, False), ("rejected", 1, True),
    ]  # fmt: skip
    assert listed[1]["filter"] == {"filter": {"key": "1"}}
