"""Rows and changes found by a text: with the index and without it, the same ones in the same order."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ridley.assistant.models import Row
from ridley.core.changes.models import Change
from ridley.core.changes.tests import steps
from ridley.core.search import rules, services
from ridley.core.search.models import Leaf, Part
from ridley.core.search.words import MARKS
from tests.world import make_world, run_jobs

MODELS = ["SWIFT VXI", "Baleno (Sigma)", "ALTO 800", "AB-12/X", "a.b@c.example", "1.5", "50 %", "-", "swift dzire"]
TEXTS = ["swift", "SWIFT", "vx", "b 8", "12", "ab-12/x", "X", "c.example", "5", "1.5", "%", "-", "no", "wift", "model"]


@pytest.fixture
def small(monkeypatch):
    """An index for a few records: what else begins with thousands begins at once."""
    for name, value in {"BLOCK": 7, "LEAF": 5, "WITHIN_REACH": 3, "FRESH": 0}.items():
        monkeypatch.setattr(rules, name, value)


@pytest.fixture
def admin(world):
    return world.client("assistant.admin")


def begins(text: str, *values: str | None) -> bool:
    """The slow twin: each word of the text begins a word of a value; without words, the text is in a value as it is."""

    def words(text):
        return "".join(" " if mark in MARKS else mark for mark in text.lower()).split(" ")

    known = [value for value in values if value is not None]
    wanted = [word for word in words(text) if word]
    if not wanted:
        return any(text in value for value in known)
    return all(any(one.startswith(word) for value in known for one in words(value)) for word in wanted)


def pages(client, path, **asked):
    """All items of a list, five at a time."""
    found, cursor = [], {}
    while True:
        answer = client.get(f"{path}?{urlencode({'limit': 5, **asked, **cursor})}")
        assert answer.status_code == 200, answer.json()
        found += answer.json()["items"]
        if answer.json()["next"] is None:
            return found
        cursor = {"cursor": answer.json()["next"]}


def streamed(client, path, **asked):
    lines = b"".join(client.get(f"{path}?{urlencode({**asked, 'format': 'ndjson'})}").streaming_content)
    return [json.loads(line) for line in lines.splitlines()]


def found_rows(client, table, text, **asked):
    return [row["key"] for row in pages(client, f"assistant/tables/{table.pk}/rows/", text=text, **asked)]


def a_file(count, seed=0, price="1"):
    chance = random.Random(seed)
    return steps.as_csv([(f"K-{number:03}", chance.choice(MODELS), price) for number in range(count)])


def parts(world):
    with world.pinned():
        return list(Part.objects.order_by("id").values_list("place", "records"))


def test_rows_are_the_same_with_the_index_and_without_it(world, admin, small):
    table = steps.make_table(world)
    steps.applied(world, table, a_file(40))
    assert [size for place, size in parts(world) if place == "assistant.table"] == [7, 7, 7, 7, 7, 5]
    path = f"assistant/tables/{table.pk}/rows/"
    with world.pinned():
        rows = list(Row.objects.filter(table=table).order_by("id").values_list("key", "data"))
    for text in [*TEXTS, "k", "K-01", "k-011 swift", "alto 1"]:
        wanted = [key for key, data in rows if begins(text, key, *data.values())]
        assert found_rows(admin, table, text) == wanted, text
        assert [row["key"] for row in streamed(admin, path, text=text)] == wanted, text
    assert len(found_rows(admin, table, "1")) == 40  # the price
    assert found_rows(admin, table, "k", mapping="mapped") == []


def test_a_rare_text_is_told_by_the_index_and_no_row_beyond_reach_is_looked_at_one_after_the_other(world, admin, small):
    table = steps.make_table(world)
    steps.applied(world, table, a_file(40))
    with world.pinned():
        last = Row.objects.filter(table=table).order_by("-id")[0]
        Row.objects.filter(table=table).exclude(pk=last.pk).update(data={"model": "unindexed"})
    shown = admin.get(f"assistant/tables/{table.pk}/rows/?text=unindexed").json()["items"]
    assert [row["key"] for row in shown] == ["K-000", "K-001", "K-002"]  # within reach; the index knows of no other
    assert found_rows(admin, table, "K-039") == ["K-039"]


def test_what_an_edit_wrote_is_found_before_it_is_indexed_and_what_it_overwrote_is_not(world, admin, small):
    table = steps.make_table(world)
    steps.applied(world, table, a_file(30))
    indexed = parts(world)
    steps.edited(world, table, {"kind": "update", "key": "K-020", "values": {"model": "Thar Roxx"}},
                 {"kind": "create", "values": {"code": "N-1", "model": "Thar", "price": "1"}},
                 {"kind": "delete", "key": "K-021"})  # fmt: skip
    assert parts(world) == indexed
    for _ in ("not indexed", "indexed"):
        assert found_rows(admin, table, "thar") == ["K-020", "N-1"]
        assert found_rows(admin, table, "roxx") == ["K-020"]
        assert found_rows(admin, table, "k 020 swift") == found_rows(admin, table, "K-021") == []
        assert found_rows(admin, table, "K-021", live="all") == ["K-021"]
        run_jobs()
    assert len(parts(world)) == len(indexed) + 1


def test_a_table_not_indexed_is_searched_all_the_same(world, admin, monkeypatch):
    monkeypatch.setattr(rules, "WITHIN_REACH", 3)
    table = steps.make_table(world)
    steps.applied(world, table, a_file(20))
    assert parts(world) == []
    assert found_rows(admin, table, "K-019") == ["K-019"]
    assert found_rows(admin, table, "nothing") == []


def test_with_more_fresh_rows_than_are_worth_looking_at_the_index_is_not_asked(world, admin, small, monkeypatch):
    table = steps.make_table(world)
    steps.applied(world, table, a_file(20))
    monkeypatch.setattr(rules, "MANY_FRESH", 1)
    edits = [{"kind": "update", "key": f"K-{number:03}", "values": {"model": "Thar"}} for number in (9, 11, 13)]
    steps.edited(world, table, *edits)
    assert found_rows(admin, table, "thar") == ["K-009", "K-011", "K-013"]


def test_changes_are_the_same_with_the_index_and_without_it(world, admin, small):
    table = steps.make_table(world)
    steps.applied(world, table, a_file(40))
    made = steps.opened(world, table, a_file(36, seed=1, price="2"))
    path = f"change-sets/{made.pk}/changes/"
    with world.pinned():
        assert [p for p in Part.objects.values_list("place", "place_id") if p == ("changes.changeset", made.pk)]
        changes = [
            (c.key, [*(c.record or {}).values(), *(v for cell in c.cells.all() for v in (cell.old, cell.new))])
            for c in Change.objects.filter(change_set=made).order_by("id").prefetch_related("cells")
        ]
    for text in [*TEXTS, "k", "K-01", "k-011 2", "alto swift", "code"]:
        wanted = [key for key, values in changes if begins(text, key, *values)]
        assert [change["key"] for change in pages(admin, path, text=text)] == wanted, text
        assert [change["key"] for change in streamed(admin, path, text=text)] == wanted, text
    keys = [c["key"] for c in pages(admin, path, text="alto", kind="removed")]
    assert keys == [key for key, values in changes if key >= "K-036" and begins("alto", *values)]
    assert admin.post(f"change-sets/{made.pk}/release/", {}, format="json").status_code == 200
    wanted = sum(begins("alto", key, *values) for key, values in changes)
    body = {"decision": "accepted", "filter": {"text": "ALTO"}, "expected": wanted}
    assert admin.post(f"change-sets/{made.pk}/decisions/", body, format="json").status_code == 201
    assert len(pages(admin, path, text="alto", decision="accepted")) == wanted


def test_a_conflict_worked_out_again_is_found_by_what_it_is_then(world, admin, small):
    table = steps.make_table(world)
    steps.applied(world, table, a_file(12))
    made = steps.opened(world, table, a_file(12, price="2"))
    steps.edited(world, table, {"kind": "update", "key": "K-011", "values": {"price": "777"}})
    steps.accept_and_apply(world, made)
    path = f"change-sets/{made.pk}/changes/"
    assert pages(admin, path, text="777") == []
    body = {"decision": "accepted", "filter": {"key": "K-011"}}
    assert admin.post(f"change-sets/{made.pk}/decisions/", body, format="json").status_code == 201
    for _ in ("not indexed", "indexed"):
        assert [change["key"] for change in pages(admin, path, text="777")] == ["K-011"]
        run_jobs()
    with world.pinned():
        assert Part.objects.filter(place="changes.changeset", place_id=made.pk).exists()


def test_indexing_twice_writes_nothing_new_and_merged_runs_find_the_same(world, admin, small):
    table = steps.make_table(world)
    steps.applied(world, table, a_file(20))
    with world.pinned():
        before = list(Leaf.objects.order_by("id").values())
    told = services.index(world.trusted(), lambda *said: None, name="assistant.table", place_id=table.pk)
    with world.pinned():
        assert (told, list(Leaf.objects.order_by("id").values())) == ({"records": 0}, before)
    for number in range(6):
        steps.edited(world, table, *[
            {"kind": "update", "key": f"K-{one:03}", "values": {"model": f"turn {number}"}} for one in (number, 19)
        ])  # fmt: skip
        run_jobs()
    with world.pinned():
        runs = Part.objects.filter(place="assistant.table").values_list("until", flat=True).distinct()
        assert 1 <= runs.count() <= 3
    assert found_rows(admin, table, "turn") == [f"K-{number:03}" for number in (*range(6), 19)]
    assert found_rows(admin, table, "5 turn") == ["K-005", "K-019"]


def test_a_clock_put_back_hides_no_row_from_the_search(world, admin, small, owner):
    table = steps.make_table(world)
    steps.applied(world, table, a_file(12))
    future = datetime(2999, 1, 1, tzinfo=UTC)
    with world.pinned():
        Row.objects.filter(table=table, key="K-000").update(since=future)
    services.index(world.trusted(), lambda *said: None, name="assistant.table", place_id=table.pk)
    steps.edited(world, table, {"kind": "update", "key": "K-011", "values": {"model": "Thar"}})
    with world.pinned():
        assert Row.objects.get(table=table, key="K-011").since > future
    assert found_rows(admin, table, "thar") == ["K-011"]


def test_another_tenants_index_is_not_seen(world, admin, small):
    table = steps.make_table(world)
    steps.applied(world, table, a_file(12))
    with world.pinned():
        assert Part.objects.exists()
        assert Leaf.objects.exists()
    with make_world().pinned():
        assert not Part.objects.exists()
        assert not Leaf.objects.exists()


@pytest.mark.parametrize("text", ["swift", "swift 800", "nothing"])
def test_a_search_costs_at_most_12_queries(world, admin, small, text):
    table = steps.make_table(world)
    steps.applied(world, table, a_file(40))
    made = steps.opened(world, table, a_file(40, seed=1))
    for path in (f"assistant/tables/{table.pk}/rows/", f"change-sets/{made.pk}/changes/"):
        with CaptureQueriesContext(connection) as caught:
            assert admin.get(f"{path}?text={text}&limit=100").status_code == 200
        of_the_test = ("SAVEPOINT", "RELEASE", "SELECT set_config")
        assert len([one for one in caught if not one["sql"].startswith(of_the_test)]) <= 12


def test_new_statistics_are_known_at_once(world, monkeypatch):
    monkeypatch.setattr(rules, "STATISTICS", 5)
    monkeypatch.setattr(rules, "WITHIN_REACH", 3)
    monkeypatch.setattr(rules, "FRESH", 0)
    with connection.cursor() as cursor:
        steps.applied(world, steps.make_table(world), a_file(12))
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname IN ('assistant_row', 'changes_change')")
        assert all(count >= 12 for (count,) in cursor.fetchall())


ANYTHING = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
AWKWARD = st.sampled_from(MARKS + "abAZ09äÄéß\u0130\u03a3क")
VALUES = st.text(ANYTHING, min_size=1, max_size=30) | st.text(AWKWARD, min_size=1, max_size=12)


@given(st.lists(VALUES, min_size=5, max_size=5))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whoever_searches_a_value_finds_its_record(world, admin, small, values):
    table = steps.make_table(world)
    edits = [
        {"kind": "create", "values": {"code": f"{value}{number}", "model": value, "price": "1"}}
        for number, value in enumerate(values)
    ]
    made = steps.edited(world, table, *edits)
    run_jobs()
    for number, value in enumerate(values):
        for text in (value, f"{value}{number}"):
            for path in (f"assistant/tables/{table.pk}/rows/", f"change-sets/{made.pk}/changes/"):
                found = admin.get(f"{path}?{urlencode({'text': text})}").json()["items"]
                assert f"{value}{number}" in [one["key"] for one in found], (path, text)
