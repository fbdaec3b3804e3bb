"""One function that reads any supported file."""

from __future__ import annotations

from pathlib import Path

from ..errors import BadFile, BadOption
from .archive import is_zip
from .budget import Budget
from .report import TextTable

FORMATS = ("csv", "xlsx")
# What a file that is neither begins with, and what to say about it.
_FOREIGN = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel file (.xls) or an encrypted workbook"),
    (b"%PDF-", "a PDF"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"\x7fELF", "a program"),
)


def read_table(
    path: str | Path,
    *,
    name: str | None = None,
    format: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    header_row: int | None = None,
    sheet: str | None = None,
    budget: Budget | None = None,
) -> TextTable:
    """Read a CSV or XLSX file as text; report what was found and everything that is wrong.

    Each option that is None is found in the file and reported: `format` ("csv" or "xlsx") by content, never by name;
    `encoding` and `delimiter` (one of , ; tab |) for CSV; `sheet` for XLSX; `header_row`, the row of the file, from 1,
    that names the columns. `name` is what messages call the file.

    Nothing is trimmed, retyped, padded or cut. The frame holds the well-formed rows, every column text, an empty cell
    ""; a row with more or fewer cells than the header, or with a broken quote, is left out and named in
    `report.problems`, so that a caller can refuse the file (`report.unreadable_rows`). Rows whose every cell is empty
    are skipped and counted. An empty or repeated header name, a NUL character and an Excel error are named too.

    For a file that nobody vouches for use `read_limited`. Raises BadFile, BadOption or OverBudget.
    """
    path = Path(path)
    name = name or path.name
    budget = budget or Budget()
    found = _find_format(path, name, budget)
    chosen = format or found
    if chosen == "xlsx":
        from .xlsx import read_xlsx

        return read_xlsx(path, name=name, budget=budget, header_row=header_row, sheet=sheet)
    if chosen == "csv":
        from .delimited import read_delimited

        return read_delimited(
            path, name=name, budget=budget, encoding=encoding, delimiter=delimiter, header_row=header_row
        )
    raise BadOption(f"Got the format {chosen!r}; wanted one of {', '.join(FORMATS)}.", got=chosen)


def _find_format(path: Path, name: str, budget: Budget) -> str:
    try:
        with path.open("rb") as stream:
            head = stream.read(16)
        budget.check("bytes", path.stat().st_size, name)
    except OSError as error:
        raise BadFile(f"{name} cannot be opened: {error.strerror}.") from None
    if not head:
        raise BadFile(f"{name} is empty; wanted a header row and rows below it.")
    if is_zip(head):
        return "xlsx"
    for start, description in _FOREIGN:
        if head.startswith(start):
            raise BadFile(f"{name} is {description}; wanted CSV text or an .xlsx workbook.")
    return "csv"
