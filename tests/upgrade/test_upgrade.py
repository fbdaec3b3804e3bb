"""Every state that was kept migrates to the present: nothing lost, the wall whole, the reads answering as they did."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from ridley.config import manifest
from ridley.config.dumping import find_tools, restore_database
from ridley.config.restore import clear_default_rights
from tests.isolation.test_catalog import complaints
from tests.live import Live, database, environment, run, serving
from tests.upgrade.reads import answers, let_in
from tests.upgrade.state import Kept, describe, differences, kept_states, losses

pytestmark = pytest.mark.slow
KEPT = kept_states()
PASSWORD = "known-to-this-test"
# What a later state changed on purpose: a line that `losses` or `differences` tells, and why it is right.
ON_PURPOSE: dict[str, str] = {
    "account_emailaddress has 11 rows instead of 0": "every person's address is confirmed now, as an admin gave it",
}
# The shape of everything, whoever made it: what a fresh installation has, an upgraded one has.
# Of a CHECK only the name: PostgreSQL writes a list of texts in another way once it was dumped.
SHAPE = """
SELECT format('column %s.%s %s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
    pg_get_expr(d.adbin, d.adrelid))
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL SELECT format('index %s', pg_get_indexdef(indexrelid)) FROM pg_index JOIN pg_class c ON c.oid = indexrelid
WHERE c.relnamespace = 'public'::regnamespace
UNION ALL SELECT format('constraint %s %s %s', conrelid::regclass, conname,
    CASE WHEN contype = 'c' THEN 'CHECK' ELSE pg_get_constraintdef(oid) END)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> 0 AND contype <> 'n'
UNION ALL SELECT format('trigger %s', pg_get_triggerdef(oid)) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT format('function %s', pg_get_functiondef(f.oid)) FROM pg_proc f
WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'
AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = f.oid AND classid = 'pg_proc'::regclass AND deptype = 'e')
"""


@dataclass
class Upgraded:
    """A kept state in a database of its own, migrated to the present."""

    kept: Kept
    owner_url: str
    home: Path
    environment: dict[str, str]


@pytest.fixture(scope="module", params=KEPT)
def upgraded(request: pytest.FixtureRequest) -> Iterator[Upgraded]:
    kept = KEPT[request.param]
    name = f"upgraded_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    with tempfile.TemporaryDirectory() as folder, database(name) as addresses:
        owner = addresses["DATABASE_OWNER_URL"]
        restore(kept, owner, Path(folder) / "wanted.list")
        with psycopg.connect(owner) as connection:
            assert list(losses(kept.tables, describe(connection))) == []  # of the restore itself
            assert manifest.list_migrations(connection) == kept.migrations
        known = environment(Path(folder), addresses)
        run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], {**known, "RIDLEY_RUN_AS": "owner"})
        yield Upgraded(kept, owner, Path(folder), known)


def restore(kept: Kept, owner: str, wanted: Path) -> None:
    with psycopg.connect(owner, autocommit=True) as connection:
        clear_default_rights(connection, "ridley_app")
        tools = find_tools(connection.info.server_version // 10000)
    restore_database(tools, owner, kept.dump, wanted=wanted)


def shape(connection: psycopg.Connection) -> list[str]:
    return sorted(line for (line,) in connection.execute(SHAPE))


def unexpected(lines: list[str]) -> list[str]:
    return [line for line in lines if line not in ON_PURPOSE]


def test_this_version_or_an_earlier_one_was_kept():
    assert "0.1.0" in KEPT
    assert all(sum(table["rows"] for table in each.tables.values()) > 6000 for each in KEPT.values())


def test_an_upgrade_keeps_every_row_and_every_value(upgraded, record_property):
    with psycopg.connect(upgraded.owner_url) as connection:
        now = describe(connection)
        migrations = manifest.list_migrations(connection)
    assert unexpected(losses(upgraded.kept.tables, now)) == []
    columns = sum(len(table["columns"]) for table in upgraded.kept.tables.values())
    rows = sum(table["rows"] for table in upgraded.kept.tables.values())
    added = sum(map(len, migrations.values())) - sum(map(len, upgraded.kept.migrations.values()))
    record_property(
        "counted",
        f"upgrade from {upgraded.kept.version}: {rows} rows in {len(upgraded.kept.tables)} tables, "
        f"{columns} columns equal after {added} migrations",
    )


def test_an_upgraded_database_has_the_shape_the_walls_and_the_rights_of_a_fresh_one(upgraded, owner):
    with psycopg.connect(upgraded.owner_url) as connection:
        assert complaints(connection) == []
        assert sorted(set(shape(owner)) ^ set(shape(connection))) == []
        assert sorted(set(manifest.list_rights(owner)) ^ set(manifest.list_rights(connection))) == []


@pytest.mark.parametrize(
    ("migration", "told"),
    [
        ("DELETE FROM assistant_rowversion WHERE ctid = (SELECT max(ctid) FROM assistant_rowversion)",
         ["assistant_rowversion has "]),
        ("UPDATE changes_changecell SET new = new || ' ' WHERE ctid = (SELECT min(ctid) FROM changes_changecell)",
         ["changes_changecell.new has other values"]),
        ("UPDATE assistant_row r SET data = s.data FROM assistant_row s WHERE (r.id, s.id) IN ((1, 2), (2, 1))",
         ["assistant_row.data has other values"]),
        ("ALTER TABLE changes_decision DROP COLUMN comment", ["changes_decision.comment is gone"]),
        ("DROP TABLE audit_event", ["audit_event is gone"]),
    ],
)  # fmt: skip
def test_a_migration_that_loses_data_is_told(upgraded, migration, told):
    with psycopg.connect(upgraded.owner_url) as connection, connection.transaction(force_rollback=True):
        connection.execute(migration)
        found = unexpected(losses(upgraded.kept.tables, describe(connection)))
    assert len(found) == len(told), found
    for line, beginning in zip(found, told, strict=True):
        assert line.startswith(beginning)


def test_a_shape_that_differs_from_a_fresh_one_is_told(upgraded, owner):
    with psycopg.connect(upgraded.owner_url) as connection, connection.transaction(force_rollback=True):
        connection.execute("DROP INDEX job_page")
        connection.execute("ALTER TABLE assistant_row ALTER key DROP NOT NULL")
        connection.execute("GRANT UPDATE ON audit_event TO ridley_app")
        missing = set(shape(owner)) ^ set(shape(connection))
        rights = set(manifest.list_rights(owner)) ^ set(manifest.list_rights(connection))
    assert rights == {"r audit_event: ridley_app has UPDATE"}
    assert len(missing) == 3, missing  # the index, and the column as it was and as it is


def test_the_main_reads_answer_as_they_did(upgraded):
    with psycopg.connect(upgraded.owner_url, autocommit=True) as connection:
        before = connection.execute("SELECT id, password FROM accounts_user").fetchall()
        let_in(connection, PASSWORD)
        try:
            with serving(upgraded.home, upgraded.environment) as address:
                got = answers(Live(address, PASSWORD, upgraded.home), list(upgraded.kept.reads))
        finally:
            with connection.cursor() as cursor:
                cursor.executemany("UPDATE accounts_user SET password = %s WHERE id = %s", [(p, i) for i, p in before])
    assert len(got) >= 19
    assert unexpected(list(differences(upgraded.kept.reads, got, "reads"))) == []
