"""Whether an .xlsx file may be opened at all: sizes and cell references, checked while streaming and before calamine.

calamine allots a rectangle from the first to the last cell of a sheet, so a file of 5 kB with one cell at XFD1048576
makes it ask for 549 GB. Every member of the archive is unpacked in small pieces (zipfile checks sizes and checksums),
and in every member that is a worksheet each cell's reference is held against the budget. What the sheet says of itself
(`dimension`) counts for nothing.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat

from ..errors import BadFile
from .archive import opened_archive
from .budget import Budget, Deadline

_CHUNK = 1 << 16
_LONGEST_TAG = 1_000_000
_MOST_DIRECTORY_BYTES = 4_000_000
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})\Z")
_MEDIA = (".png", ".jpg", ".jpeg", ".gif", ".emf", ".wmf", ".bin", ".vml")


@dataclass(frozen=True, slots=True)
class ErrorCell:
    """A cell whose value is an Excel error such as #N/A; row and column count from 1."""

    row: int
    column: int
    value: str


@dataclass(slots=True)
class Sheet:
    """What one worksheet holds; `values` are its cells that are not empty."""

    values: int = 0
    last_row: int = 0
    last_column: int = 0
    errors: list[ErrorCell] = field(default_factory=list)


def inspect_workbook(path: Path, *, name: str, budget: Budget) -> dict[str, Sheet]:
    """The worksheets by name, in the workbook's order; raises BadFile or OverBudget before anything large is built."""
    deadline = budget.deadline(name)
    try:
        with opened_archive(path, name=name, budget=budget) as archive:
            members = archive.infolist()
            _check_names(members, name)
            found = {member.filename: _inspect(archive, member, name, budget, deadline) for member in members}
            parts = _worksheet_parts(archive, name)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        RuntimeError,
        expat.ExpatError,
        ElementTree.ParseError,
    ) as error:
        raise BadFile(f"{name} is a damaged or encrypted workbook: {error}. Wanted an .xlsx file.") from None
    return {title: sheet for title, part in parts.items() if (sheet := found.get(part)) is not None}


def _check_names(members: list[zipfile.ZipInfo], name: str) -> None:
    names = [member.filename.lower().replace("\\", "/").lstrip("/") for member in members]
    if len(set(names)) != len(names):
        raise BadFile(f"{name} has two members of the same name; wanted an ordinary .xlsx file.")
    if "xl/workbook.xml" not in names:
        raise BadFile(f"{name} is a zip archive without a workbook in it; wanted an .xlsx file.")


def _worksheet_parts(archive: zipfile.ZipFile, name: str) -> dict[str, str]:
    """Which member each sheet is in, by the sheet's name."""
    relations = {
        entry.get("Id"): posixpath.normpath(posixpath.join("/xl", entry.get("Target", ""))).lstrip("/")
        for entry in _elements(archive, "xl/_rels/workbook.xml.rels", "Relationship", name)
    }
    parts = {}
    for entry in _elements(archive, "xl/workbook.xml", "sheet", name):
        link = next((value for key, value in entry.items() if key.endswith("}id")), None)
        parts[entry.get("name", "")] = relations.get(link, "")
    return parts


def _elements(archive: zipfile.ZipFile, member: str, tag: str, name: str) -> list[ElementTree.Element]:
    try:
        size = archive.getinfo(member).file_size
    except KeyError:
        raise BadFile(f"{name} has no member {member}; wanted an ordinary .xlsx file.") from None
    if size > _MOST_DIRECTORY_BYTES:
        raise BadFile(f"{name} has a list of sheets of {size:,} bytes; at most {_MOST_DIRECTORY_BYTES:,} are read.")
    # The scan has refused document types, so no entity can expand here.
    root = ElementTree.fromstring(archive.read(member))  # noqa: S314
    return [element for element in root.iter() if element.tag.rpartition("}")[2] == tag]


def _inspect(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, budget: Budget, deadline: Deadline
) -> Sheet | None:
    if member.is_dir() or member.filename.lower().endswith(_MEDIA):
        return None
    scan = _SheetScan(name, budget)
    with archive.open(member) as stream:
        while chunk := stream.read(_CHUNK):
            deadline.check()
            if scan.relevant:
                scan.feed(chunk)
    return scan.sheet if scan.is_worksheet else None


class _SheetScan:
    """Follows the cells of a worksheet through its XML. Other documents are dropped at their first element."""

    def __init__(self, name: str, budget: Budget) -> None:
        self.name = name
        self.budget = budget
        self.sheet = Sheet()
        self.is_worksheet = False
        self.relevant = True
        self._row = self._column = 0
        self._error: list[str] | None = None
        self._parser = expat.ParserCreate()
        self._fed = 0
        self._parser.StartElementHandler = self._root
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype

    def feed(self, chunk: bytes) -> None:
        self._parser.Parse(chunk)
        self._fed += len(chunk)
        # The parser begins again at an unfinished tag with each piece: one of 90 MB took two minutes.
        if self._fed - self._parser.CurrentByteIndex > _LONGEST_TAG:
            raise BadFile(f"{self.name} has a tag of over {_LONGEST_TAG:,} bytes; wanted an ordinary .xlsx file.")

    def _refuse_doctype(self, *_: Any) -> None:
        raise BadFile(f"{self.name} declares a document type in its XML; wanted an ordinary .xlsx file.")

    def _root(self, tag: str, _: dict[str, str]) -> None:
        self.is_worksheet = self.relevant = tag.rpartition(":")[2] == "worksheet"
        self._parser.StartElementHandler = self._start if self.is_worksheet else None

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        if tag == "c":
            self._cell(attributes)
        elif tag in ("v", "is"):
            self.sheet.values += 1
        elif tag == "row":
            reference = attributes.get("r")
            self._row = self._number(reference) if reference else self._row + 1
            self._column = 0

    def _number(self, text: str) -> int:
        if not text.isascii() or not text.isdigit() or len(text) > 7:
            raise BadFile(f"{self.name} has a row numbered {text[:40]!r}; wanted a number from 1 to 1048576.")
        return int(text)

    def _cell(self, attributes: dict[str, str]) -> None:
        reference = attributes.get("r")
        if reference:
            row, column = self._position(reference)
        else:
            row, column = self._row, self._column + 1
        self._column = column
        sheet = self.sheet
        if row > sheet.last_row or column > sheet.last_column:
            sheet.last_row = max(sheet.last_row, row)
            sheet.last_column = max(sheet.last_column, column)
            self.budget.check_shape(sheet.last_row, sheet.last_column, self.name)
        if attributes.get("t") == "e":
            self._note_error(row, column)

    def _position(self, reference: str) -> tuple[int, int]:
        match = _REFERENCE.match(reference.upper())
        if match is None:
            raise BadFile(f"{self.name} has a cell at {reference[:40]!r}; wanted a reference such as B7.")
        column = 0
        for letter in match[1]:
            column = column * 26 + ord(letter) - 64
        return int(match[2]), column

    def _note_error(self, row: int, column: int) -> None:
        text: list[str] = []

        def end(tag: str) -> None:
            if tag.rpartition(":")[2] == "c":
                self.sheet.errors.append(ErrorCell(row, column, "".join(text)))
                self._parser.CharacterDataHandler = self._parser.EndElementHandler = None

        self._parser.CharacterDataHandler = text.append
        self._parser.EndElementHandler = end
