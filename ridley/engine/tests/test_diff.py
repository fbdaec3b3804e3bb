from __future__ import annotations

import random
from collections import Counter

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ridley.engine.diff import Diff, apply_diff, diff_by_key, diff_rows
from ridley.engine.diff.slow import slow_diff_by_key, slow_diff_rows
from ridley.engine.errors import BadColumn, BadKey

COLUMNS = ["k", "l", "x", "y"]
values = st.sampled_from([None, "", "a", "b", " a", "0", "é"])
records = st.fixed_dictionaries(dict.fromkeys(COLUMNS, values))


def frame(rows: list[dict[str, str | None]], columns: list[str] = COLUMNS) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String))


def unique(rows: list[dict[str, str | None]], key: list[str]) -> list[dict[str, str | None]]:
    return list({tuple(row[column] for column in key): row for row in rows}.values())


keys = st.sampled_from([["k"], ["k", "l"], ["l", "y", "x"]])
keyed_tables = keys.flatmap(
    lambda key: st.tuples(st.just(key), *[st.lists(records, max_size=12).map(lambda r: unique(r, key))] * 2)
)
tables = st.lists(records, max_size=12)


def assert_same(one: Diff, other: Diff) -> None:
    assert one.added.equals(other.added)
    assert one.removed.equals(other.removed)
    assert one.changed.equals(other.changed)
    assert one.summary() == other.summary()


def test_rows_and_cells_that_differ_are_found():
    before = frame([{"k": "1", "x": "a", "y": "p"}, {"k": "2", "x": "b", "y": "q"}, {"k": "3", "x": "c", "y": "r"}])
    after = frame([{"k": "4", "x": "d", "y": "s"}, {"k": "2", "x": "B", "y": ""}, {"k": "1", "x": "a", "y": "p"}])
    diff = diff_by_key(before, after, key=["k"])

    assert diff.added.rows() == [("4", None, "d", "s")]
    assert diff.removed.rows() == [("3", None, "c", "r")]
    assert diff.changed.columns == ["k", "column", "old", "new"]
    assert diff.changed.rows() == [("2", "x", "b", "B"), ("2", "y", "q", "")]
    assert diff.summary() == {
        "rows_before": 3,
        "rows_after": 3,
        "added": 1,
        "removed": 1,
        "changed_rows": 1,
        "changed_cells": 2,
        "columns": {"x": 1, "y": 1},
        "columns_added": [],
        "columns_removed": [],
    }


def test_null_and_the_empty_text_differ_and_two_nulls_are_equal():
    before = frame([{"k": None, "x": None, "y": ""}])
    after = frame([{"k": None, "x": "", "y": ""}])

    assert diff_by_key(before, before, key=["k"]).is_empty
    assert diff_by_key(before, after, key=["k"]).changed.rows() == [(None, "x", None, "")]
    assert diff_rows(before, after).summary()["added"] == 1


def test_nothing_is_trimmed():
    before, after = frame([{"k": "1", "x": "a"}]), frame([{"k": "1", "x": "a "}])

    assert diff_by_key(before, after, key=["k"]).changed.rows() == [("1", "x", "a", "a ")]
    assert diff_by_key(frame([{"k": "1"}]), frame([{"k": "01"}]), key=["k"]).changed_rows == 0


def test_only_columns_of_both_are_compared_and_the_others_are_named():
    before = frame([{"k": "1", "gone": "a", "x": "p"}], ["k", "gone", "x"])
    after = frame([{"x": "q", "k": "1", "came": "b"}], ["x", "k", "came"])
    diff = diff_by_key(before, after, key=["k"])

    assert diff.changed.rows() == [("1", "x", "p", "q")]
    assert (diff.columns_added, diff.columns_removed) == (("came",), ("gone",))
    ignoring = diff_by_key(before, after, key=["k"], ignore=["x", "came", "gone"])
    assert ignoring.is_empty


def test_a_column_that_came_or_went_is_a_difference_even_if_no_cell_is():
    before, after = frame([{"k": "1"}], ["k"]), frame([{"k": "1", "came": ""}], ["k", "came"])

    assert diff_by_key(before, after, key=["k"]).is_empty is False
    assert diff_rows(before, after).is_empty is False


def test_the_key_s_columns_may_be_called_old_and_new():
    before = frame([{"old": "1", "new": "2", "x": "a"}], ["old", "new", "x"])
    after = frame([{"old": "1", "new": "2", "x": "b"}], ["old", "new", "x"])
    diff = diff_by_key(before, after, key=["old", "new"])

    assert diff.changed.columns == ["old", "new", "column", "old_", "new_"]
    assert diff.changed.rows() == [("1", "2", "x", "a", "b")]
    assert diff.cells_by_column() == {"x": 1}


def test_changes_come_in_the_order_of_the_key_and_then_of_the_columns():
    before = frame([{"k": k, "y": "1", "x": "1"} for k in ("b", "a")], ["k", "y", "x"])
    after = frame([{"k": k, "y": "2", "x": "2"} for k in ("b", "a")], ["k", "y", "x"])

    assert [row[:2] for row in diff_by_key(before, after, key=["k"]).changed.rows()] == [
        ("a", "y"),
        ("a", "x"),
        ("b", "y"),
        ("b", "x"),
    ]


