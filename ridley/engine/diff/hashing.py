"""Pinned hashes of a row's content, and keys as text: what the database stores to find what changed.

The hash of version 1: for each column whose cell is not null, in the order of the names' code points,

    <bytes of name>:<name><bytes of value>:<value>

joined without anything between, in UTF-8; xxh3_64 of that, as a signed 64-bit integer. The lengths make the encoding
injective: no two different records are encoded alike. A null cell is as if the column were absent; "" is a value.
Stored hashes are compared only with hashes of the same version; changing one byte of this needs a new HASH_VERSION.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ..errors import BadColumn, BadKey

if TYPE_CHECKING:
    import polars as pl

HASH_VERSION = 1

_SLICE = 100_000  # rows encoded at a time, to bound memory
_NULL = "\\0"  # a null part of a composite key


def row_hashes(frame: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    """The hash of each row over `columns`, Int64, independent of the order of columns. 1M x 10 takes 1.2 CPU s."""
    import polars as pl
    from xxhash import xxh3_64_intdigest as digest

    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise BadColumn(f"The column {missing[0]!r} is not in the table; it has {frame.columns}.", column=missing[0])
    parts = [pl.Series("hash", [], dtype=pl.Int64)]
    for texts in _encoded(frame, sorted(set(columns))):
        hashes = pl.Series("hash", [digest(text) for text in texts], dtype=pl.UInt64)
        parts.append(hashes.reinterpret(signed=True))
    return pl.concat(parts)


def record_hash(record: Mapping[str, str | None]) -> int:
    """The hash of one record: what `row_hashes` gives for a row with these cells."""
    from xxhash import xxh3_64_intdigest

    encoded = b""
    for name in sorted(record):
        value = record[name]
        if value is not None:
            for text in (name, value):
                data = text.encode()
                encoded += b"%d:%b" % (len(data), data)
    unsigned: int = xxh3_64_intdigest(encoded)
    return unsigned - (1 << 64) if unsigned >= 1 << 63 else unsigned


def _encoded(frame: pl.DataFrame, columns: Sequence[str]) -> Iterator[list[bytes]]:
    """The encoded rows, as bytes, a slice at a time."""
    import polars as pl

    expressions: list[pl.Expr] = []
    for column in columns:
        cell = pl.col(column)
        before = pl.lit(f"{len(column.encode())}:{column}")
        parts = [before, cell.str.len_bytes().cast(pl.String), pl.lit(":"), cell]
        # A null in any part makes the whole cell null, and it is left out below.
        expressions.extend([pl.concat_str(parts)] if frame[column].null_count() else parts)
    if not expressions:
        yield [b""] * frame.height
        return
    row = pl.concat_str(expressions, ignore_nulls=True).cast(pl.Binary)
    for start in range(0, frame.height, _SLICE):
        yield frame.slice(start, _SLICE).select(row.alias("row")).to_series().to_list()


def key_text(frame: pl.DataFrame, key: Sequence[str]) -> pl.Series:
    """Each row's key as one text, different for different keys; `split_key` is its inverse.

    A key of one column is that column's value. A key of several is their values joined by "|", with "\\" before every
    "|" and "\\" of a value, and "\\0" for a null.
    """
    import polars as pl

    missing = [column for column in key if column not in frame.columns]
    if missing or not key:
        raise BadKey(f"Got the key {list(key)}; wanted columns of {frame.columns}.", key=list(key))
    if len(key) == 1:
        return frame[key[0]].alias("key")
    parts = [_escaped(frame[column]).alias(str(index)) for index, column in enumerate(key)]
    return pl.DataFrame(parts).select(pl.concat_str(pl.all(), separator="|").alias("key")).to_series()


def _escaped(values: pl.Series) -> pl.Series:
    escaped = values.str.replace_all("\\", "\\\\", literal=True).str.replace_all("|", "\\|", literal=True)
    return escaped.fill_null(_NULL)


def split_key(text: str, columns: int) -> list[str | None]:
    """The values of a key that `key_text` wrote from that many columns."""
    if columns == 1:
        return [text]
    parts: list[str | None] = []
    part, at = "", 0
    is_null = False
    while at <= len(text):
        if at == len(text) or text[at] == "|":
            parts.append(None if is_null else part)
            part, is_null = "", False
        elif text[at] == "\\":
            at += 1
            is_null = text[at : at + 1] == "0"
            part += text[at : at + 1]
        else:
            part += text[at]
        at += 1
    if len(parts) != columns:
        raise BadKey(f"Got the key {text!r}, which has {len(parts)} parts; wanted {columns}.", value=text)
    return parts
