"""Delimited text (CSV and its cousins) -> a text table. Two ways to the same result, held equal by Hypothesis:

- fast: polars' parser, used only when the bytes prove that it must agree with the csv module and that no row is uneven;
- careful: the csv module, row by row, which names what is wrong and where.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BadOption
from .budget import Budget
from .encoding import Source, open_source, require_short_lines
from .layout import find_delimiter, find_header, limit_cells, name_columns, require_whole_cell, sample_rows
from .report import (
    LONG_ROW,
    NUL,
    OPEN_QUOTE,
    SHORT_ROW,
    STRAY_QUOTE,
    Problem,
    ReadReport,
    TextTable,
    shown,
)

if TYPE_CHECKING:
    import polars as pl

_SAMPLE_BYTES = 1 << 16
_CHUNK_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the table is: `header_row` counts rows from 1, `lines` the physical lines up to the header's end, and
    `offset` their UTF-8 bytes (after a byte order mark)."""

    delimiter: str
    header_row: int
    header: list[str]
    lines: int
    offset: int


def read_delimited(
    path: Path,
    *,
    name: str,
    budget: Budget,
    encoding: str | None = None,
    delimiter: str | None = None,
    header_row: int | None = None,
) -> TextTable:
    """Read delimited text. See `read_table` for the promises."""
    from .fast import read_fast

    limit_cells(budget)
    require_short_lines(path, name=name, budget=budget)
    source = open_source(path, encoding, name=name)
    layout = _find_layout(source, delimiter, header_row)
    budget.check("columns", len(layout.header), name)
    names, problems = name_columns(layout.header, layout.header_row)
    report = ReadReport(
        format="csv",
        encoding=source.encoding,
        bom=source.bom,
        delimiter=layout.delimiter,
        header_row=layout.header_row,
        columns=names,
    )
    for problem in problems:
        report.add(problem)
    frame = read_fast(source, layout, report, name=name, budget=budget)
    if frame is None:
        frame = read_carefully(source, layout, report, name=name, budget=budget)
    report.rows = frame.height
    return TextTable(frame, report)


def _find_layout(source: Source, delimiter: str | None, header_row: int | None) -> Layout:
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise BadOption(f"Got the delimiter {delimiter!r}; wanted one character such as , or ;.", got=delimiter)
    sample = _sample(source)
    delimiter = delimiter or find_delimiter(sample)
    if header_row is None:
        header_row = find_header(sample_rows(sample, delimiter)) + 1
    return _layout_at(source, delimiter, header_row)


def _sample(source: Source) -> str:
    """The first 64 kB, up to the end of a line."""
    with source.open() as stream:
        data = stream.read(_SAMPLE_BYTES)
    if len(data) == _SAMPLE_BYTES:
        data = data[: data.rfind(b"\n") + 1] or data
    return data.decode(errors="ignore")


def _layout_at(source: Source, delimiter: str, header_row: int) -> Layout:
    lines = _CountedLines(_text(source))
    rows = csv.reader(lines, delimiter=delimiter)
    for number, row in enumerate(rows, start=1):
        if number == header_row:
            if not any(row):
                raise BadOption(f"Got header row {header_row}, which is blank; wanted a row of names.", got=header_row)
            return Layout(delimiter, header_row, row, lines.count, lines.bytes)
    raise BadOption(f"Got header row {header_row}; the file has {rows.line_num} lines.", got=header_row)


class _CountedLines:
    """Lines of a text, counting how many were taken and how many UTF-8 bytes they have."""

    def __init__(self, text: Iterator[str]) -> None:
        self._text = text
        self.count = 0
        self.bytes = 0

    def __iter__(self) -> _CountedLines:
        return self

    def __next__(self) -> str:
        line = next(self._text)
        self.count += 1
        self.bytes += len(line.encode())
        return line


def _text(source: Source) -> io.TextIOWrapper:
    return io.TextIOWrapper(source.open(), encoding="utf-8", newline="")


def read_carefully(source: Source, layout: Layout, report: ReadReport, *, name: str, budget: Budget) -> pl.DataFrame:
    """Read row by row. Uneven rows and broken quotes are named in the report and left out; blank rows are counted."""
    import polars as pl

    deadline = budget.deadline(name)
    chunks: list[pl.DataFrame] = []
    kept: list[list[str]] = []
    height = 0
    for row in _body(source, layout, report, name=name, budget=budget):
        kept.append(row)
        if len(kept) == _CHUNK_ROWS:
            height += len(kept)
            budget.check_shape(height, len(report.columns), name)
            deadline.check()
            chunks.append(text_frame(kept, report.columns))
            kept = []
    chunks.append(text_frame(kept, report.columns))
    budget.check_shape(height + len(kept), len(report.columns), name)
    return pl.concat(chunks)


def text_frame(rows: list[list[str]], columns: list[str]) -> pl.DataFrame:
    """Rows of equal length as a frame of text."""
    import polars as pl

    values = zip(*rows, strict=True) if rows else [()] * len(columns)
    data = [pl.Series(column, cells, dtype=pl.String) for column, cells in zip(columns, values, strict=True)]
    return pl.DataFrame(data)


def _body(source: Source, layout: Layout, report: ReadReport, *, name: str, budget: Budget) -> Iterator[list[str]]:
    """The well-formed rows below the header; the others go into the report."""
    width = len(layout.header)
    rows = csv.reader(_text(source), delimiter=layout.delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            require_whole_cell(error, name=name, budget=budget)
            if number > layout.header_row:
                _name_broken_quote(report, number, str(error))
            continue
        if number <= layout.header_row:
            continue
        if not any(row):
            report.blank_rows += 1
            report.skip(number)
        elif len(row) != width:
            budget.check("columns", len(row), f"Row {number} of {name}")
            _name_uneven_row(report, number, row, width)
        else:
            _name_nuls(report, number, row)
            yield row


def _name_uneven_row(report: ReadReport, number: int, row: list[str], width: int) -> None:
    kind = SHORT_ROW if len(row) < width else LONG_ROW
    message = f"Row {number} has {len(row)} cells; the header has {width}."
    report.add(Problem.of_row(kind, number, message, row))
    report.skip(number)


def _name_broken_quote(report: ReadReport, number: int, reason: str) -> None:
    if reason == "unexpected end of data":
        message = f"Row {number} opens a quote that is not closed before the end of the file."
        report.add(Problem(OPEN_QUOTE, number, None, message))
    else:
        message = f"Row {number} has text after a closing quote; wanted a delimiter or the end of the line."
        report.add(Problem(STRAY_QUOTE, number, None, message, reason))
    report.skip(number)


def _name_nuls(report: ReadReport, number: int, row: list[str]) -> None:
    for column, cell in zip(report.columns, row, strict=True):
        if "\0" in cell:
            report.add(Problem(NUL, number, column, f"Row {number} has a NUL character in {column!r}.", shown(cell)))
