"""XLSX -> a text table. A cell's text is its value, not its format on the screen:

whole numbers without ".0", other numbers as Python writes a float; dates and times in ISO 8601 (2019-11-13,
2019-11-13T23:00:00, 14:40:00), durations as hours:minutes:seconds; true and false; an error (#N/A) is "" and is named
in the report. Excel rows have no width of their own, so there are no short rows; a cell with text to the right of the
header's last name is named as a long row.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BadFile, BadOption
from .budget import Budget
from .delimited import text_frame
from .layout import find_header, name_columns
from .report import ERROR_CELL, LONG_ROW, NUL, Problem, ReadReport, TextTable, shown
from .xlsx_guard import ErrorCell, Sheet, inspect_workbook

if TYPE_CHECKING:
    import polars as pl
    from python_calamine import CalamineSheet, CalamineWorkbook

_ROWS_LOOKED_AT = 200
_CHUNK_ROWS = 20_000
_EXACT_FLOAT = 2.0**53


def read_xlsx(
    path: Path, *, name: str, budget: Budget, header_row: int | None = None, sheet: str | None = None
) -> TextTable:
    """Read one sheet of a workbook. See `read_table` for the promises.

    Without `sheet`, the visible sheet with the most filled cells is read; the report names them all.
    """
    import python_calamine

    guarded = inspect_workbook(path, name=name, budget=budget)
    try:
        workbook = python_calamine.CalamineWorkbook.from_path(path)
        names, chosen = _choose_sheet(workbook, guarded, sheet, name)
        loaded = workbook.get_sheet_by_name(chosen)
    except python_calamine.CalamineError as error:
        raise BadFile(f"{name} cannot be opened as a workbook: {error}.") from None
    report = ReadReport(format="xlsx", sheet=loaded.name, sheets=names)
    rows = _text_rows(loaded)
    head = list(islice(rows, _ROWS_LOOKED_AT if header_row is None else header_row))
    if sheet is not None and not any(map(any, head)):
        raise BadOption(f"Got the sheet {sheet!r}, which has no text in its first rows.", got=sheet)
    if header_row is None:
        at = find_header(head)
    else:
        at = header_row - 1
        if not 0 <= at < len(head) or not any(head[at]):
            raise BadOption(f"Got header row {header_row}, which is blank; wanted a row of names.", got=header_row)
    _name_columns(head[at], at + 1, report)
    frame = _frame(chain(head[at + 1 :], rows), report, name=name, budget=budget)
    for error_cell in guarded[loaded.name].errors:
        _name_error(error_cell, loaded, report)
    report.rows = frame.height
    return TextTable(frame, report)


def _choose_sheet(
    workbook: CalamineWorkbook, guarded: dict[str, Sheet], wanted: str | None, name: str
) -> tuple[list[str], str]:
    from python_calamine import SheetVisibleEnum

    sheets = [meta for meta in workbook.sheets_metadata if meta.name in guarded]
    names = [meta.name for meta in sheets]
    if wanted is not None:
        if wanted not in names:
            raise BadOption(f"Got the sheet {wanted!r}; {name} has {names}.", got=wanted, wanted=names)
        return names, wanted
    visible = [meta.name for meta in sheets if meta.visible == SheetVisibleEnum.Visible] or names
    if not visible:
        raise BadFile(f"{name} has no worksheet; wanted a workbook with a table in it.")
    return names, max(visible, key=lambda title: guarded[title].values)


def _text_rows(sheet: CalamineSheet) -> Iterator[list[str]]:
    """From the sheet's row 1, and from its first column with anything in it."""
    for row in sheet.iter_rows():
        yield [value if type(value) is str else cell_text(value) for value in row]


def cell_text(value: Any) -> str:
    """A cell's value as text; the module's docstring says how each type is written."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT_FLOAT else repr(value)
    if isinstance(value, datetime.timedelta):
        return _duration_text(value)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return "" if value is None else str(value)


def _duration_text(value: datetime.timedelta) -> str:
    sign = "-" if value < datetime.timedelta(0) else ""
    seconds, micro = divmod(abs(value) // datetime.timedelta(microseconds=1), 1_000_000)
    text = f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{text}.{micro:06d}" if micro else text


def _name_columns(header: list[str], header_row: int, report: ReadReport) -> None:
    while not header[-1]:
        header = header[:-1]
    report.columns, problems = name_columns(header, header_row)
    report.header_row = header_row
    for problem in problems:
        report.add(problem)


def _frame(rows: Iterator[list[str]], report: ReadReport, *, name: str, budget: Budget) -> pl.DataFrame:
    import polars as pl

    deadline = budget.deadline(name)
    body = _body(rows, report)
    chunks = [text_frame([], report.columns)]
    while kept := list(islice(body, _CHUNK_ROWS)):
        deadline.check()
        chunks.append(text_frame(kept, report.columns))
    return pl.concat(chunks)


def _body(rows: Iterator[list[str]], report: ReadReport) -> Iterator[list[str]]:
    width = len(report.columns)
    for number, row in enumerate(rows, start=report.header_row + 1):
        if not any(row):
            report.blank_rows += 1
            report.skip(number)
        elif any(row[width:]):
            message = f"Row {number} has text to the right of the header's {width} columns."
            report.add(Problem.of_row(LONG_ROW, number, message, row))
            report.skip(number)
        else:
            kept = row[:width] + [""] * (width - len(row))
            for column, cell in zip(report.columns, kept, strict=True):
                if "\0" in cell:
                    report.add(Problem(NUL, number, column, f"Row {number} has a NUL in {column!r}.", shown(cell)))
            yield kept


def _name_error(cell: ErrorCell, sheet: CalamineSheet, report: ReadReport) -> None:
    index = cell.column - 1 - (sheet.start[1] if sheet.start else 0)
    if cell.row <= report.header_row or not 0 <= index < len(report.columns):
        return
    column = report.columns[index]
    message = f"Row {cell.row} has the error {cell.value} in {column!r}; it is read as empty."
    report.add(Problem(ERROR_CELL, cell.row, column, message, cell.value))
