"""The peer of upload and apply: the SQL that a developer would write by hand, as the owner, in the same server.

It has what a set-based script can have: memory for its joins, fresh statistics, one transaction, no policies.
"""

from __future__ import annotations

from pathlib import Path

from installation import Figures, Installation, Measured
from tables import COLUMNS

CELLS = COLUMNS[1:]
NAMES = ", ".join(COLUMNS)
DIFFERENT = f"({', '.join(f'a.{c}' for c in CELLS)}) IS DISTINCT FROM ({', '.join(f'b.{c}' for c in CELLS)})"
SETUP = f"""
DROP SCHEMA IF EXISTS peer CASCADE;
CREATE SCHEMA peer;
CREATE TABLE peer.current ({", ".join(f"{c} text" for c in COLUMNS)}, PRIMARY KEY (id));
CREATE TABLE peer.change (LIKE changes_change INCLUDING ALL) WITH (fillfactor = 45);
CREATE TABLE peer.cell (LIKE changes_changecell INCLUDING ALL);
CREATE TABLE peer.row (LIKE assistant_row INCLUDING ALL);
CREATE TABLE peer.version (LIKE assistant_rowversion INCLUDING ALL);
"""
STAGING = f"CREATE TEMPORARY TABLE staging ({', '.join(f'{c} text' for c in COLUMNS)}) ON COMMIT DROP"
AS_JSON = "jsonb_build_object({})"
# The change list as Ridley stores it: whole records where rows were added or removed, cells where they changed.
DIFFER = f"""
CREATE TEMPORARY TABLE differing ON COMMIT DROP AS
SELECT nextval('changes_change_id_seq') AS change_id, coalesce(a.id, b.id) AS key,
       CASE WHEN a.id IS NULL THEN 'added' WHEN b.id IS NULL THEN 'removed' ELSE 'changed' END AS kind, a, b
  FROM peer.current a FULL JOIN staging b ON a.id = b.id
 WHERE a.id IS NULL OR b.id IS NULL OR {DIFFERENT};
INSERT INTO peer.change (id, tenant_id, change_set_id, kind, key, record, cell_count, verdict, fate)
SELECT change_id, 1, 1, kind, key,
       CASE kind WHEN 'added' THEN to_jsonb(b) WHEN 'removed' THEN to_jsonb(a) END, 0, 'undecided', 'waiting'
  FROM differing ORDER BY key;
INSERT INTO peer.cell (tenant_id, change_set_id, "column", change_id, old, new)
SELECT 1, 1, cell.name, change_id, cell.old, cell.new
  FROM differing,
       LATERAL (VALUES {", ".join(f"('{c}', (a).{c}, (b).{c})" for c in CELLS)}) AS cell(name, old, new)
 WHERE kind = 'changed' AND cell.old IS DISTINCT FROM cell.new;
"""
LOAD = f"INSERT INTO peer.current SELECT {NAMES} FROM staging ORDER BY id"
LOAD_ROWS = f"""
INSERT INTO peer.row (tenant_id, table_id, key, data, hash, version, live, since, mapping)
SELECT 1, %(table)s, id, {AS_JSON.format(", ".join(f"'{c}', {c}" for c in COLUMNS))}, 0, 1, true, now(), 'not_looked_at'
  FROM staging ORDER BY id
"""
# What an apply writes: history, rows, fates.
APPLY = """
INSERT INTO peer.version (tenant_id, row_id, table_id, key, data, version, live, since, until, change_set_id, actor_id)
SELECT r.tenant_id, r.id, r.table_id, r.key, r.data, r.version, r.live, r.since, now(), r.change_set_id, r.actor_id
  FROM peer.row r JOIN peer.change c ON c.key = r.key AND r.table_id = %(table)s
 WHERE c.change_set_id = %(set)s AND c.kind <> 'added';
UPDATE peer.row r SET data = r.data || cells.data, hash = c.after_hash, version = r.version + 1, since = now(),
                      change_set_id = %(set)s
  FROM peer.change c
  JOIN (SELECT change_id, jsonb_object_agg("column", new) AS data FROM peer.cell WHERE change_set_id = %(set)s
         GROUP BY change_id) cells ON cells.change_id = c.id
 WHERE c.change_set_id = %(set)s AND c.kind = 'changed' AND r.key = c.key AND r.table_id = %(table)s;
INSERT INTO peer.row (tenant_id, table_id, key, data, hash, version, live, since, change_set_id, mapping)
SELECT tenant_id, %(table)s, key, record, after_hash, 1, true, now(), %(set)s, 'not_looked_at'
  FROM peer.change WHERE change_set_id = %(set)s AND kind = 'added' ORDER BY id;
UPDATE peer.change SET fate = 'applied', after_version = coalesce(before_version, 0) + 1 WHERE change_set_id = %(set)s;
"""


