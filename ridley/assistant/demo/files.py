"""Rows to the bytes of a file, the same bytes every time."""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from openpyxl import Workbook

ZIP_DATE = (2026, 1, 1, 0, 0, 0)
MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(?=<)")


@dataclass(frozen=True)
class DemoFile:
    """A file as a supplier sends it for a month. `build` makes its bytes; `content` calls it once, when asked."""

    name: str
    month: str
    build: Callable[[], bytes]

    @cached_property
    def content(self) -> bytes:
        return self.build()


def csv_bytes(rows: Iterable[Sequence[str]], *, delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    """The rows as CSV with CRLF line ends. Raises UnicodeEncodeError for a character that the encoding lacks."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode(encoding)


def xlsx_bytes(rows: Iterable[Sequence[str | int | None]], *, sheet: str) -> bytes:
    """The rows as the only sheet of an Excel file without the time of its making."""
    book = Workbook(write_only=True)
    book.properties.creator = "Ridley demo"
    book.properties.created = datetime(*ZIP_DATE)
    page = book.create_sheet(sheet)
    for row in rows:
        page.append(row)
    raw = io.BytesIO()
    book.save(raw)
    return _undated(raw.getvalue())


def _undated(xlsx: bytes) -> bytes:
    """The same Excel file with one date on every part: the writer stamps the current time in two places."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            part = MODIFIED.sub(rb"\g<1>2026-01-01T00:00:00Z", source.read(name))
            entry = zipfile.ZipInfo(name, ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, part)
    return out.getvalue()
