"""Which encoding a text file is in, and what its bytes hold that decides how it can be parsed."""

from __future__ import annotations

import codecs
import io
import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ..errors import BadFile, BadOption, EngineError
from .budget import Budget

_CHUNK = 1 << 18
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass(frozen=True, slots=True)
class Source:
    """A text file as UTF-8: either the file itself, or its transcoded bytes. Neither begins with a byte order mark
    except the file itself, whose mark has `bom_bytes` bytes."""

    path: Path
    encoding: str
    bom: bool
    transcoded: bytes | None
    facts: Facts

    @property
    def bom_bytes(self) -> int:
        return len(codecs.BOM_UTF8) if self.bom and self.transcoded is None else 0

    def open(self) -> BinaryIO:
        """The UTF-8 bytes, after the byte order mark."""
        if self.transcoded is not None:
            return io.BytesIO(self.transcoded)
        stream = self.path.open("rb")
        stream.seek(self.bom_bytes)
        return stream


@dataclass(frozen=True, slots=True)
class Facts:
    """Counts over the UTF-8 bytes; `lone_returns` are carriage returns without a line feed."""

    size: int
    quotes: int
    returns: int
    lone_returns: int
    nuls: int


def open_source(path: Path, encoding: str | None = None, *, name: str | None = None) -> Source:
    """Find the encoding (or take the given one) and make the text readable as UTF-8.

    In order: the byte order mark; UTF-16 without a mark if nearly every other byte is zero; UTF-8 if all bytes are
    valid; else Windows-1252. Raises BadFile if the bytes are not valid in the encoding found, BadOption if in the one
    given.
    """
    with path.open("rb") as stream:
        head = stream.read(4096)
    marked = next((name for bom, name in _BOMS if head.startswith(bom)), None)
    chosen = _known(encoding) if encoding else marked or _utf16_by_zeros(head)
    if chosen == "utf-16" and marked in ("utf-16-le", "utf-16-be"):
        chosen = marked
    if chosen in (None, "utf-8"):
        facts = _utf8_facts(path)
        if facts is not None:
            return Source(path, "utf-8", marked == "utf-8", None, facts)
        chosen = chosen or "cp1252"
    transcoded = _transcode(path, chosen, name or path.name, kind=BadOption if encoding else BadFile)
    has_mark = marked is not None and marked == chosen
    return Source(path, chosen, has_mark, transcoded, _bytes_facts(io.BytesIO(transcoded)))


def require_short_lines(path: Path, *, name: str, budget: Budget) -> None:
    """Raise OverBudget if a line has more bytes than allowed, in whatever encoding: a reader takes a line whole.

    It looks backwards from where the next line end must be, so it touches little of an ordinary file.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        start, most = 0, budget.line_bytes
        while start + most < len(data):
            end = max(data.rfind(b"\n", start, start + most + 1), data.rfind(b"\r", start, start + most + 1))
            if end < 0:
                budget.check("line_bytes", most + 1, name)
            start = end + 1


def _known(encoding: str) -> str:
    try:
        name = codecs.lookup(encoding).name
        return {"utf-8-sig": "utf-8", "ascii": "utf-8"}.get(name, name)
    except LookupError:
        raise BadOption(f"Got the encoding {encoding!r}, which Python does not know.", got=encoding) from None


def _utf16_by_zeros(head: bytes) -> str | None:
    """ASCII text in UTF-16 has a zero in every other byte; nothing else that is a table does."""
    pairs = len(head) // 2
    if pairs < 2:
        return None
    even, odd = head[0 : pairs * 2 : 2].count(0), head[1 : pairs * 2 : 2].count(0)
    if odd > 0.4 * pairs and even < 0.05 * pairs:
        return "utf-16-le"
    if even > 0.4 * pairs and odd < 0.05 * pairs:
        return "utf-16-be"
    return None


def _transcode(path: Path, encoding: str, name: str, *, kind: type[EngineError]) -> bytes:
    data = path.read_bytes()
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise kind(
            f"{name} has the byte 0x{data[error.start]:02X} at offset {error.start}, which is not valid {encoding}"
            "; wanted UTF-8, UTF-16 or Windows-1252 text, or the name of its encoding.",
            offset=error.start,
            encoding=encoding,
        ) from None
    return text.removeprefix("\ufeff").encode()


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    while chunk := stream.read(_CHUNK):
        yield chunk


def _utf8_facts(path: Path) -> Facts | None:
    """The facts if all bytes are valid UTF-8, else None. The byte order mark is not counted."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as stream:
        if stream.read(3) != codecs.BOM_UTF8:
            stream.seek(0)
        try:
            facts = _bytes_facts(stream, decoder)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return None
    return facts


def _bytes_facts(stream: BinaryIO, decoder: codecs.IncrementalDecoder | None = None) -> Facts:
    size = quotes = returns = pairs = nuls = 0
    ended_with_return = False
    for chunk in _chunks(stream):
        if decoder is not None and not (chunk.isascii() and decoder.getstate()[0] == b""):
            decoder.decode(chunk)
        size += len(chunk)
        # `in` is many times faster than `count`, and most chunks have none of these.
        quotes += chunk.count(b'"') if b'"' in chunk else 0
        nuls += chunk.count(b"\0") if b"\0" in chunk else 0
        if b"\r" in chunk:
            returns += chunk.count(b"\r")
            pairs += chunk.count(b"\r\n")
        pairs += ended_with_return and chunk.startswith(b"\n")
        ended_with_return = chunk.endswith(b"\r")
    return Facts(size, quotes, returns, returns - pairs, nuls)
