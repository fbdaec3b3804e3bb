from __future__ import annotations

import polars as pl
import pytest

from ridley.engine.errors import BadKey
from ridley.engine.readers import Problem, check_keys, read_table


def test_distinct_filled_keys_have_no_problems():
    assert check_keys(pl.DataFrame({"id": ["1", "2", "01"], "x": ["a", "a", "a"]}), ["id"]) == []


def test_empty_and_repeated_keys_are_named_with_rows_and_values():
    frame = pl.DataFrame({"id": ["a", "", "b", "a", None, "a"]})

    assert check_keys(frame, ["id"]) == [
        Problem("empty-key", 2, "id", "Row 2 has no 'id', which is part of the key.", ""),
        Problem("duplicate-key", 4, "id", "Row 4 has the same id as row 1: 'a'.", "a"),
        Problem("empty-key", 5, "id", "Row 5 has no 'id', which is part of the key.", None),
        Problem("duplicate-key", 6, "id", "Row 6 has the same id as row 1: 'a'.", "a"),
    ]


def test_a_key_of_two_columns_repeats_only_if_both_do():
    frame = pl.DataFrame({"mcc": ["1", "1", "2", "1"], "mnc": ["1", "2", "1", "2"]})

    assert check_keys(frame, ["mcc", "mnc"]) == [
        Problem("duplicate-key", 4, None, "Row 4 has the same mcc + mnc as row 2: ['1', '2'].", ["1", "2"])
    ]


def test_rows_are_numbered_as_in_the_file_when_its_report_is_given(write):
    table = read_table(write("Title,\n,\nid,x\na,1\n\n\nb,2\na,3\n"))

    assert table.report.header_row == 3
    assert [problem.row for problem in check_keys(table.frame, ["id"], table.report)] == [8]
    assert [problem.message for problem in check_keys(table.frame, ["id"], table.report)] == [
        "Row 8 has the same id as row 4: 'a'."
    ]


def test_an_absent_key_column_is_refused():
    frame = pl.DataFrame({"id": ["1"]})

    with pytest.raises(BadKey, match="'code' is not in the table"):
        check_keys(frame, ["code"])
    with pytest.raises(BadKey, match="wanted one or more different columns"):
        check_keys(frame, [])
