"""Small files that mean harm: each unpacks, widens or multiplies into far more than it weighs."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORKBOOK = f'<workbook {MAIN} xmlns:r="{RELATED}"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>'
RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="rId1" Type="{RELATED}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
)
PACKAGE = RELATIONS.replace(f"{RELATED}/worksheet", f"{RELATED}/officeDocument").replace(
    "worksheets/sheet1", "xl/workbook"
)
LAUGHS = (
    '<!DOCTYPE lolz [<!ENTITY l0 "ha">' + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10)) + "]>"
)
MILLION = 1_000_000


def sheet(cells: str) -> str:
    return f"<worksheet {MAIN}><sheetData>{cells}</sheetData></worksheet>"


def strings(items: str) -> str:
    return f"<sst {MAIN}>{items}</sst>"


SMALL = sheet(
    '<row r="1"><c r="A1" t="inlineStr"><is><t>code</t></is></c></row><row r="2"><c r="A2"><v>1</v></c></row>'
)


def workbook(sheet: str = SMALL, strings: str = "", workbook: str = WORKBOOK) -> bytes:
    """An .xlsx file of these parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_rels/.rels", PACKAGE)
        archive.writestr("xl/workbook.xml", workbook)
        archive.writestr("xl/_rels/workbook.xml.rels", RELATIONS)
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
        if strings:
            archive.writestr("xl/sharedStrings.xml", strings)
    return out.getvalue()


class Zip:
    """Writes a zip by hand, so that it can say of its members what is not true."""

    def __init__(self) -> None:
        self.body, self.directory, self.count = io.BytesIO(), io.BytesIO(), 0

    def add(self, name: str, packed: bytes, *, size: int, crc: int) -> None:
        at, encoded = self.body.tell(), name.encode()
        told = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, crc, len(packed), size, len(encoded), 0)
        self.body.write(b"PK\3\4" + told + encoded + packed)
        self.directory.write(b"PK\1\2" + struct.pack("<H", 20) + told + struct.pack("<HHHII", 0, 0, 0, 0, at) + encoded)
        self.count += 1

    def add_text(self, name: str, text: str) -> None:
        data = text.encode()
        self.add(name, deflated(data), size=len(data), crc=zlib.crc32(data))

    def add_repeated(self, name: str, head: str, block: str, tail: str, *, times: int, told: int | None = None) -> None:
        """A member of head, so many blocks, tail. It is packed once: a block of a deflate stream can be repeated.

        With `told`, it says that it is only so long, and its checksum is that of the part told of.
        """
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = packer.compress(head.encode()) + packer.flush(zlib.Z_FULL_FLUSH)
        piece = packer.compress(block.encode()) + packer.flush(zlib.Z_FULL_FLUSH)
        packed += piece * times + packer.compress(tail.encode()) + packer.flush()
        size = len(head) + times * len(block) + len(tail)
        if told is not None:
            prefix = (head + block * (told // len(block) + 1))[:told].encode()
            self.add(name, packed, size=told, crc=zlib.crc32(prefix))
            return
        crc = zlib.crc32(head.encode())
        for _ in range(times):
            crc = zlib.crc32(block.encode(), crc)
        self.add(name, packed, size=size, crc=zlib.crc32(tail.encode(), crc))

    def bytes(self) -> bytes:
        directory, at, count = self.directory.getvalue(), self.body.tell(), min(self.count, 0xFFFF)
        end = b""
        if self.count > 0xFFFF:
            here = at + len(directory)
            end = b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, self.count, self.count, len(directory), at)
            end += b"PK\6\7" + struct.pack("<IQI", 0, here, 1)
        end += b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), at, 0)
        return self.body.getvalue() + directory + end


def deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def workbook_shell() -> Zip:
    made = Zip()
    made.add_text("_rels/.rels", PACKAGE)
    made.add_text("xl/workbook.xml", WORKBOOK)
    made.add_text("xl/_rels/workbook.xml.rels", RELATIONS)
    return made


def zip_bomb() -> bytes:
    made = Zip()
    made.add_repeated("prices.csv", "code,model\n", "0" * MILLION, "\n", times=500)
    return made.bytes()


def nested_zip() -> bytes:
    inner = zip_bomb()
    for level in range(3):
        made = Zip()
        for number in range(10):
            made.add(f"{level}{number}.zip", deflated(inner), size=len(inner), crc=zlib.crc32(inner))
        inner = made.bytes()
    return inner


