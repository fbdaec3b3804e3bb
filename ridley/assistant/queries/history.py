"""A row through time."""

from __future__ import annotations

from typing import Any

from ridley.assistant.models import Row, RowVersion
from ridley.assistant.queries import rows as row_queries
from ridley.core.access.scope import Scope


def row_history(scope: Scope, id: int) -> dict[str, Any]:
    """A row's versions, the current one first, each with who applied it. Raises NotFound."""
    row = row_queries.row(scope, id)
    found: list[Row | RowVersion] = [row, *row_queries.history(scope, id)]
    return {
        "row_id": row.pk, "table_id": row.table_id, "key": row.key,
        "versions": [shown(one) for one in found],
    }  # fmt: skip


def shown(one: Row | RowVersion) -> dict[str, Any]:
    return {
        "version": one.version, "live": one.live, "since": one.since, "until": getattr(one, "until", None),
        "change_set_id": one.change_set_id, "actor_id": one.actor_id, "data": one.data,
    }  # fmt: skip
