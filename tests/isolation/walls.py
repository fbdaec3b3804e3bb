"""Taking one of the two walls away: the filter that every query writes, or the policy of every table."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg
from django.conf import settings
from django.db import connection

from tests.isolation.checks import tenant_tables

COLUMN = r'(?:"?\w+"?\.)"?tenant_id"?'
# The ORM names the table before the column in a condition, and never where it writes the column.
CONDITION = re.compile(rf"({COLUMN} = (?:%s|%\(\w+\)s|\(?{COLUMN}\)?))|((?<=WHERE )|(?<=AND ))(tenant_id = %s)")


def without_filters(sql: str) -> str:
    """The statement with every `tenant_id = ...` of its conditions made true of all rows."""
    return CONDITION.sub(lambda found: f"({found[0]} OR true)", sql)


@contextmanager
def filters_forgotten() -> Iterator[list[str]]:
    """No query asks whose rows it reads, neither the ORM's nor those in SQL. The block gets what was changed."""
    changed: list[str] = []

    def forget(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        return execute(forgetful(sql), params, many, context)

    def forgetful(sql: str) -> str:
        rewritten = without_filters(sql)
        if rewritten != sql:
            changed.append(sql)
        return rewritten

    real = psycopg.Cursor.copy

    def copy(self: Any, statement: Any, *args: Any, **kwargs: Any) -> Any:
        return real(self, forgetful(str(statement)), *args, **kwargs)

    with connection.execute_wrapper(forget), patch.object(psycopg.Cursor, "copy", copy):
        yield changed


@contextmanager
def policies_off(owner: psycopg.Connection[Any]) -> Iterator[None]:
    """Every table of tenants shows all its rows to the app role."""
    tables = tenant_tables(owner)
    for name in tables:
        owner.execute(f'ALTER TABLE "{name}" DISABLE ROW LEVEL SECURITY')
    try:
        yield
    finally:
        for name in tables:
            owner.execute(f'ALTER TABLE "{name}" ENABLE ROW LEVEL SECURITY')


@contextmanager
def incoming_kept(folder: Path) -> Iterator[None]:
    """What the block does to files that are on their way is taken back after it, as a rollback does for rows."""
    shutil.copytree(settings.INCOMING, folder)
    yield
    shutil.rmtree(settings.INCOMING)
    shutil.copytree(folder, settings.INCOMING)
