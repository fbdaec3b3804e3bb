"""What PostgreSQL is asked for one request. Two requests that ask it the same take the same time but for noise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import psycopg
from django.db import connection

GENERATED = re.compile(r'"s\d+_x\d+"')  # savepoints are numbered

Statement = tuple[str, int]  # its text, with places for its values, and the rows that it found or touched


@contextmanager
def watched() -> Iterator[list[Statement]]:
    """The statements of the block, in order, COPY among them. Not those that other threads send."""
    found: list[Statement] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        rows = -1
        try:
            result = execute(sql, params, many, context)
            rows = context["cursor"].rowcount
            return result
        finally:
            found.append((GENERATED.sub("savepoint", sql), rows))

    real = psycopg.Cursor.copy

    def copy(self: Any, statement: Any, *args: Any, **kwargs: Any) -> Any:
        found.append((str(statement), -1))
        return real(self, statement, *args, **kwargs)

    composed, executed = psycopg.ClientCursor.mogrify, psycopg.Cursor.execute

    def mogrify(self: Any, statement: Any, *args: Any, **kwargs: Any) -> Any:
        found.append((str(statement), -1))  # how copy_out begins
        return composed(self, statement, *args, **kwargs)

    def execute(self: Any, statement: Any, *args: Any, **kwargs: Any) -> Any:
        if type(self) is psycopg.Cursor:  # how copy_value asks; Django's own cursors come through `note`
            found.append((str(statement), -1))
        return executed(self, statement, *args, **kwargs)

    with (
        connection.execute_wrapper(note),
        patch.object(psycopg.Cursor, "copy", copy),
        patch.object(psycopg.ClientCursor, "mogrify", mogrify),
        patch.object(psycopg.Cursor, "execute", execute),
    ):
        yield found


def difference(ours: list[Statement], others: list[Statement]) -> str:
    """Where two lists of statements part, in words; nothing if they are equal."""
    for number, (one, other) in enumerate(zip(ours, others, strict=False)):
        if one != other:
            return f"statement {number + 1} is {one}, not {other}"
    if len(ours) != len(others):
        longer = max(ours, others, key=len)
        return f"{len(ours)} statements, not {len(others)}: one side also asks {longer[min(len(ours), len(others))]}"
    return ""
