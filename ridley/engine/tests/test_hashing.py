from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ridley.engine.diff import HASH_VERSION, key_text, record_hash, row_hashes, split_key
from ridley.engine.errors import BadColumn, BadKey

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
cells = st.none() | text
# Tempting for an encoding by lengths: digits, colons, and names that are each other's beginnings.
names = st.lists(st.sampled_from(["a", "ab", "1:a", "b", "é", ":"]) | text, unique=True, max_size=4)
tables = names.flatmap(
    lambda columns: st.lists(st.fixed_dictionaries(dict.fromkeys(columns, cells)), min_size=1, max_size=5)
)

# Version 1. These numbers are in databases: they may never change under the same version.
GOLDEN = [
    ({}, 3244421341483603138),
    ({"id": "1"}, -448704483896281362),
    ({"id": "1", "name": None}, -448704483896281362),
    ({"id": "1", "name": ""}, 5917375813256057830),
    ({"id": "1", "name": "Zoë"}, 985478871544510425),
    ({"Straße": "東京", "note": "two\nlines\x00", "id": "007"}, -9133410251903104577),
]


def test_the_golden_hashes_of_version_1():
    assert HASH_VERSION == 1
    assert [record_hash(record) for record, _ in GOLDEN] == [value for _, value in GOLDEN]


def test_a_row_hashes_as_its_record():
    for record, value in GOLDEN:
        schema = dict.fromkeys(record, pl.String)
        frame = pl.DataFrame([record], schema=schema) if record else pl.DataFrame({"x": ["1"]})
        assert row_hashes(frame, list(record)).to_list() == [value]
        assert row_hashes(frame, list(record)).dtype == pl.Int64


def test_the_order_of_columns_does_not_matter_and_unlisted_columns_are_left_out():
    frame = pl.DataFrame({"b": ["2"], "a": ["1"], "c": ["3"]})

    assert row_hashes(frame, ["a", "b"]).to_list() == row_hashes(frame.select("a", "b"), ["b", "a"]).to_list()
    assert row_hashes(frame, ["a", "b"]).to_list() == [record_hash({"a": "1", "b": "2"})]


def test_no_rows_have_no_hashes():
    assert row_hashes(pl.DataFrame(schema={"a": pl.String}), ["a"]).to_list() == []


def test_slices_join_without_a_seam(monkeypatch):
    frame = pl.DataFrame({"a": [str(number) for number in range(10)]})
    whole = row_hashes(frame, ["a"]).to_list()
    monkeypatch.setattr("ridley.engine.diff.hashing._SLICE", 3)

    assert row_hashes(frame, ["a"]).to_list() == whole


def test_an_absent_column_is_refused():
    with pytest.raises(BadColumn, match="'z' is not in the table"):
        row_hashes(pl.DataFrame({"a": ["1"]}), ["a", "z"])


@settings(deadline=None, max_examples=150)
@given(tables)
def test_rows_hash_as_records(records):
    columns = list(records[0])
    frame = pl.DataFrame(records, schema=dict.fromkeys(columns, pl.String)) if columns else None
    if frame is not None:
        assert row_hashes(frame, columns).to_list() == [record_hash(record) for record in records]


@settings(deadline=None, max_examples=150)
@given(st.dictionaries(text, cells, max_size=3), st.dictionaries(text, cells, max_size=3))
def test_only_equal_records_hash_alike(one, other):
    present = [{name: value for name, value in record.items() if value is not None} for record in (one, other)]

    assert (record_hash(one) == record_hash(other)) == (present[0] == present[1])


def test_a_key_of_one_column_is_its_value():
    frame = pl.DataFrame({"id": ["a|b", "\\", "", None]})

    assert key_text(frame, ["id"]).to_list() == ["a|b", "\\", "", None]
    assert split_key("a|b", 1) == ["a|b"]


def test_a_key_of_several_columns_escapes_what_joins_them():
    frame = pl.DataFrame({"mcc": ["404", "a|b", "\\", None], "mnc": ["01", "", "0", "\\0"]})

    assert key_text(frame, ["mcc", "mnc"]).to_list() == ["404|01", "a\\|b|", "\\\\|0", "\\0|\\\\0"]


def test_a_key_of_absent_columns_or_another_number_of_parts_is_refused():
    with pytest.raises(BadKey, match="wanted columns of"):
        key_text(pl.DataFrame({"id": ["1"]}), ["code"])
    with pytest.raises(BadKey, match="has 3 parts; wanted 2"):
        split_key("a|b|c", 2)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.none() | st.text(st.sampled_from("ab|\\0"), max_size=4), min_size=2, max_size=3))
def test_a_composite_key_splits_into_its_values(values):
    columns = [str(index) for index in range(len(values))]
    frame = pl.DataFrame([dict(zip(columns, values, strict=True))], schema=dict.fromkeys(columns, pl.String))

    assert split_key(key_text(frame, columns).item(), len(values)) == values
