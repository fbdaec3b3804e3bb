"""The difference of two tables whose rows have no key: each table is a multiset of whole rows."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from .keyed import compared_columns, only_in
from .match_rows import FIRST, SECOND, RowHashes
from .result import Diff, require_text

if TYPE_CHECKING:
    import polars as pl


def diff_rows(before: pl.DataFrame, after: pl.DataFrame, *, ignore: Collection[str] = ()) -> Diff:
    """Compare two tables as multisets of whole rows, over the columns that both have (except those of `ignore`).

    A row that `before` has three times and `after` once is twice in `removed`. Nothing is ever "changed". Two nulls are
    equal; null and "" are not. `added` and `removed` are sorted by their columns; the order of rows does not matter.
    Raises BadColumn if a column is not text or to be ignored but absent from both.
    """
    require_text(before, "before")
    require_text(after, "after")
    compared = compared_columns(before, after, (), ignore)
    left, right = before.select(compared), after.select(compared)
    removed, added = _surplus(left, right)
    return Diff(
        key=(),
        compared=tuple(compared),
        rows_before=before.height,
        rows_after=after.height,
        added=added,
        removed=removed,
        changed=_no_changes(),
        changed_rows=0,
        columns_added=only_in(after, before, ignore),
        columns_removed=only_in(before, after, ignore),
    )


def _surplus(left: pl.DataFrame, right: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    import polars as pl

    hashes = RowHashes()
    counts = [_counts(hashes.of(side)) for side in (left, right)]
    both = counts[0].join(counts[1], on=[FIRST, SECOND], how="full", coalesce=True)
    surplus = pl.col("count").fill_null(0).cast(pl.Int64) - pl.col("count_right").fill_null(0).cast(pl.Int64)
    uneven = both.with_columns(surplus.alias("surplus")).filter(pl.col("surplus") != 0)
    more = uneven.filter(pl.col("surplus") > 0)
    less = uneven.filter(pl.col("surplus") < 0)
    return (
        _repeat(left, more["row"], more["surplus"]),
        _repeat(right, less["row_right"], -less["surplus"]),
    )


def _counts(hashes: pl.DataFrame) -> pl.DataFrame:
    """How often each row occurs, and the number of one such row."""
    import polars as pl

    grouped = hashes.with_row_index("row").group_by(FIRST, SECOND)
    return grouped.agg(pl.len().alias("count"), pl.col("row").first())


def _repeat(frame: pl.DataFrame, rows: pl.Series, times: pl.Series) -> pl.DataFrame:
    import polars as pl

    repeated = (
        pl.DataFrame({"row": rows, "times": times}).select(pl.col("row").repeat_by("times").explode()).to_series()
    )
    chosen = frame[repeated.drop_nulls()]
    return chosen.sort(frame.columns) if frame.width else chosen


def _no_changes() -> pl.DataFrame:
    import polars as pl

    return pl.DataFrame(schema=dict.fromkeys(("column", "old", "new"), pl.String))