def test_a_key_that_cannot_serve_is_refused():
    good = frame([{"k": "1"}, {"k": "2"}])
    doubled = frame([{"k": "1"}, {"k": "2"}, {"k": "2"}])

    with pytest.raises(BadKey, match=r"The rows 2, 3 of the table after share the key {'k': '2'}") as refusal:
        diff_by_key(good, doubled, key=["k"])
    assert refusal.value.details["rows"] == [2, 3]
    with pytest.raises(BadKey, match="of the table before share"):
        diff_by_key(doubled, good, key=["k"])
    with pytest.raises(BadKey, match="'id' is not in the table"):
        diff_by_key(good, good, key=["id"])


def test_columns_that_are_not_text_or_nowhere_are_refused():
    good, numbers = frame([{"k": "1"}]), pl.DataFrame({"k": ["1"], "x": [1]})

    with pytest.raises(BadColumn, match="'x' of the table after is Int64; wanted text"):
        diff_by_key(good, numbers, key=["k"])
    with pytest.raises(BadColumn, match="'x' of the table before is Int64; wanted text"):
        diff_rows(numbers, good)
    with pytest.raises(BadColumn, match="'zzz', to be ignored, is in neither"):
        diff_by_key(good, good, key=["k"], ignore=["zzz"])
    with pytest.raises(BadColumn, match="part of the key and cannot be ignored"):
        diff_by_key(good, good, key=["k"], ignore=["k"])


def test_rows_without_a_key_are_counted_as_often_as_they_occur():
    before = frame([{"k": "1"}, {"k": "1"}, {"k": "1"}, {"k": "2"}], ["k"])
    after = frame([{"k": "1"}, {"k": "3"}, {"k": "3"}], ["k"])
    diff = diff_rows(before, after)

    assert diff.removed.rows() == [("1",), ("1",), ("2",)]
    assert diff.added.rows() == [("3",), ("3",)]
    assert diff.changed.height == 0


def test_a_difference_is_applied_only_to_the_table_it_was_taken_from():
    before, after = frame([{"k": "1", "x": "a"}, {"k": "2"}]), frame([{"k": "1", "x": "b"}])
    diff = diff_by_key(before, after, key=["k"])

    with pytest.raises(BadKey, match="row to remove is not in the table"):
        apply_diff(diff, frame([{"k": "1", "x": "a"}]))
    with pytest.raises(BadKey, match="cell of 'x' to change is not as it was"):
        apply_diff(diff, frame([{"k": "1", "x": "c"}, {"k": "2"}]))
    with pytest.raises(BadKey, match="row to remove is not in the table"):
        apply_diff(diff_rows(before, after), after)
    with pytest.raises(BadColumn, match="removes"):
        apply_diff(diff_rows(before, frame([], ["k"])), before)


@settings(deadline=None, max_examples=60)
@given(keyed_tables)
def test_the_keyed_difference_is_its_slow_twin_s(tables_):
    key, before, after = tables_
    columns = [column for column in COLUMNS if column not in key]
    diff = diff_by_key(frame(before), frame(after), key=key)
    added, removed, changed = slow_diff_by_key(before, after, key=key, columns=columns)

    assert Counter(diff.added.select(key).rows()) == Counter(added)
    assert Counter(diff.removed.select(key).rows()) == Counter(removed)
    assert Counter((row[:-3], *row[-3:]) for row in diff.changed.rows()) == Counter(changed)
    assert diff.changed_rows == len({one for one, *_ in changed})
    assert len(before) - len(removed) == len(after) - len(added)


@settings(deadline=None, max_examples=60)
@given(keyed_tables, st.randoms(use_true_random=False))
def test_the_laws_of_the_keyed_difference_hold(tables_, rng: random.Random):
    key, before, after = tables_
    diff = diff_by_key(frame(before), frame(after), key=key)

    assert diff_by_key(frame(before), frame(before), key=key).is_empty
    applied = apply_diff(diff, frame(before))
    assert Counter(applied.rows()) == Counter(frame(after).rows())
    assert applied.columns == COLUMNS
    shuffled = [rng.sample(rows, len(rows)) for rows in (before, after)]
    assert_same(diff, diff_by_key(frame(shuffled[0]), frame(shuffled[1]), key=key))


@settings(deadline=None, max_examples=60)
@given(tables, tables, st.randoms(use_true_random=False))
def test_the_keyless_difference_is_its_slow_twin_s_and_keeps_the_laws(before, after, rng: random.Random):
    diff = diff_rows(frame(before), frame(after))
    added, removed = slow_diff_rows(before, after, columns=COLUMNS)

    assert Counter(diff.added.rows()) == added
    assert Counter(diff.removed.rows()) == removed
    assert len(before) - diff.removed.height == len(after) - diff.added.height
    assert diff_rows(frame(before), frame(before)).is_empty
    assert Counter(apply_diff(diff, frame(before)).rows()) == Counter(frame(after).rows())
    shuffled = [rng.sample(rows, len(rows)) for rows in (before, after)]
    assert_same(diff, diff_rows(frame(shuffled[0]), frame(shuffled[1])))
