"""Any list as CSV or NDJSON, streamed: memory does not grow with the rows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from rest_framework.utils.encoders import JSONEncoder

from ridley.core.access.door import opened
from ridley.core.access.scope import Scope
from ridley.engine.spreadsheet import marked

FORMATS = {"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson"}
CHUNK = 2000
PIECE = 64_000
# A cell with what is a delimiter somewhere is quoted, or a program that cuts at it would see a cell that we did not
# mark; and a reader could take it for the delimiter.
QUOTED = re.compile(r'[,;|\t"\r\n]')


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
    lines, size = [line(columns)], 0
    for row in rows:
        lines.append(line([row[column] for column in columns]))
        size += len(lines[-1])
        if size > PIECE:
            yield "".join(lines).encode()
            lines, size = [], 0
    yield "".join(lines).encode()


def line(values: list[Any]) -> str:
    cells = [cell(value) for value in values]
    quoted = ['"' + text.replace('"', '""') + '"' if QUOTED.search(text) else text for text in cells]
    # a line of one empty cell would be a blank line
    return (",".join(quoted) if quoted != [""] else '""') + "\r\n"


def cell(value: Any) -> str:
    """A value as a spreadsheet may open it: what it would run gets a mark, which reading an upload takes off again."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, cls=JSONEncoder, ensure_ascii=False).strip('"')
    return marked(text)
