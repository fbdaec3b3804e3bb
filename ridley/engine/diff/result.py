"""The difference of two tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import BadColumn

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Diff:
    """What turns one table into another.

    `added` has the columns of the table after, `removed` those before (of a keyless difference: the columns compared).
    `changed` is long: the key's columns, then `value_columns` (column, old, new); one row per differing cell of a row
    that both have; `changed_rows` counts those rows. `key` is empty for a keyless difference, and `changed` then too.
    Always rows_before - removed == rows_after - added.
    """

    key: tuple[str, ...]
    compared: tuple[str, ...]
    rows_before: int
    rows_after: int
    added: pl.DataFrame
    removed: pl.DataFrame
    changed: pl.DataFrame
    changed_rows: int
    columns_added: tuple[str, ...]
    columns_removed: tuple[str, ...]

    @property
    def value_columns(self) -> tuple[str, str, str]:
        """The last three columns of `changed`: column, old, new, underscored where the key has that name."""
        return value_columns(self.key)

    @property
    def is_empty(self) -> bool:
        """Whether the two tables are equal in rows, cells and columns."""
        return not (
            self.added.height
            or self.removed.height
            or self.changed.height
            or self.columns_added
            or self.columns_removed
        )

    def cells_by_column(self) -> dict[str, int]:
        """How many cells changed in each column; the most changed first, then by name."""
        name = self.value_columns[0]
        counts = self.changed.group_by(name).len("cells").sort(["cells", name], descending=[True, False])
        return dict(counts.iter_rows())

    def summary(self) -> dict[str, Any]:
        """The counts, as JSON-able values."""
        return {
            "rows_before": self.rows_before,
            "rows_after": self.rows_after,
            "added": self.added.height,
            "removed": self.removed.height,
            "changed_rows": self.changed_rows,
            "changed_cells": self.changed.height,
            "columns": self.cells_by_column(),
            "columns_added": list(self.columns_added),
            "columns_removed": list(self.columns_removed),
        }


def value_columns(key: Sequence[str]) -> tuple[str, str, str]:
    """Names for column, old and new that no column of the key has."""
    names = []
    for name in ("column", "old", "new"):
        while name in key:
            name += "_"
        names.append(name)
    return names[0], names[1], names[2]


def require_text(frame: pl.DataFrame, side: str) -> None:
    """Refuse a frame with a column that is not text: comparing numbers with text would be a guess."""
    import polars as pl

    for column, dtype in frame.schema.items():
        if dtype != pl.String:
            raise BadColumn(
                f"The column {column!r} of the table {side} is {dtype}; wanted text (String).", column=column, side=side
            )
