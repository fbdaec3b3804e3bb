"""Writing accepted changes to rows, with their history: a handful of set-based statements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import connection

from ridley.assistant.models import Table
from ridley.core.access.scope import Scope

# Each change beside the row it is about. A row that moved since the difference was taken is a conflict; where the row
# is as wanted already (a conflict that was accepted after somebody else had done the same), there is nothing to do.
TAKE = """
CREATE TEMPORARY TABLE taken ON COMMIT DROP AS
SELECT c.id AS change_id, c.kind, c.key, c.after_hash, r.id AS row_id, coalesce(r.version, 0) AS version,
       CASE WHEN c.before_version IS NULL THEN coalesce(r.live, false)
            ELSE r.id IS NULL OR NOT r.live OR r.version <> c.before_version END AS conflict,
       (c.kind = 'removed' AND c.before_version IS NULL) OR (c.kind = 'changed' AND c.cell_count = 0) AS idle
  FROM changes_change c
  LEFT JOIN assistant_row r ON r.tenant_id = c.tenant_id AND r.table_id = %(table)s AND r.key = c.key
 WHERE c.change_set_id = %(set)s AND c.verdict = 'accepted' AND c.fate = 'waiting'
   AND (%(actor)s::uuid IS NULL OR c.decided_by IS DISTINCT FROM %(actor)s::uuid)
"""

KEEP_HISTORY = """
INSERT INTO assistant_rowversion (tenant_id, row_id, table_id, key, data, version, live, since, until, change_set_id)
SELECT r.tenant_id, r.id, r.table_id, r.key, r.data, r.version, r.live, r.since, %(at)s, r.change_set_id
  FROM assistant_row r JOIN taken t ON t.row_id = r.id
 WHERE NOT t.conflict AND NOT t.idle
"""

CHANGE = """
UPDATE assistant_row r
   SET data = jsonb_strip_nulls(r.data || cells.data), hash = t.after_hash, version = r.version + 1, since = %(at)s,
       change_set_id = %(set)s
  FROM taken t
  JOIN (SELECT change_id, jsonb_object_agg("column", new) AS data
          FROM changes_changecell WHERE change_set_id = %(set)s GROUP BY change_id) cells
    ON cells.change_id = t.change_id
 WHERE r.id = t.row_id AND t.kind = 'changed' AND NOT t.conflict AND NOT t.idle
"""

REMOVE = """
UPDATE assistant_row r SET live = false, version = r.version + 1, since = %(at)s, change_set_id = %(set)s
  FROM taken t WHERE r.id = t.row_id AND t.kind = 'removed' AND NOT t.conflict AND NOT t.idle
"""

# A row that was there before comes back with its identity: its history and mapping are still its own.
REVIVE = """
UPDATE assistant_row r
   SET data = jsonb_strip_nulls(c.record), hash = t.after_hash, live = true, version = r.version + 1, since = %(at)s,
       change_set_id = %(set)s
  FROM taken t JOIN changes_change c ON c.id = t.change_id
 WHERE r.id = t.row_id AND t.kind = 'added' AND NOT t.conflict
"""

ADD = """
INSERT INTO assistant_row (tenant_id, table_id, key, data, hash, version, live, since, change_set_id, mapping)
SELECT c.tenant_id, %(table)s, c.key, jsonb_strip_nulls(c.record), t.after_hash, 1, true, %(at)s, %(set)s,
       'not_looked_at'
  FROM taken t JOIN changes_change c ON c.id = t.change_id
 WHERE t.kind = 'added' AND t.row_id IS NULL
 ORDER BY c.id
"""

COUNT = """
UPDATE assistant_table
   SET revision = revision + 1,
       row_count = row_count + (SELECT count(*) FILTER (WHERE kind = 'added') - count(*) FILTER (WHERE kind = 'removed')
                                  FROM taken WHERE NOT conflict AND NOT idle)
 WHERE id = %(table)s
"""


def write_changes(table_id: int, change_set_id: int, *, decided_by_others_than: UUID | None = None) -> None:
    """Write a set's accepted, waiting changes; see core.changes.targets.Target.write for what is left behind."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")  # under the table's lock, so that versions follow each other in time
        at = cursor.fetchone()[0]
        values = {"table": table_id, "set": change_set_id, "actor": decided_by_others_than, "at": at}
        cursor.execute(TAKE, values)
        cursor.execute("ANALYZE taken")
        for statement in (KEEP_HISTORY, CHANGE, REMOVE, REVIVE, ADD, COUNT):
            cursor.execute(statement, values)


def learn_profile(scope: Scope, table_id: int, profile: Mapping[str, Any]) -> None:
    """Remember how a table's files look. What was learned is no edit: the table's version stays."""
    table = Table.objects.select_for_update().get(tenant_id=scope.tenant_id, pk=table_id)
    columns = {**table.profile.get("columns", {}), **profile.get("columns", {})}
    learned = {**table.profile, **profile, "columns": columns}
    if learned != table.profile:
        table.profile = learned
        table.save(update_fields=["profile"])
