"""Pinned hashes of a row's content, and keys as text: what the database stores to find what changed.

The hash of version 1: for each column whose cell is not null, in the order of the names' code points,

    <bytes of name>:<name><bytes of value>:<value>

joined without anything between, in UTF-8; xxh3_64 of that, as a signed 64-bit integer. The lengths make the encoding
injective: no two different records are encoded alike. A null cell is as if the column were absent; "" is a value.
Stored hashes are compared only with hashes of the same version; changing one byte of this needs a new HASH_VERSION.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..errors import BadColumn, BadKey

if TYPE_CHECKING:
    import polars as pl

HASH_VERSION = 1

_SLICE = 100_000  # rows encoded at a time, to bound memory
_LONGEST_LISTED = 10_000  # bytes
_NULL = "\\0"  # a null part of a composite key


def row_hashes(frame: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    """The hash of each row over `columns`, Int64, independent of the order of columns: as `record_hash` of each."""
    import polars as pl
    import polars_hash

    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise BadColumn(f"The column {missing[0]!r} is not in the table; it has {frame.columns}.", column=missing[0])
    encoded = _encoded(frame, sorted(set(columns)))
    parts = [pl.Series("hash", [], dtype=pl.Int64)]
    for start in range(0, frame.height, _SLICE):
        rows = frame.slice(start, _SLICE).select(encoded.alias("hash"))
        hashes = rows.select(polars_hash.col("hash").nchash.xxh3_64()).to_series()
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


def _encoded(frame: pl.DataFrame, columns: Sequence[str]) -> pl.Expr:
    """Each row encoded, as text."""
    import polars as pl

    expressions: list[pl.Expr] = []
    for column in columns:
        parts = [_before(frame[column]), pl.col(column)]
        # A null in any part makes the whole cell null, and it is left out below.
        expressions.extend([pl.concat_str(parts)] if frame[column].null_count() else parts)
    if not expressions:
        return pl.repeat("", pl.len(), dtype=pl.String)
    return pl.concat_str(expressions, ignore_nulls=True)


def _before(cells: pl.Series) -> pl.Expr:
    """What stands before each value of a column: the name, and the value's length in bytes.

    Looked up by the length: that halves the time of writing each length anew. (A very long cell is not worth a list.)
    """
    import polars as pl

    name = f"{len(cells.name.encode())}:{cells.name}"
    length = pl.col(cells.name).str.len_bytes()
    longest = int(cells.str.len_bytes().max() or 0)  # type: ignore[arg-type]
    if longest > _LONGEST_LISTED:
        return pl.concat_str(pl.lit(name), length.cast(pl.String), pl.lit(":"))
    listed = pl.select(pl.concat_str(pl.lit(name), pl.int_range(longest + 1).cast(pl.String), pl.lit(":"))).to_series()
    return pl.lit(listed).gather(length)


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
