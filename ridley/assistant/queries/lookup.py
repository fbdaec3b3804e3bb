"""What a source's code means in the master, and which codes mean a master's."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from ridley.assistant import rules
from ridley.assistant.models import MappingState, Row
from ridley.assistant.permissions import VIEW
from ridley.assistant.queries import mapping, tables
from ridley.core.access.errors import NotFound
from ridley.core.access.scope import Scope

# One statement and none of the ORM's: other systems ask this a hundred times a second, and putting the ORM's three
# together took more time than the rest of the answer. Steps and not one join of seven tables, of which PostgreSQL takes
# three times as long to find the order.
MEANING = """
SELECT r.id, r.live, r.mapping,
       coalesce((SELECT said.reason FROM assistant_mapping said
                  WHERE said.tenant_id = r.tenant_id AND said.row_id = r.id AND said.ended_at IS NULL), ''),
       m.id, m.key, m.data,
       coalesce(m.live AND (SELECT t.archived_at IS NULL FROM assistant_table t
                             WHERE t.tenant_id = m.tenant_id AND t.id = m.table_id), false)
  FROM assistant_row r LEFT JOIN assistant_row m ON m.tenant_id = r.tenant_id AND m.id = r.master_row_id
 WHERE r.tenant_id = %(tenant)s AND r.key = %(code)s AND r.table_id = (
       SELECT t.id FROM assistant_table t WHERE t.tenant_id = %(tenant)s AND t.archived_at IS NULL
          AND t.source_id = (SELECT s.id FROM assistant_source s WHERE s.tenant_id = %(tenant)s AND s.key = %(source)s
                                AND (%(within)s::text[] IS NULL OR s.key = ANY(%(within)s::text[])))
          AND t.dataset_id = (SELECT d.id FROM assistant_dataset d
                               WHERE d.tenant_id = %(tenant)s AND d.key = %(dataset)s))
"""


def meaning(scope: Scope, *, source: str, dataset: str, code: str) -> dict[str, Any]:
    """What a code of a source means, and whether it can be used. Raises NotFound, the same for all that is unknown."""
    sources = scope.reach(VIEW).values(tables.KIND)
    within = None if sources is None else sorted(sources)
    asked: dict[str, Any] = {
        "tenant": scope.tenant_id,
        "source": source,
        "dataset": dataset,
        "code": code,
        "within": within,
    }
    with connection.cursor() as cursor:
        cursor.execute(MEANING, asked)
        found = cursor.fetchone()
    if found is None:
        raise unknown_code(code)
    row_id, live, state, reason, master_id, master_code, data, master_live = found
    known = {"live": live, "state": state, "master_live": master_live}
    master = {"row_id": master_id, "code": master_code, "live": master_live, "data": data and json.loads(data)}
    return {
        "source": source, "dataset": dataset, "code": code, "row_id": row_id, "live": live, "state": state,
        "active": rules.is_active(**known), "inactive_because": rules.why_inactive(**known),
        "reason": reason, "master": None if master_id is None else master,
    }  # fmt: skip


def mapped_rows(scope: Scope) -> QuerySet[Row]:
    """The rows within reach that mean a master row, in tables in use, with their source."""
    rows = Row.objects.filter(
        tables.within_reach(scope, VIEW, "table__"),
        tenant_id=scope.tenant_id, mapping=MappingState.MAPPED, table__archived_at=None,
    )  # fmt: skip
    return mapping.with_master(rows).select_related("table__source")


def that_mean(scope: Scope, rows: QuerySet[Row], *, dataset: str, code: str, source: str | None) -> QuerySet[Row]:
    """Those of `rows` that mean a code of the master. Raises NotFound if it, the dataset or the source is unknown."""
    master = Row.objects.filter(
        tenant_id=scope.tenant_id, table__source=None, table__archived_at=None, table__dataset__key=dataset, key=code
    ).first()
    if master is None or (source is not None and not tables.sources(scope).filter(key=source).exists()):
        raise unknown_code(code)
    return rows.filter(master_row_id=master.pk)


def unknown_code(code: str) -> NotFound:
    return NotFound(f"The code {code[:100]!r} is not known there, or not for you.", code="unknown-code")
