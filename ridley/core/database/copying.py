"""PostgreSQL's COPY on Django's connection, inside its transaction. Walled tables allow COPY ... TO and refuse FROM."""

from __future__ import annotations

import io
from collections.abc import Sequence

from django.db import connection


def copy_out(select: str, values: Sequence[object]) -> bytes:
    """The answer of a SELECT as CSV without a header. Null is nothing, an empty text is a pair of quotes."""
    buffer = io.BytesIO()
    connection.ensure_connection()
    # the driver's own cursor: Django's debugging cursor takes no values here
    with (
        connection.connection.cursor() as cursor,
        cursor.copy(f"COPY ({select}) TO STDOUT (FORMAT csv)", values) as copy,
    ):
        for piece in copy:
            buffer.write(piece)
    return buffer.getvalue()


def copy_in(table: str, content: memoryview | bytes, *, null: str) -> None:
    """Fill a table from CSV without a header; an unquoted `null` is null."""
    connection.ensure_connection()
    statement = f"COPY {table} FROM STDIN (FORMAT csv, NULL '{null}')"
    with connection.connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(content)