class Handwritten:
    """One developer's script and its tables, measured like Ridley: the server's CPU and the script's own."""

    def __init__(self, ridley: Installation) -> None:
        self.ridley, self.owner = ridley, ridley.owner
        self.owner.execute(SETUP)
        self.owner.execute("SET work_mem = '512MB'")
        self.owner.execute("SET maintenance_work_mem = '512MB'")

    def copy(self, path: Path) -> None:
        self.owner.execute(STAGING)
        with self.owner.cursor().copy("COPY staging FROM STDIN (FORMAT csv, HEADER)") as copy, path.open("rb") as file:
            while piece := file.read(1 << 20):
                copy.write(piece)
        self.owner.execute("ANALYZE staging")

    def load(self, path: Path) -> None:
        """The table as it is before, not measured."""
        with self.owner.transaction():
            self.copy(path)
            self.owner.execute(LOAD)
        self.owner.execute("VACUUM ANALYZE peer.current")

    def differ(self, path: Path) -> tuple[Figures, int]:
        """COPY to staging, difference in SQL, stored; and how many changes there are."""
        self.owner.execute("TRUNCATE peer.change, peer.cell")
        with Measured(self.ridley) as figures, self.owner.transaction():
            self.copy(path)
            self.owner.execute(DIFFER)
        return figures.found, self.count("peer.change")

    def load_rows(self, path: Path, table: int) -> Figures:
        """A first load without review: COPY to staging, INSERT into rows as Ridley keeps them."""
        self.owner.execute("TRUNCATE peer.row")
        with Measured(self.ridley) as figures, self.owner.transaction():
            self.copy(path)
            self.owner.execute(LOAD_ROWS, {"table": table})
        return figures.found

    def take(self, change_set: int) -> None:
        """The same changes as a set of Ridley's, not measured."""
        self.owner.execute("TRUNCATE peer.change, peer.cell")
        self.owner.execute(
            "INSERT INTO peer.change SELECT * FROM changes_change WHERE change_set_id = %s", [change_set]
        )
        self.owner.execute(
            "INSERT INTO peer.cell SELECT * FROM changes_changecell WHERE change_set_id = %s", [change_set]
        )
        self.owner.execute("VACUUM ANALYZE peer.change, peer.cell")

    def take_rows(self, table: int) -> None:
        """The same rows as a table of Ridley's, not measured."""
        self.owner.execute("TRUNCATE peer.row, peer.version")
        self.owner.execute("INSERT INTO peer.row SELECT * FROM assistant_row WHERE table_id = %s", [table])
        self.owner.execute("VACUUM ANALYZE peer.row, peer.version")

    def apply(self, change_set: int, table: int) -> Figures:
        """The writes of an apply in one transaction."""
        sql = APPLY.replace("%(set)s", str(change_set)).replace("%(table)s", str(table))
        with Measured(self.ridley) as figures, self.owner.transaction():
            self.owner.execute(sql)
        return figures.found

    def count(self, table: str) -> int:
        found = self.owner.execute(f"SELECT count(*) FROM {table}").fetchone()
        assert found is not None
        return int(found[0])
