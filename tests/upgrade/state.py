"""What must survive an upgrade: every column that there was with its values, and what the main reads answer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from ridley.config import manifest

FOLDER = Path(__file__).parent
# Django keeps these three equal to the code by itself, so an upgrade adds to them.
DJANGOS_OWN = {"django_migrations", "django_content_type", "auth_permission"}
COLUMNS = """
SELECT attname::text FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attname
"""
KEY = """
SELECT a.attname::text FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
WHERE i.indrelid = %s::regclass AND i.indisprimary ORDER BY a.attname
"""
ROWS = """
SELECT count(*), coalesce(sum(('x' || left(hash, 16))::bit(64)::bigint), 0)
FROM (SELECT encode(sha256(convert_to(ROW({columns})::text, 'UTF8')), 'hex') AS hash FROM {table}) hashes
"""


@dataclass(frozen=True)
class Kept:
    """The state that a fixture was made from. `tables`: name -> rows, and a digest for each column."""

    version: str
    migrations: dict[str, list[str]]
    tables: dict[str, dict[str, Any]]
    reads: dict[str, Any]

    def write(self) -> None:
        (FOLDER / f"ridley-{self.version}.json").write_text(json.dumps(asdict(self), indent=1) + "\n")

    @property
    def dump(self) -> Path:
        return FOLDER / f"ridley-{self.version}.dump"


def kept_states() -> dict[str, Kept]:
    """Every state that a fixture was kept of, by version."""
    found = [Kept(**json.loads(path.read_text())) for path in sorted(FOLDER.glob("ridley-*.json"))]
    return {each.version: each for each in found}


def describe(connection: psycopg.Connection[Any]) -> dict[str, dict[str, Any]]:
    """Rows of each table, and of each column a digest of its values, each beside the key of its row."""
    found = {}
    for table in manifest.table_names(connection):
        if table not in DJANGOS_OWN:
            columns = [name for (name,) in connection.execute(COLUMNS, [f'"{table}"'])]
            key = [name for (name,) in connection.execute(KEY, [f'"{table}"'])]
            found[table] = describe_table(connection, table, columns, key)
    return found


def describe_table(
    connection: psycopg.Connection[Any], table: str, columns: list[str], key: list[str]
) -> dict[str, Any]:
    digests, rows = {}, 0
    for column in columns:
        names = sql.SQL(", ").join(map(sql.Identifier, [*key, column]))
        query = sql.SQL(ROWS).format(columns=names, table=sql.Identifier(table))
        rows, total = connection.execute(query).fetchone() or (0, 0)
        digests[column] = f"{int(total) % 2**64:016x}"
    return {"rows": rows, "columns": digests}


def losses(then: Mapping[str, dict[str, Any]], now: Mapping[str, dict[str, Any]]) -> list[str]:
    """What was there and is not, or is another, a line each. New tables and new columns are no loss."""
    found = []
    for table, was in then.items():
        if table not in now:
            found.append(f"{table} is gone, with {was['rows']} rows")
            continue
        if now[table]["rows"] != was["rows"]:
            found.append(f"{table} has {now[table]['rows']} rows instead of {was['rows']}")
            continue  # every column differs then
        for column, digest in was["columns"].items():
            if column not in now[table]["columns"]:
                found.append(f"{table}.{column} is gone")
            elif now[table]["columns"][column] != digest:
                found.append(f"{table}.{column} has other values")
    return found


def differences(wanted: Any, got: Any, where: str) -> Iterator[str]:
    """Where an answer is not what it was. What an answer has in addition is no difference."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        for name, value in wanted.items():
            yield from differences(value, got.get(name), f"{where}.{name}")
    elif isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        for number, value in enumerate(wanted):
            yield from differences(value, got[number], f"{where}.{number}")
    elif wanted != got:
        yield f"{where}: {got!r} instead of {wanted!r}"
