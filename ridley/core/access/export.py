"""Any list as CSV or NDJSON, streamed: memory does not grow with the rows."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from rest_framework.utils.encoders import JSONEncoder

from ridley.core.access.door import opened
from ridley.core.access.scope import Scope

FORMATS = {"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson"}
CHUNK = 2000
NUMBER = re.compile(r"^[+-]?\d[\d.,]*(?:[eE][+-]?\d+)?%?$")


class ScopedStream(StreamingHttpResponse):
    """A stream that opens its own scope, since the request's transaction has ended when it is sent."""


def export(
    scope: Scope,
    rows: QuerySet,
    to_dict: Callable[[Any], dict[str, Any]],
    format: str,
    name: str,
    *,
    columns: list[str],
) -> ScopedStream:
    """All rows of the query. `to_dict` shows one, with these columns; nested values become JSON in a CSV cell."""
    return streamed(in_scope(scope, rows, to_dict), format, name, columns=columns)


def streamed(found: Iterator[dict[str, Any]], format: str, name: str, *, columns: list[str]) -> ScopedStream:
    """Rows as a file. What reads the database on the way opens its own scope."""
    lines = csv_lines(found, columns) if format == "csv" else ndjson_lines(found)
    response = ScopedStream(lines, content_type=FORMATS[format])
    response["Content-Disposition"] = f'attachment; filename="{name}.{format}"'
    return response


def in_scope(scope: Scope, rows: QuerySet, to_dict: Callable[[Any], dict[str, Any]]) -> Iterator[dict[str, Any]]:
    with opened(scope):
        for row in rows.iterator(chunk_size=CHUNK):
            yield to_dict(row)


def ndjson_lines(rows: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    for row in rows:
        yield json.dumps(row, cls=JSONEncoder, ensure_ascii=False).encode() + b"\n"


def csv_lines(rows: Iterator[dict[str, Any]], columns: list[str]) -> Iterator[bytes]:
    """A header, also over no rows, and a line for each row."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([cell(row[column]) for column in columns])
        if buffer.tell() > 64_000:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def cell(value: Any) -> str:
    """A value as a spreadsheet may open it: what it would run as a formula gets a quote before it; numbers do not."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, cls=JSONEncoder, ensure_ascii=False).strip('"')
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") and not NUMBER.match(text) else text
