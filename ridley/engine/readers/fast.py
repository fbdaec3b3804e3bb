"""polars' CSV parser, used only where the bytes prove that its result is the careful reader's.

What it gets wrong silently: a short row is padded with "", a blank line becomes a row, a quote in the middle of an unquoted
cell can join two lines, a lone carriage return is no line end. Long rows and broken quotes it refuses. So:

- no NUL and no lone carriage return in the file;
- every quote is where RFC 4180 allows one (a regular expression over the bytes, in files that have quotes);
- the bytes balance: cells + delimiters + line ends + quotes, as if every row were full, are the bytes of the file. Since long
  rows are refused, a short row or a blank line makes the left side larger.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from contextlib import contextmanager
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
    with _body(source) as data:
        start = source.bom_bytes + layout.offset
        if facts.quotes and not _quotes_are_strict(data, start, layout.delimiter):
            return None
        end, trailing_lines = _end_of_rows(data, start)
        size = end - start + (data[end - 1 : end] != b"\n")
        quotes = _count(data, b'"', start) if facts.quotes else 0
        returns = _count(data, b"\r", start, end) if facts.returns else 0
    frame = _parse(source, layout, report.columns, quotes=quotes > 0, most_rows=budget.rows + trailing_lines + 1)
    if frame is None:
        return None
    if trailing_lines:
        frame = frame.head(-trailing_lines) if frame.height > trailing_lines else frame.clear()
    budget.check_shape(frame.height, frame.width, name)
    if _full_size(frame, quotes, returns) != size:
        return None
    return _without_blank_rows(frame, trailing_lines, report)


@contextmanager
def _body(source: Source) -> Iterator[_Bytes]:
    if source.transcoded is not None:
        yield source.transcoded
        return
    with source.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        yield data


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
        cut = end - 2 if data[max(start, end - 2) : end] == b"\r\n" else end - 1 if data[end - 1 : end] == b"\n" else end
        if cut == end or (cut > start and data[cut - 1 : cut] != b"\n"):
            break
        end = cut
        lines += 1
    return end, lines


def _count(data: _Bytes, byte: bytes, start: int, end: int | None = None) -> int:
    if isinstance(data, bytes):
        return data.count(byte, start, end)
    total, end = 0, len(data) if end is None else end
    for position in range(start, end, 1 << 20):
        total += data[position : min(position + (1 << 20), end)].count(byte)
    return total


def _parse(source: Source, layout: Layout, columns: list[str], *, quotes: bool, most_rows: int) -> pl.DataFrame | None:
    import polars as pl

    try:
        return pl.read_csv(
            source.path if source.transcoded is None else source.transcoded,
            has_header=False,
            schema=dict.fromkeys(columns, pl.String),
            separator=layout.delimiter,
            quote_char='"' if quotes else None,
            skip_lines=layout.lines,
            empty_string_is_null=False,
            n_rows=most_rows,
            glob=False,
        )
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return None


def _full_size(frame: pl.DataFrame, quotes: int, returns: int) -> int:
    """The bytes that these cells take in a file where every row is full and ends with a line end."""
    import polars as pl

    sizes = [column.str.len_bytes().cast(pl.Int64).sum() for column in frame]
    inside_quotes = sum(_occurrences(column, '"') for column in frame) if quotes else 0
    inside_returns = sum(_occurrences(column, "\r") for column in frame) if quotes and returns else 0
    return sum(sizes) + frame.height * frame.width + (quotes - inside_quotes) + (returns - inside_returns)


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
