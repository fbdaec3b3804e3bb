"""Where the table is in a file: its delimiter, its header row, the names of its columns."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Sequence

from ..errors import BadFile, OverBudget
from .budget import Budget
from .report import DUPLICATE_HEADER, EMPTY_HEADER, Problem

DELIMITERS = (",", ";", "\t", "|")
_ROWS_LOOKED_AT = 200


def limit_cells(budget: Budget) -> None:
    """The csv module refuses cells over 128 kB; our limit is the budget's, in characters."""
    csv.field_size_limit(budget.line_bytes)


def require_whole_cell(error: csv.Error, *, name: str, budget: Budget) -> None:
    """Raise OverBudget if the csv module gave up because a cell is too long: the rest would be read out of step."""
    if str(error).startswith("field larger than field limit"):
        raise OverBudget(
            f"{name} has a cell of more than {budget.line_bytes:,} characters; perhaps a quote that is not closed.",
            resource="line_bytes",
            wanted=budget.line_bytes,
        )


def find_delimiter(sample: str) -> str:
    """The delimiter that cuts the sample into the most even table; a comma if none cuts it at all.

    A candidate scores by how many rows have the most common width, by that width, and by whether the first row has it:
    in "a;b" over "1,5;2,5" the comma cuts the numbers evenly, but not the header.
    """
    scores = {delimiter: _evenness(sample, delimiter) for delimiter in DELIMITERS}
    best = max(DELIMITERS, key=lambda delimiter: scores[delimiter])
    return best if scores[best] > 0 else ","


def _evenness(sample: str, delimiter: str) -> float:
    widths = [len(row) for row in sample_rows(sample, delimiter) if any(row)]
    if not widths:
        return 0.0
    width, rows = Counter(widths).most_common(1)[0]
    if width == 1:
        return 0.0
    return (rows / len(widths)) ** 2 * math.log(width) * (1.0 if widths[0] == width else 0.5)


def sample_rows(sample: str, delimiter: str) -> list[list[str]]:
    """The first rows of the sample, read leniently."""
    rows = []
    for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter):
        rows.append(row)
        if len(rows) == _ROWS_LOOKED_AT:
            break
    return rows


def find_header(rows: Sequence[Sequence[str]]) -> int:
    """The index of the header row: the first that fills at least 60 % of the table's width.

    The width is the most filled row among those of the most common length, so that title rows above the header (few
    cells filled) are passed over, and one overlong row does not count. Raises BadFile if no row has any text.
    """
    filled = [sum(1 for cell in row if cell) for row in rows]
    lengths = Counter(len(row) for row, count in zip(rows, filled, strict=True) if count)
    if not lengths:
        raise BadFile("The file has no text in any cell; wanted a header row and rows below it.")
    common = lengths.most_common(1)[0][0]
    width = max(count for row, count in zip(rows, filled, strict=True) if len(row) == common and count)
    needed = math.ceil(0.6 * width)
    return next(index for index, count in enumerate(filled) if count >= needed)


def name_columns(header: Sequence[str], header_row: int) -> tuple[list[str], list[Problem]]:
    """A distinct name for each column, and a problem for each header cell that is empty or repeats an earlier one.

    An empty cell over the third column becomes "column 3", a second "Price" over the fifth "Price (column 5)".
    """
    names: list[str] = []
    problems: list[Problem] = []
    taken = set(header)
    seen: set[str] = set()
    for number, cell in enumerate(header, start=1):
        name = cell
        if not cell or cell in seen:
            name = _free_name(f"{cell} (column {number})" if cell else f"column {number}", taken)
            problems.append(_header_problem(cell, name, number, header_row))
        seen.add(cell)
        taken.add(name)
        names.append(name)
    return names, problems


def _free_name(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _header_problem(cell: str, name: str, number: int, header_row: int) -> Problem:
    if cell:
        message = f"Column {number} is called {cell!r} like an earlier column; here it is called {name!r}."
        return Problem(DUPLICATE_HEADER, header_row, name, message, cell)
    return Problem(EMPTY_HEADER, header_row, name, f"Column {number} has no name; here it is called {name!r}.", "")
