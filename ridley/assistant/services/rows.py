"""Writing accepted changes to rows, with their history: a handful of set-based statements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import connection

from ridley.assistant.models import Table
from ridley.core.access.scope import Scope
from ridley.core.changes.planning import without_nested_loops

# Each change beside the row it is about. A row that moved since the difference was taken is a conflict; where the row
# is as wanted already (a conflict that was accepted after somebody else had done the same), there is nothing to do.
# `data`: the whole record where a row was added, the new cells where it was changed.
TAKE = """
CREATE TEMPORARY TABLE taken ON COMMIT DROP AS
SELECT c.id AS change_id, c.kind, c.key, c.after_hash, r.id AS row_id, coalesce(r.version, 0) AS version,
       CASE WHEN c.kind = 'added'
            THEN coalesce(r.live, false) OR c.before_version IS NOT NULL AND r.version IS DISTINCT FROM c.before_version
            WHEN c.before_version IS NULL THEN coalesce(r.live, false)
            ELSE r.id IS NULL OR NOT r.live OR r.version <> c.before_version END AS conflict,
       (c.kind = 'removed' AND c.before_version IS NULL) OR (c.kind = 'changed' AND c.cell_count = 0) AS idle,
       CASE c.kind WHEN 'added' THEN jsonb_strip_nulls(c.record) WHEN 'changed' THEN cells.data END AS data
  FROM changes_change c
  LEFT JOIN assistant_row r ON r.table_id = %(table)s AND r.key = c.key {few}
  LEFT JOIN (SELECT change_id, jsonb_object_agg("column", new) AS data
               FROM changes_changecell WHERE change_set_id = %(set)s GROUP BY change_id) cells ON cells.change_id = c.id
 WHERE c.change_set_id = %(set)s AND c.verdict = 'accepted' AND c.fate = 'waiting'
   AND (%(actor)s::uuid IS NULL OR c.decided_by IS DISTINCT FROM %(actor)s::uuid)
"""
# With few changes, only their rows are looked at; with many, the table's rows are read in one go. Either way the two
# sides are joined by hashing: loops over a table filled a moment ago, of which nothing is known yet, took minutes.
MANY = 50_000
KEYS = """
SELECT CASE WHEN count(*) <= %(many)s THEN array_agg(key) END
  FROM (SELECT key FROM changes_change
         WHERE change_set_id = %(set)s AND verdict = 'accepted' AND fate = 'waiting' LIMIT %(many)s + 1) few
"""
FEW = "AND r.key = ANY(%(keys)s)"
# Under the table's lock, and later than every row of it: so versions follow each other in time, and the index of words
# knows by their moments which rows it lacks, even if the clock was put back.
NOW = """
SELECT greatest(clock_timestamp(), max(since) + interval '1 microsecond') FROM assistant_row WHERE table_id = %(table)s
"""
KINDS = """
SELECT DISTINCT CASE WHEN kind = 'added' AND row_id IS NOT NULL THEN 'revived' ELSE kind END
  FROM taken WHERE NOT conflict AND NOT idle
"""

KEEP_HISTORY = """
INSERT INTO assistant_rowversion (tenant_id, row_id, table_id, key, data, version, live, since, until, change_set_id,
                                  actor_id)
SELECT r.tenant_id, r.id, r.table_id, r.key, r.data, r.version, r.live, r.since, %(at)s, r.change_set_id, r.actor_id
  FROM assistant_row r JOIN taken t ON r.table_id = %(table)s AND r.id = t.row_id {few}
 WHERE NOT t.conflict AND NOT t.idle
"""

CHANGE = """
UPDATE assistant_row r
   SET data = jsonb_strip_nulls(r.data || t.data), hash = t.after_hash, version = r.version + 1, since = %(at)s,
       change_set_id = %(set)s, actor_id = %(by)s
  FROM taken t
 WHERE r.table_id = %(table)s AND r.id = t.row_id {few}
   AND t.kind = 'changed' AND NOT t.conflict AND NOT t.idle
"""

REMOVE = """
UPDATE assistant_row r
   SET live = false, version = r.version + 1, since = %(at)s, change_set_id = %(set)s, actor_id = %(by)s
  FROM taken t
 WHERE r.table_id = %(table)s AND r.id = t.row_id {few}
   AND t.kind = 'removed' AND NOT t.conflict AND NOT t.idle
"""

# A row that was there before comes back with its identity: its history and mapping are still its own.
REVIVE = """
UPDATE assistant_row r
   SET data = t.data, hash = t.after_hash, live = true, version = r.version + 1, since = %(at)s,
       change_set_id = %(set)s, actor_id = %(by)s
  FROM taken t
 WHERE r.table_id = %(table)s AND r.id = t.row_id {few}
   AND t.kind = 'added' AND NOT t.conflict
"""

ADD = """
INSERT INTO assistant_row (tenant_id, table_id, key, data, hash, version, live, since, change_set_id, actor_id, mapping)
SELECT current_setting('app.tenant_id')::bigint, %(table)s, t.key, t.data, t.after_hash, 1, true, %(at)s,
       %(set)s, %(by)s, 'not_looked_at'
  FROM taken t
 WHERE t.kind = 'added' AND t.row_id IS NULL AND NOT t.conflict
 ORDER BY t.change_id
"""

WRITES = {"changed": CHANGE, "removed": REMOVE, "revived": REVIVE, "added": ADD}

COUNT = """
UPDATE assistant_table
   SET revision = revision + 1,
       row_count = row_count + (SELECT count(*) FILTER (WHERE kind = 'added') - count(*) FILTER (WHERE kind = 'removed')
                                  FROM taken WHERE NOT conflict AND NOT idle)
 WHERE id = %(table)s
"""


def write_changes(
    table_id: int, change_set_id: int, *, by: UUID | None, decided_by_others_than: UUID | None = None
) -> None:
    """Write a set's accepted, waiting changes; see core.changes.targets.Target.write for what is left behind."""
    with connection.cursor() as cursor:
        cursor.execute(NOW, {"table": table_id})
        at = cursor.fetchone()[0]
        values = {"table": table_id, "set": change_set_id, "actor": decided_by_others_than, "at": at, "by": by}
        cursor.execute(KEYS, {**values, "many": MANY})
        (keys,) = cursor.fetchone()
        values["keys"] = keys
        few = "" if keys is None else FEW
        with without_nested_loops():
            cursor.execute(TAKE.format(few=few), values)
            cursor.execute("ANALYZE taken")
            cursor.execute(KINDS)
            kinds = {row[0] for row in cursor.fetchall()}
            if kinds - {"added"}:
                cursor.execute(KEEP_HISTORY.format(few=few), values)
            for kind, statement in WRITES.items():
                if kind in kinds:
                    cursor.execute(statement.format(few=few), values)
            cursor.execute(COUNT, values)


def learn_profile(scope: Scope, table_id: int, profile: Mapping[str, Any]) -> None:
    """Remember how a table's files look. What was learned is no edit: the table's version stays."""
    table = Table.objects.select_for_update().get(tenant_id=scope.tenant_id, pk=table_id)
    columns = {**table.profile.get("columns", {}), **profile.get("columns", {})}
    learned = {**table.profile, **profile, "columns": columns}
    if learned != table.profile:
        table.profile = learned
        table.save(update_fields=["profile"])
