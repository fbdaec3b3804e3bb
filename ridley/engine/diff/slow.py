"""The comparisons again, in plain Python over records, for tests to hold the fast ones equal to.

Read this to know what a difference means.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

Cell = str | None
Record = dict[str, Cell]
Key = tuple[Cell, ...]


def slow_diff_by_key(
    before: Sequence[Record], after: Sequence[Record], *, key: Sequence[str], columns: Sequence[str]
) -> tuple[set[Key], set[Key], set[tuple[Key, str, Cell, Cell]]]:
    """The keys added, the keys removed, and (key, column, old, new) of every cell of `columns` that differs."""
    old = {tuple(record[column] for column in key): record for record in before}
    new = {tuple(record[column] for column in key): record for record in after}
    changed = {
        (one, column, old[one][column], new[one][column])
        for one in old.keys() & new.keys()
        for column in columns
        if old[one][column] != new[one][column]
    }
    return new.keys() - old.keys(), old.keys() - new.keys(), changed


def slow_diff_rows(
    before: Sequence[Record], after: Sequence[Record], *, columns: Sequence[str]
) -> tuple[Counter[Key], Counter[Key]]:
    """The rows added and removed, each with how many times."""
    old = Counter(tuple(record[column] for column in columns) for record in before)
    new = Counter(tuple(record[column] for column in columns) for record in after)
    return new - old, old - new