def unpacking_sheet() -> bytes:
    made = workbook_shell()
    row = '<row><c t="inlineStr"><is><t>0</t></is></c></row>' * 20_000
    made.add_repeated("xl/worksheets/sheet1.xml", SMALL[:-24], row, "</sheetData></worksheet>", times=500)
    return made.bytes()


def unpacking_strings() -> bytes:
    made = workbook_shell()
    made.add_text("xl/worksheets/sheet1.xml", SMALL)
    made.add_repeated("xl/sharedStrings.xml", f"<sst {MAIN}>", "<si><t>0</t></si>" * 50_000, "</sst>", times=500)
    return made.bytes()


def lying_strings() -> bytes:
    """It says that it unpacks to 1 MB, and unpacks to 500."""
    made = workbook_shell()
    made.add_text("xl/worksheets/sheet1.xml", SMALL)
    block = "<si><t>0</t></si>" * 60_000
    made.add_repeated("xl/sharedStrings.xml", f"<sst {MAIN}>", block, "</sst>", times=500, told=MILLION)
    return made.bytes()


def many_members() -> bytes:
    made = Zip()
    for number in range(300_000):
        made.add(f"{number}", b"", size=0, crc=0)
    return made.bytes()


def far_cell() -> bytes:
    return workbook(SMALL.replace('r="A2"', 'r="XFD1048576"'))


def hidden_far_cell() -> bytes:
    """The sheet with the far cell is named like a picture, in a second workbook to which the package points."""
    made = Zip()
    made.add_text("_rels/.rels", PACKAGE.replace("xl/workbook.xml", "b/workbook.xml"))
    for folder, part in (("xl", "worksheets/sheet1.xml"), ("b", "sheet.png")):
        made.add_text(f"{folder}/workbook.xml", WORKBOOK)
        made.add_text(f"{folder}/_rels/workbook.xml.rels", RELATIONS.replace("worksheets/sheet1.xml", part))
    made.add_text("xl/worksheets/sheet1.xml", SMALL)
    made.add_text("b/sheet.png", SMALL.replace('r="A2"', 'r="XFD1048576"'))
    return made.bytes()


def long_shared_string() -> bytes:
    """One text of 30 kB that 60,000 cells name."""
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 60_001))
    return workbook(sheet(rows), strings(f"<si><t>{'0' * 30_000}</t></si>"))


def long_attribute() -> bytes:
    made = workbook_shell()
    made.add_repeated("xl/worksheets/sheet1.xml", '<worksheet a="', "0" * MILLION, '"/>', times=19)
    return made.bytes()


def laughing_strings() -> bytes:
    return workbook(strings=LAUGHS + strings("<si><t>&l9;</t></si>"))


def laughing_sheet() -> bytes:
    return workbook(LAUGHS + SMALL.replace("code", "&l9;"))


def laughing_workbook() -> bytes:
    return workbook(workbook=LAUGHS + WORKBOOK.replace('"S"', '"&l9;"'))


def outer_entity() -> bytes:
    reads = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    return workbook(strings=reads + strings("<si><t>&x;</t></si>"))


def million_columns() -> bytes:
    return b",".join(b"c%d" % number for number in range(MILLION)) + b"\n" + b"," * (MILLION - 1) + b"\n"


def million_cells_in_rows() -> bytes:
    return b"code,model\n" + (b"," * MILLION + b"1\n") * 20


def quoted_line() -> bytes:
    """A quote that is never closed over lines without end."""
    return b'code,model\n"' + b"1,2\n" * 5_000_000


def gzipped() -> bytes:
    return gzip.compress(b"code,model\n" + b"0" * 10 * MILLION, mtime=0)


def empty_zip() -> bytes:
    return Zip().bytes()


GIGABYTE = 1_000_000_000


def lengthen(path: Path) -> None:
    """Make a file one of 1 GB, most of it a hole: a line of zeros follows what it has."""
    with path.open("r+b") as file:
        file.truncate(GIGABYTE)


BOMBS: dict[str, Callable[[], bytes]] = {
    made.__name__: made
    for made in (
        zip_bomb, nested_zip, empty_zip, gzipped, many_members, unpacking_sheet, unpacking_strings, lying_strings,
        far_cell, hidden_far_cell, long_shared_string, long_attribute, laughing_strings, laughing_sheet,
        laughing_workbook, outer_entity, million_columns, million_cells_in_rows, quoted_line,
    )
}  # fmt: skip
