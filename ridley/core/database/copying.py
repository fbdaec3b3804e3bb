"""PostgreSQL's COPY on Django's connection, inside its transaction. Walled tables allow COPY ... TO and refuse FROM."""

from __future__ import annotations

import io
import select
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from django.db import connection
from psycopg import ClientCursor, Cursor, errors, pq

if TYPE_CHECKING:
    import polars as pl


def copy_out(query: str, values: Sequence[object] | Mapping[str, object]) -> bytes:
    """The answer of a SELECT as CSV without a header. Null is nothing, an empty text is a pair of quotes.

    Straight from libpq: the driver's own loop costs 2 microseconds a row, which is as much as all else together.
    """
    buffer = io.BytesIO()
    connection.ensure_connection()
    raw = connection.connection
    with connection.wrap_database_errors:  # as of any other statement, so that whoever handles Django's sees them
        # the driver's own cursors from here on: Django's debugging cursor takes no values in a COPY
        statement = ClientCursor(raw).mogrify(f"COPY ({query}) TO STDOUT (FORMAT csv)", values)
        with raw.cursor() as cursor:
            cursor.execute("SELECT")  # lets the driver begin a transaction if one is due
        with raw.lock:
            begun = raw.pgconn.exec_(statement.encode(raw.info.encoding))
            if begun.status != pq.ExecStatus.COPY_OUT:
                raise errors.error_from_result(begun, encoding=raw.info.encoding)
            try:
                failed = read_all(raw.pgconn, buffer)
            except BaseException:
                raw.close()  # in the middle of an answer it can be asked nothing else
                raise
        if failed is not None:
            raise errors.error_from_result(failed, encoding=raw.info.encoding)
    return buffer.getvalue()


def copy_frame(query: str, values: Sequence[object], schema: Mapping[str, type[pl.DataType]]) -> pl.DataFrame:
    """The answer of a SELECT as a frame with these columns.

    Its first column must be a number: at the beginning of what it reads, polars takes U+FEFF for a mark of the encoding
    and drops it.
    """
    import polars as pl

    found = copy_out(query, values)
    if not found:
        return pl.DataFrame(schema=dict(schema))
    return pl.read_csv(found, has_header=False, schema=dict(schema), empty_string_is_null=False)


def copy_value(query: str, values: Sequence[object]) -> bytes:
    """The one bytea that a SELECT answers, unescaped; empty if it is null."""
    connection.ensure_connection()
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor:  # Django's know no binary answers
        row = cursor.execute(query, values, binary=True).fetchone()
    return bytes(row[0]) if row is not None and row[0] is not None else b""


def read_all(server: pq.abc.PGconn, buffer: io.BytesIO) -> pq.abc.PGresult | None:
    """Read the rest of an answer; the result that says why it broke off, if it did."""
    waiting = select.poll()  # not select.select, which knows no socket of a number above 1023
    waiting.register(server.socket, select.POLLIN)
    while (got := server.get_copy_data(1))[0] >= 0:
        size, row = got
        if size:
            buffer.write(row)
        else:  # nothing has come yet
            waiting.poll()
            server.consume_input()
    failed = None
    while (ended := server.get_result()) is not None:
        failed = ended if ended.status != pq.ExecStatus.COMMAND_OK else failed
    return failed


def copy_in(table: str, content: memoryview | bytes, *, null: str) -> None:
    """Fill a table from CSV without a header; an unquoted `null` is null."""
    connection.ensure_connection()
    statement = f"COPY {table} FROM STDIN (FORMAT csv, NULL '{null}')"
    with connection.wrap_database_errors, connection.connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(content)
