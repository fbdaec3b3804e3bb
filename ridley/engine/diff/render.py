"""A difference as text, JSON or CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

from ..readers.report import ReadReport

if TYPE_CHECKING:
    import polars as pl

    from .result import Diff

_COLUMNS_SHOWN = 10
_EXAMPLES = 3
_NOTES = 10
_WIDTH = 60


def notes(name: str, report: ReadReport) -> Iterator[str]:
    """What a reader of the result should know about how a file was read."""
    if len(report.sheets) > 1:
        yield f"{name}: read the sheet {report.sheet!r} of {report.sheets}."
    if report.header_row != 1:
        yield f"{name}: the names of the columns are in row {report.header_row}."
    for problem in report.problems[:_NOTES]:
        yield f"{name}: {problem.message}"
    unshown = sum(report.problem_counts.values()) - len(report.problems[:_NOTES])
    if unshown:
        yield f"{name}: and {unshown:,} more of these."


def as_json(diff: Diff, out: TextIO) -> None:
    """One object: the counts of `Diff.summary`."""
    out.write(json.dumps(diff.summary(), ensure_ascii=False) + "\n")


def as_csv(diff: Diff, out: TextIO) -> None:
    """One line per changed cell, added row and removed row."""
    writer = csv.writer(out, lineterminator="\n")
    if not diff.key:
        writer.writerow(["kind", *diff.compared])
        for kind, frame in (("added", diff.added), ("removed", diff.removed)):
            writer.writerows([kind, *row] for row in frame.iter_rows())
        return
    writer.writerow(["kind", *diff.key, "column", "old", "new"])
    writer.writerows(["changed", *row] for row in diff.changed.iter_rows())
    for kind, frame in (("added", diff.added), ("removed", diff.removed)):
        writer.writerows([kind, *key, "", "", ""] for key in frame.select(diff.key).iter_rows())


def as_text(diff: Diff, old: str, new: str, out: TextIO) -> None:
    """A summary for people: the counts, the most changed columns, some examples of each."""
    out.write(f"{old}: {diff.rows_before:,} rows\n{new}: {diff.rows_after:,} rows\n")
    if diff.is_empty:
        out.write("No difference.\n")
        return
    line = f"{diff.added.height:,} added, {diff.removed.height:,} removed"
    if diff.key:
        line += f", {diff.changed_rows:,} changed ({diff.changed.height:,} cells)"
    out.write(line + "\n")
    for title, columns in (("added", diff.columns_added), ("removed", diff.columns_removed)):
        if columns:
            out.write(f"Columns {title}, not compared: {', '.join(columns)}\n")
    _write_columns(diff, out)
    for title, frame in (("Added", diff.added), ("Removed", diff.removed)):
        _write_rows(title, frame.select(diff.key or diff.compared), out)


def _write_columns(diff: Diff, out: TextIO) -> None:
    import polars as pl

    counts = diff.cells_by_column()
    if not counts:
        return
    column_name, old_name, new_name = diff.value_columns
    out.write("\nMost changed columns\n")
    for column, cells in list(counts.items())[:_COLUMNS_SHOWN]:
        out.write(f"  {column}: {cells:,} cells\n")
        examples = diff.changed.filter(pl.col(column_name) == column).head(_EXAMPLES)
        for row in examples.select(*diff.key, old_name, new_name).iter_rows():
            out.write(f"    {_key(row[:-2])}: {_cell(row[-2])} -> {_cell(row[-1])}\n")
    if len(counts) > _COLUMNS_SHOWN:
        out.write(f"  and {len(counts) - _COLUMNS_SHOWN} more columns\n")


def _write_rows(title: str, rows: pl.DataFrame, out: TextIO) -> None:
    if rows.height == 0:
        return
    out.write(f"\n{title}\n")
    for row in rows.head(_EXAMPLES).iter_rows():
        out.write(f"  {_key(row)}\n")
    if rows.height > _EXAMPLES:
        out.write(f"  and {rows.height - _EXAMPLES:,} more\n")


def _key(values: tuple[str | None, ...]) -> str:
    return " | ".join(_cut("" if value is None else value) for value in values)


def _cell(value: str | None) -> str:
    return "null" if value is None else f'"{_cut(value)}"'


def _cut(text: str) -> str:
    # A control character in a cell must not steer the terminal.
    text = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text[: _WIDTH + 1])
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"
