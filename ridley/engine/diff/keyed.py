"""The difference of two tables whose rows have a key."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from ..errors import BadColumn, BadKey
from ..readers.keys import has_duplicates, require_key
from .match_rows import RowHashes, common_rows, without
from .result import Diff, require_text, value_columns

if TYPE_CHECKING:
    import polars as pl


def diff_by_key(before: pl.DataFrame, after: pl.DataFrame, *, key: Sequence[str], ignore: Collection[str] = ()) -> Diff:
    """Compare two versions of a table row by row and cell by cell.

    Shapes: `before` is (n, c), `after` is (m, c'); all columns are text and both hold every column of `key`. Cells are
    compared in the columns that both have, except those of `ignore`. `changed` is long: key columns, then column, old,
    new; one row per differing cell of a row present in both. Always n - removed == m - added.
    Meaning: values compare as stored. Two nulls are equal; null and "" are not.
    Order: by key, then column (as `before` has them); equal input gives equal output, in whatever order the rows came.
    Raises BadKey if a key column is absent or two rows of one side share a key (the message names the first), BadColumn
    if a column is not text or to be ignored but absent from both.
    """
    key = list(key)
    for side, frame in (("before", before), ("after", after)):
        require_key(frame, key)
        require_text(frame, side)
        _require_unique(frame, key, side)
    compared = compared_columns(before, after, key, ignore)
    left, right = _rows_that_differ(before, after, key + compared)
    pairs = _pairs(left, right, key)
    changed, changed_rows = _changed_cells(left, right, pairs, key, compared)
    return Diff(
        key=tuple(key),
        compared=tuple(compared),
        rows_before=before.height,
        rows_after=after.height,
        added=without(right, pairs["right"]).sort(key),
        removed=without(left, pairs["left"]).sort(key),
        changed=changed,
        changed_rows=changed_rows,
        columns_added=only_in(after, before, ignore),
        columns_removed=only_in(before, after, ignore),
    )


def compared_columns(
    before: pl.DataFrame, after: pl.DataFrame, key: Sequence[str], ignore: Collection[str]
) -> list[str]:
    """The columns that both tables have and that are neither key nor ignored, in the order of `before`."""
    for column in ignore:
        if column not in before.columns and column not in after.columns:
            raise BadColumn(f"The column {column!r}, to be ignored, is in neither table.", column=column)
        if column in key:
            raise BadColumn(f"The column {column!r} is part of the key and cannot be ignored.", column=column)
    return [
        column for column in before.columns if column in after.columns and column not in key and column not in ignore
    ]


def only_in(frame: pl.DataFrame, other: pl.DataFrame, ignore: Collection[str]) -> tuple[str, ...]:
    """The columns that only the first table has, except the ignored."""
    return tuple(column for column in frame.columns if column not in other.columns and column not in ignore)


def _require_unique(frame: pl.DataFrame, key: list[str], side: str) -> None:
    keys = frame.select(key)
    if not has_duplicates(keys):
        return
    repeated = keys.with_row_index("row", offset=1).filter(keys.is_duplicated())
    first = repeated.row(0)
    rows = repeated.join(repeated.head(1).select(key), on=key, how="semi", nulls_equal=True)["row"].to_list()
    raise BadKey(
        f"The rows {', '.join(str(row) for row in rows[:5])} of the table {side} share the key "
        f"{dict(zip(key, first[1:], strict=True))}; wanted a different key in each row.",
        side=side,
        key=key,
        value=list(first[1:]),
        rows=rows,
    )


def _rows_that_differ(
    before: pl.DataFrame, after: pl.DataFrame, columns: list[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    hashes = RowHashes()
    same = common_rows(hashes.of(before.select(columns)), hashes.of(after.select(columns)))
    return without(before, same["left"]), without(after, same["right"])


def _pairs(left: pl.DataFrame, right: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Row numbers (left, right) of the rows with the same key, in the order of the key."""
    import polars as pl

    names = [str(index) for index in range(len(key))]
    lefts = pl.DataFrame([left[column].alias(name) for column, name in zip(key, names, strict=True)])
    rights = pl.DataFrame([right[column].alias(name) for column, name in zip(key, names, strict=True)])
    pairs = lefts.with_row_index("left").join(rights.with_row_index("right"), on=names, how="inner", nulls_equal=True)
    return pairs.sort(names).select("left", "right")


def _changed_cells(
    left: pl.DataFrame, right: pl.DataFrame, pairs: pl.DataFrame, key: list[str], columns: list[str]
) -> tuple[pl.DataFrame, int]:
    import polars as pl

    column_name, old_name, new_name = value_columns(key)
    keys = left.select(key)[pairs["left"]]
    parts = []
    for order, column in enumerate(columns):
        old, new = left[column].gather(pairs["left"]), right[column].gather(pairs["right"])
        differs = old.ne_missing(new).arg_true()
        if len(differs) == 0:
            continue
        parts.append(
            pl.DataFrame({"row": differs, old_name: old.gather(differs), new_name: new.gather(differs)}).with_columns(
                pl.lit(column).alias(column_name), pl.lit(order).alias("order")
            )
        )
    if not parts:
        empty = keys.clear().with_columns(*(pl.lit("").alias(name) for name in (column_name, old_name, new_name)))
        return empty, 0
    long = pl.concat(parts).sort(["row", "order"])
    found = keys[long["row"]].with_columns(long[column_name], long[old_name], long[new_name])
    return found, long["row"].n_unique()
