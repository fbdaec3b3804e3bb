"""What a reader gives back: the table as text, and a report of how it was read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

SHORT_ROW = "short-row"
LONG_ROW = "long-row"
STRAY_QUOTE = "stray-quote"
OPEN_QUOTE = "open-quote"
NUL = "nul"
DUPLICATE_HEADER = "duplicate-header"
EMPTY_HEADER = "empty-header"
ERROR_CELL = "error-cell"
DUPLICATE_KEY = "duplicate-key"
EMPTY_KEY = "empty-key"
# The rows of these are not in the frame: a caller who wants the whole file must refuse it.
UNREADABLE_ROWS = frozenset({SHORT_ROW, LONG_ROW, STRAY_QUOTE, OPEN_QUOTE})

KEPT_PER_TYPE = 100  # problems kept with row and values; beyond that they are only counted
_CELL_SHOWN = 200
_CELLS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a file that a person should see. `row` counts the file's rows from 1; `field` is a column's name."""

    type: str
    row: int | None
    field: str | None
    message: str
    value: Any = None

    @classmethod
    def of_row(cls, type_: str, row: int, message: str, cells: Iterable[str]) -> Problem:
        """A problem of a whole row, with its first 50 cells (each shown up to 200 characters)."""
        return cls(type_, row, None, message, [shown(cell) for cell in islice(cells, _CELLS_SHOWN)])


def shown(text: str) -> str:
    """A cell's text as a message shows it: at most 200 characters."""
    return text if len(text) <= _CELL_SHOWN else text[:_CELL_SHOWN] + "…"


@dataclass(slots=True)
class ReadReport:
    """How a file was read, as JSON-able values.

    Rows are counted as a spreadsheet counts them: from 1, blank ones too; a quoted line break does not start a row.
    `rows` are the rows in the frame; `blank_rows` (every cell empty) are left out of it, and so are the rows of
    `UNREADABLE_ROWS`. `problems` holds the first 100 of each type, `problem_counts` counts them all. `skipped` lists
    what was left out below the header, as [first, last] rows.
    """

    format: str
    encoding: str | None = None
    bom: bool = False
    delimiter: str | None = None
    sheet: str | None = None
    sheets: list[str] = field(default_factory=list)
    header_row: int = 1
    columns: list[str] = field(default_factory=list)
    rows: int = 0
    blank_rows: int = 0
    problems: list[Problem] = field(default_factory=list)
    problem_counts: dict[str, int] = field(default_factory=dict)
    skipped: list[list[int]] = field(default_factory=list)

    def add(self, problem: Problem) -> None:
        """Count a problem, and keep it if it is among the first of its type."""
        count = self.problem_counts.get(problem.type, 0) + 1
        self.problem_counts[problem.type] = count
        if count <= KEPT_PER_TYPE:
            self.problems.append(problem)

    def skip(self, row: int) -> None:
        """Note that a row of the file is not in the frame. Rows must come in order."""
        if self.skipped and self.skipped[-1][1] == row - 1:
            self.skipped[-1][1] = row
        else:
            self.skipped.append([row, row])

    def file_row(self, index: int) -> int:
        """The row of the file that the frame's row `index` (from 0) came from."""
        row = self.header_row + 1 + index
        for first, last in self.skipped:
            if first > row:
                break
            row += last - first + 1
        return row

    @property
    def unreadable_rows(self) -> int:
        """How many rows were named as problems and left out of the frame."""
        return sum(count for type_, count in self.problem_counts.items() if type_ in UNREADABLE_ROWS)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> ReadReport:
        return cls(**{**values, "problems": [Problem(**problem) for problem in values["problems"]]})


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table as read: every column of `frame` is text, an empty cell is "" and never null."""

    frame: pl.DataFrame
    report: ReadReport
