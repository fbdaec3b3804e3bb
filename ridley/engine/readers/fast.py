"""polars' CSV parser, used only where the bytes prove that its result is the careful reader's.

What it gets wrong silently: a short row is padded with "", a blank line becomes a row, a quote in the middle of an
unquoted cell can join two lines, a lone carriage return is no line end, a delimiter as the very last byte begins no
cell. Other long rows it refuses. So:

- no NUL and no lone carriage return in the file, and no delimiter at its end;
- the bytes balance: cells + delimiters + line ends + quotes around cells, as if every row were full, are the bytes of
  the file. Since long rows are refused, a short row or a blank line makes the left side larger.
- in a file with quotes each of them is where RFC 4180 allows one: a regular expression holds for every line, or, where
  cells have line ends inside, for the bytes as a whole (polars drops a stray quote without a word, so its result proves
  nothing).
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .budget import Budget
from .report import ReadReport

if TYPE_CHECKING:
    import polars as pl

    from .delimited import Layout
    from .encoding import Source

_Bytes = bytes | mmap.mmap


def read_fast(source: Source, layout: Layout, report: ReadReport, *, name: str, budget: Budget) -> pl.DataFrame | None:
    """The table, or None where only the careful reader can be trusted. The report changes only if there is a table."""
    facts = source.facts
    if facts.nuls or facts.lone_returns or not layout.delimiter.isascii() or layout.offset >= facts.size:
        return None
    with _bytes(source) as data:
        body = _measure(data, source.bom_bytes + layout.offset, source)
        if data[body.end - 1 : body.end] == layout.delimiter.encode():
            return None
        frame = _parse(source, layout, report.columns, body, most_rows=budget.rows + body.blank_lines + 1)
        if frame is None:
            return None
        if body.blank_lines:
            frame = frame.head(max(0, frame.height - body.blank_lines))
        budget.check_shape(frame.height, frame.width, name)
        if not _agrees(frame, body, data, source, layout):
            return None
    return _without_blank_rows(frame, body.blank_lines, report)


@dataclass(frozen=True, slots=True)
class Body:
    """The bytes of the rows: from `start` to `end`, a line end supposed after the last; `blank_lines` follow them."""

    start: int
    end: int
    size: int
    quotes: int
    returns: int
    blank_lines: int


def _measure(data: _Bytes, start: int, source: Source) -> Body:
    end, blank_lines = _end_of_rows(data, start)
    size = end - start + (data[end - 1 : end] != b"\n")
    head, tail = data[:start], data[end:]
    quotes = source.facts.quotes - head.count(b'"')
    returns = source.facts.returns - head.count(b"\r") - tail.count(b"\r")
    return Body(start, end, size, quotes, returns, blank_lines)


def _agrees(frame: pl.DataFrame, body: Body, data: _Bytes, source: Source, layout: Layout) -> bool:
    """Whether the careful reader must have found the same cells."""
    import polars as pl

    cells = sum(int(column.str.len_bytes().cast(pl.Int64).sum()) for column in frame)
    full = cells + frame.height * frame.width + body.quotes + body.returns
    if not body.quotes:
        return full == body.size
    if full != body.size:
        full -= sum(_occurrences(column, '"') for column in frame)
        full -= sum(_occurrences(column, "\r") for column in frame) if body.returns else 0
    return full == body.size and (
        _lines_are_strict(source, layout) or _quotes_are_strict(data, body.start, layout.delimiter)
    )


@contextmanager
def _bytes(source: Source) -> Iterator[_Bytes]:
    if source.transcoded is not None:
        yield source.transcoded
        return
    with source.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        yield data


def _lines_are_strict(source: Source, layout: Layout) -> bool:
    """Whether each line below the header is a row of plain or quoted cells, none with a line end in it."""
    import polars as pl

    cut = re.escape(layout.delimiter)
    cell = rf'(?:[^"{cut}]*|"[^"]*(?:""[^"]*)*")'
    row = rf"\A{cell}(?:{cut}{cell})*\z"
    lines = pl.scan_lines(source.path if source.transcoded is None else source.transcoded, glob=False)
    strict = lines.slice(layout.lines).select(pl.col("line").str.contains(row).all())
    return bool(strict.collect(engine="streaming").item())


def _quotes_are_strict(data: _Bytes, start: int, delimiter: str) -> bool:
    """Whether each quoted cell begins and ends at a delimiter or line end and doubles the quotes inside."""
    cut = re.escape(delimiter.encode())
    cell = rb'[^"]*+(?<![^%b\n])"[^"]*+(?:""[^"]*+)*+"(?=[%b\r\n]|\Z)' % (cut, cut)
    # In steps of a thousand cells, because an unbounded repeat keeps a mark for each.
    cells = re.compile(b"(?:" + cell + b"){1,1000}+")
    position = start
    while match := cells.match(data, position):
        position = match.end()
    return data.find(b'"', position) == -1


def _end_of_rows(data: _Bytes, start: int) -> tuple[int, int]:
    """Where the last line with anything in it ends (after its line end), and how many blank lines follow."""
    end = len(data)
    lines = 0
    while end > start:
        cut = (
            end - 2 if data[max(start, end - 2) : end] == b"\r\n" else end - 1 if data[end - 1 : end] == b"\n" else end
        )
        if cut == end or (cut > start and data[cut - 1 : cut] != b"\n"):
            break
        end = cut
        lines += 1
    return end, lines


def _parse(source: Source, layout: Layout, columns: list[str], body: Body, *, most_rows: int) -> pl.DataFrame | None:
    import polars as pl

    try:
        return pl.read_csv(
            source.path if source.transcoded is None else source.transcoded,
            has_header=False,
            schema=dict.fromkeys(columns, pl.String),
            separator=layout.delimiter,
            quote_char='"' if body.quotes else None,
            skip_lines=layout.lines,
            empty_string_is_null=False,
            n_rows=most_rows,
            glob=False,
        )
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return None


def _occurrences(column: pl.Series, text: str) -> int:
    return int(column.str.count_matches(text, literal=True).sum())


def _without_blank_rows(frame: pl.DataFrame, trailing_lines: int, report: ReadReport) -> pl.DataFrame:
    """Leave out the rows whose every cell is empty, and note them."""
    import polars as pl

    first = report.header_row + 1
    height = frame.height
    if (frame.to_series(0) == "").any():
        blank = frame.select(pl.all_horizontal(pl.all() == "")).to_series()
        if blank.any():
            for index in blank.arg_true().to_list():
                report.skip(first + index)
            report.blank_rows += int(blank.sum())
            frame = frame.filter(~blank)
    for index in range(trailing_lines):
        report.skip(first + height + index)
    report.blank_rows += trailing_lines
    return frame
