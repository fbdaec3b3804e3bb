"""polars' parser and the careful reader, held equal over files that tempt them to differ."""

from __future__ import annotations

import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ridley.engine.readers import Budget
from ridley.engine.readers.delimited import _layout_at, read_carefully
from ridley.engine.readers.encoding import open_source
from ridley.engine.readers.fast import read_fast
from ridley.engine.readers.layout import limit_cells
from ridley.engine.readers.report import ReadReport

Reading = tuple[pl.DataFrame, ReadReport]

PIECES = ["a", "b", ",", ",", "\n", "\n", '"', '"', '""', "\r\n", "\r", " ", "é", '"a"', ',"', '",', "\0"]
CELLS = ["", "a", "bc", "é", " ", '""', '"x"', '"x,y"', '"x\ny"', '"x\r\ny"', '"q""r"', '"\n\n"', 'x"y', '"x"y', '"x']


def both(text: str, columns: int) -> tuple[Reading | None, Reading]:
    """What the fast reader (None if it declines) and the careful reader make of the rows in `text`."""
    limit_cells(Budget())
    names = [f"column {index}" for index in range(columns)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "table.csv")
        path.write_bytes((",".join(names) + "\n" + text).encode())
        source = open_source(path)
        layout = _layout_at(source, ",", 1)
        reports = [ReadReport("csv", columns=names), ReadReport("csv", columns=names)]
        fast = read_fast(source, layout, reports[0], name="it", budget=Budget())
        careful = read_carefully(source, layout, reports[1], name="it", budget=Budget())
    return (fast, reports[0]) if fast is not None else None, (careful, reports[1])


def assert_equal_or_declined(text: str, columns: int) -> None:
    fast, careful = both(text, columns)
    if fast is not None:
        assert fast[0].rows() == careful[0].rows()
        assert fast[1] == careful[1]
        assert careful[1].problems == []


@settings(deadline=None, max_examples=300)
@example(",\na\n,,", 2)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join), st.integers(1, 3))
def test_any_text_reads_the_same_or_is_declined(text, columns):
    assert_equal_or_declined(text, columns)


@settings(deadline=None, max_examples=300)
@given(
    st.integers(1, 3).flatmap(
        lambda width: st.tuples(
            st.just(width),
            st.lists(st.lists(st.sampled_from(CELLS), min_size=width, max_size=width + 1), max_size=6),
        )
    ),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "\n", "\n\n", "\r\n\r\n\r\n"]),
)
def test_nearly_even_tables_read_the_same_or_are_declined(table, line_end, tail):
    columns, rows = table
    assert_equal_or_declined(line_end.join(",".join(row) for row in rows) + tail, columns)


@pytest.mark.parametrize(
    "text",
    [
        "1,2\n3,4\n",
        "1,2\n3,4",
        "1,2\r\n3,4\r\n",
        ",\n1,2\n\n\n",
        '"1",2\n3,"4"\n',
        '"1, one","say ""two"""\n3,4\n',
        '"1\n2","3\r\n4"\r\n5,""\r\n',
    ],
)
def test_clean_files_take_the_fast_way(text):
    fast, careful = both(text, 2)

    assert fast is not None
    assert fast[0].rows() == careful[0].rows()
    assert fast[1] == careful[1]


@pytest.mark.parametrize(
    "text",
    [
        "1\n3,4\n",  # a short row, which polars pads
        "1,2,3\n3,4\n",  # a long row
        "1,2\n\n3,4\n",  # a blank line inside
        '"a"b,2\n',  # polars drops the quote
        'a"\nb",3\n',  # two short rows, which polars joins
        "1,2\r3,4\n",  # a lone carriage return
        '"1",2\r3\n',  # and one that polars takes for part of a cell
        "1\n3,4,",  # a short row, and a long one that polars cuts
        "1,\0\n",
    ],
)
def test_doubtful_files_are_declined(text):
    fast, careful = both(text, 2)

    assert fast is None
    assert careful[1].problems or careful[0].height
