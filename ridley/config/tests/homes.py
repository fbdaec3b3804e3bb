"""Installations to back up and restore into, each with an embedded server of its own, and what is true of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from ridley.cli import main
from ridley.config import manifest
from ridley.config.addresses import Addresses, start_embedded
from ridley.config.state import State
from ridley.core.database.embedded import Server

CONTENT = {"prices.csv": b"code,price\nA1,10\n", "hospitals.csv": b"code,city\nH1,Puri\n"}
DATA = """
WITH t AS (SELECT id FROM tenants_tenant WHERE key = %(tenant)s),
d AS (INSERT INTO assistant_dataset (tenant_id, version, updated_at, key, name, fields, key_fields)
      SELECT id, 1, now(), 'prices', 'Prices', '[]', '["code"]' FROM t RETURNING id, tenant_id),
b AS (INSERT INTO assistant_table (tenant_id, version, updated_at, name, feed, four_eyes, grouping_field, profile,
          hash_version, revision, row_count, dataset_id)
      SELECT tenant_id, 1, now(), 'Prices', 'snapshot', false, '', '{}', 1, 1, 500, id FROM d RETURNING id, tenant_id),
r AS (INSERT INTO assistant_row (tenant_id, table_id, key, data, hash, version, live, since, mapping)
      SELECT tenant_id, b.id, 'A' || n, jsonb_build_object('code', 'A' || n, 'price', n), n, 2, true, now(), 'new'
      FROM b, generate_series(1, 500) n RETURNING id, tenant_id, table_id, key)
INSERT INTO assistant_rowversion (tenant_id, table_id, row_id, key, data, version, live, since, until)
SELECT tenant_id, table_id, id, key, '{"price": "old"}', 1, true, now() - interval '1 day', now() FROM r
"""
EVENT = """
INSERT INTO audit_event (tenant_id, kind, subject_type, subject_id, data, reason, request_id)
SELECT id, 'test.happened', 'x', '1', '{}', '', '-' FROM tenants_tenant, generate_series(1, %(count)s)
"""
UPLOAD = """
INSERT INTO files_upload (tenant_id, name, media_type, size, "offset", state, sha256, storage_name, expires_at,
    completed_at)
SELECT id, %(name)s, 'text/csv', %(size)s, %(size)s, 'complete', %(sha256)s, %(stored)s, now(), now()
FROM tenants_tenant WHERE key = 'puri-brokers'
"""


@dataclass
class Home:
    """One installation's folder, with its embedded server up."""

    state: State
    addresses: Addresses

    @property
    def path(self) -> str:
        return str(self.state.home)

    def sql(self, query: str, values: dict | None = None) -> list[tuple]:
        with psycopg.connect(self.addresses.owner) as connection:
            cursor = connection.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    def files(self) -> dict[str, bytes]:
        root = self.state.storage
        return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}

    def tables(self) -> dict[str, dict]:
        with psycopg.connect(self.addresses.owner, autocommit=True) as connection:
            manifest.begin_snapshot(connection)
            return {name: manifest.describe_table(connection, name) for name in manifest.table_names(connection)}

    def databases(self) -> set[str]:
        return {name for (name,) in self.sql("SELECT datname FROM pg_database WHERE NOT datistemplate")}


def made_home(folder: Path) -> Home:
    Server(folder, durable=False).start()
    state = State(folder)
    return Home(state, start_embedded(state))


def rewrite(folder: Path, **changes: object) -> None:
    found = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**found, **changes}))


def refused(capsys: pytest.CaptureFixture[str], folder: Path, home: Path, code: int) -> str:
    assert main(["restore", str(folder), "--home", str(home)]) == code
    return capsys.readouterr().err


def is_walled(app: str) -> bool:
    """The app role sees one tenant's rows, only adds to events and history, and gets new numbers for them."""
    with psycopg.connect(app, autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM audit_event").fetchone() == (0,)
        tenants = dict(connection.execute("SELECT key, id FROM tenants_tenant").fetchall())
        connection.execute("SELECT set_config('app.tenant_id', %s, false)", [str(tenants["not-theirs"])])
        assert connection.execute("SELECT count(*) FROM audit_event").fetchone() == (20,)
        assert connection.execute("SELECT count(*) FROM assistant_row").fetchone() == (0,)
        for table, change in (("audit_event", "kind = 'x.x'"), ("assistant_rowversion", "version = 9")):
            for statement in (f"UPDATE {table} SET {change}", f"DELETE FROM {table}", f"TRUNCATE {table}"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement)
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            connection.execute(EVENT, {"count": 1})  # one for each tenant, and one is not ours
        with connection.transaction(force_rollback=True):
            connection.execute(EVENT.replace("series(1, %(count)s)", "series(1, 1) WHERE key = 'not-theirs'"))
    return True
