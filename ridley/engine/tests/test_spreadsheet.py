"""What is marked for a spreadsheet is read back as it was, whatever it was."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ridley.engine.spreadsheet import marked, runs, unmark, unmarked

AWKWARD = "'\"` \t\r\n=+-@1.,e%a\u2018\u200b\ufeff\uff1d\uff0b\uff0d\uff20\u00a0"
texts = st.text(st.sampled_from(AWKWARD), max_size=8) | st.text(max_size=8)


@given(texts)
@example("'\t")
@example("'-1")
def test_unmarking_gives_back_what_was_marked(text):
    assert unmarked(marked(text)) == text
    assert not runs(text) or marked(text) == f"'{text}"


@given(texts)
def test_what_is_marked_begins_with_the_mark_or_with_nothing_that_runs(text):
    assert marked(text).startswith("'") or text.lstrip(" ")[:1] not in tuple("=@\t\r\n")


@given(st.lists(texts, min_size=1, max_size=5))
def test_a_frame_is_unmarked_like_its_cells_one_by_one(cells):
    frame, counts = unmark(pl.DataFrame({"a": cells, "b": ["x"] * len(cells)}, schema={"a": pl.String, "b": pl.String}))
    assert frame["a"].to_list() == [unmarked(cell) for cell in cells]
    changed = sum(unmarked(cell) != cell for cell in cells)
    assert counts == ({"a": changed} if changed else {})


@pytest.mark.parametrize("text", ["'", "'a", "'-1", "'+1.5", "O'Neill", "'quoted'", "-1"])
def test_an_apostrophe_that_no_export_put_there_stays(text):
    assert unmarked(text) == text


def test_names_are_unmarked_unless_two_would_be_the_same():
    assert unmark(pl.DataFrame({"'=a": ["1"]}))[0].columns == ["=a"]
    assert unmark(pl.DataFrame({"'=a": ["1"], "=a": ["2"]}))[0].columns == ["'=a", "=a"]
