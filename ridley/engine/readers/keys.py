"""Whether a column or columns can serve as the key of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import BadKey
from .report import DUPLICATE_KEY, EMPTY_KEY, Problem, ReadReport

if TYPE_CHECKING:
    import polars as pl


def check_keys(frame: pl.DataFrame, key: Sequence[str], report: ReadReport | None = None) -> list[Problem]:
    """A problem for each row whose key is empty in some column, or repeats an earlier row's key; in row order.

    With the `report` that came with the frame, rows are numbered as in the file; without it, as in the frame, from 1.
    `value` is the key's value, or the list of them if the key has several columns. Raises BadKey if a key column is
    absent.
    """
    import polars as pl

    require_key(frame, key)
    columns = [frame[column] for column in key]
    keys = pl.DataFrame([column.alias(str(index)) for index, column in enumerate(columns)])
    parts = pl.all()
    empty = keys.select(pl.any_horizontal(parts.is_null() | (parts == ""))).to_series()
    found = [_empty(index, keys, key, report) for index in empty.arg_true().to_list()]
    if has_duplicates(keys):
        repeated = keys.with_row_index("index").filter(keys.is_duplicated() & ~empty)
        firsts: dict[tuple[str, ...], int] = {}
        for index, *values in repeated.iter_rows():
            first = firsts.setdefault(tuple(values), index)
            if first != index:
                found.append(_duplicate(index, first, values, key, report))
    return sorted(found, key=lambda problem: problem.row or 0)


def require_key(frame: pl.DataFrame, key: Sequence[str]) -> None:
    """Refuse a key of no columns, or with a column that the frame does not have."""
    if not key or len(set(key)) != len(key):
        raise BadKey(f"Got the key {list(key)}; wanted one or more different columns.", key=list(key))
    missing = [column for column in key if column not in frame.columns]
    if missing:
        raise BadKey(
            f"The key column {missing[0]!r} is not in the table; it has {frame.columns}.",
            key=list(key),
            columns=frame.columns,
        )


def has_duplicates(keys: pl.DataFrame) -> bool:
    """Whether two rows are equal. Distinct hashes prove distinct rows, so the dear test is rarely needed."""
    return keys.hash_rows().n_unique() < keys.height and bool(keys.is_duplicated().any())


def _row(index: int, report: ReadReport | None) -> int:
    return report.file_row(index) if report else index + 1


def _empty(index: int, keys: pl.DataFrame, key: Sequence[str], report: ReadReport | None) -> Problem:
    values = keys.row(index)
    column = next(name for name, value in zip(key, values, strict=True) if not value)
    row = _row(index, report)
    return Problem(EMPTY_KEY, row, column, f"Row {row} has no {column!r}, which is part of the key.", _value(values))


def _duplicate(index: int, first: int, values: Sequence[str], key: Sequence[str], report: ReadReport | None) -> Problem:
    row = _row(index, report)
    value = _value(values)
    message = f"Row {row} has the same {' + '.join(key)} as row {_row(first, report)}: {value!r}."
    return Problem(DUPLICATE_KEY, row, key[0] if len(key) == 1 else None, message, value)


def _value(values: Sequence[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)
