"""What a source's code means in the master, and which codes mean a master's."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from ridley.assistant import rules
from ridley.assistant.models import MappingState, Row
from ridley.assistant.permissions import VIEW
from ridley.assistant.queries import mapping, tables
from ridley.core.access.errors import NotFound
from ridley.core.access.scope import Scope


def meaning(scope: Scope, *, source: str, dataset: str, code: str) -> dict[str, Any]:
    """What a code of a source means, and whether it can be used. Raises NotFound, the same for all that is unknown."""
    in_use = tables.tables(scope).filter(source__key=source, dataset__key=dataset, archived_at=None)
    rows = Row.objects.filter(tenant_id=scope.tenant_id, table__in=in_use, key=code)
    row: Any = mapping.with_master(rows).first()
    if row is None:
        raise unknown_code(code)
    said = mapping.current(scope, row.pk)
    known = {"live": row.live, "state": row.mapping, "master_live": row.master_live}
    return {
        "source": source, "dataset": dataset, "code": code, "row_id": row.pk, "live": row.live, "state": row.mapping,
        "active": rules.is_active(**known), "inactive_because": rules.why_inactive(**known),
        "reason": said.reason if said else "", "master": master_of(scope, row),
    }  # fmt: skip


def master_of(scope: Scope, row: Any) -> dict[str, Any] | None:
    """The master row that a row means, with whether it is still live."""
    if row.master_row_id is None:
        return None
    master = Row.objects.get(tenant_id=scope.tenant_id, pk=row.master_row_id)
    return {"row_id": master.pk, "code": master.key, "live": row.master_live, "data": master.data}


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
