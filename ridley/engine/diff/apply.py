"""Applying a difference: the law that holds the comparison honest, and a patch for tables in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import BadColumn, BadKey
from ..readers.keys import require_key
from .match_rows import FIRST, SECOND, RowHashes
from .result import Diff

if TYPE_CHECKING:
    import polars as pl


def apply_diff(diff: Diff, before: pl.DataFrame) -> pl.DataFrame:
    """The table after, from the table before and their difference; rows in no particular order, columns as `before` has
    them.

    Raises BadColumn if the difference also adds or removes columns (the values of those are not in it), BadKey if
    `before` is not the table that the difference was taken from: a row to remove or change is missing, or a cell is not
    as it was.
    """
    if diff.columns_added or diff.columns_removed:
        raise BadColumn(
            f"The difference adds the columns {list(diff.columns_added)} and removes {list(diff.columns_removed)}; "
            "only one between tables of the same columns can be applied."
        )
    return _apply_keyed(diff, before) if diff.key else _apply_rows(diff, before)


def _apply_keyed(diff: Diff, before: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    key = list(diff.key)
    require_key(before, key)
    kept = before.join(diff.removed.select(key), on=key, how="anti", nulls_equal=True)
    if kept.height != before.height - diff.removed.height:
        raise BadKey("A row to remove is not in the table; wanted the table that the difference was taken from.")
    column_name, old_name, new_name = diff.value_columns
    numbered = kept.with_row_index("\0row")
    for (column,), cells in diff.changed.group_by([column_name], maintain_order=True):
        found = numbered.select("\0row", *key, pl.col(str(column)).alias("\0was")).join(
            cells, on=key, how="inner", nulls_equal=True
        )
        if found.height != cells.height or not found["\0was"].eq_missing(found[old_name]).all():
            raise BadKey(f"A cell of {column!r} to change is not as it was; wanted the table that was compared.")
        values = numbered[str(column)].scatter(found["\0row"], found[new_name])
        numbered = numbered.with_columns(values)
    return pl.concat([numbered.drop("\0row"), diff.added.select(before.columns)])


def _apply_rows(diff: Diff, before: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    columns = list(diff.compared)
    hashes = RowHashes()
    table, gone = (_occurrences(hashes.of(frame.select(columns))) for frame in (before, diff.removed))
    keep = table.join(gone, on=[FIRST, SECOND, "occurrence"], how="anti")["row"]
    if len(keep) != before.height - diff.removed.height:
        raise BadKey("A row to remove is not in the table; wanted the table that the difference was taken from.")
    return pl.concat([before.select(columns)[keep], diff.added])


def _occurrences(hashes: pl.DataFrame) -> pl.DataFrame:
    """Each row's number, and whether it is the first, second, ... of its kind."""
    import polars as pl

    return hashes.with_row_index("row").with_columns(
        pl.int_range(pl.len()).over([FIRST, SECOND]).alias("occurrence"),
    )
