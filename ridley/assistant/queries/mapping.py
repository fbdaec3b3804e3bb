"""Rows with what they mean, and the mappings that say so."""

from __future__ import annotations

from typing import Any

from django.db.models import BooleanField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from ridley.assistant.models import Mapping, MappingState, Row
from ridley.assistant.permissions import VIEW
from ridley.assistant.queries import rows as row_queries
from ridley.assistant.queries import tables
from ridley.core.access.errors import NotFound
from ridley.core.access.scope import Scope


def live_master() -> QuerySet[Row]:
    """The row that an outer row means, if it is live and in a master that is not archived."""
    return Row.objects.filter(
        tenant_id=OuterRef("tenant_id"), pk=OuterRef("master_row_id"), live=True, table__archived_at=None
    )


def with_master(rows: QuerySet[Row]) -> QuerySet[Row]:
    """Rows annotated with `master_live`: whether what they mean is live, in a master that is not archived.

    Asked as a value and not as EXISTS, of which PostgreSQL makes a table of all live rows for a page of a hundred.
    """
    live = Subquery(live_master().values("live")[:1])
    return rows.annotate(master_live=Coalesce(live, False, output_field=BooleanField()))


def shown_rows(scope: Scope, id: int) -> QuerySet[Row]:
    """The rows of a table, removed ones too, with what is said of their meaning."""
    return with_master(row_queries.rows(scope, id))


def shown_row(scope: Scope, id: int) -> Row:
    """One row. Raises NotFound."""
    return first(with_master(row_queries.rows_within(scope, VIEW)).filter(pk=id))


def row_to_map(scope: Scope, id: int) -> Row:
    """One row with its table, source and dataset, locked until the transaction ends. Raises NotFound."""
    rows = row_queries.rows_within(scope, VIEW).select_related("table__source", "table__dataset")
    return first(rows.select_for_update(of=("self",)).filter(pk=id))


def first(rows: QuerySet[Row]) -> Row:
    found = rows.first()
    if found is None:
        raise NotFound()
    return found


def master_live(scope: Scope, row: Row, master_row_id: int) -> bool | None:
    """Whether a row of the master of this row's dataset is live; None if there is no such row."""
    master = tables.master(scope, row.table.dataset_id)
    if master is None:
        return None
    rows = Row.objects.filter(tenant_id=scope.tenant_id, table_id=master.pk, pk=master_row_id)
    return rows.values_list("live", flat=True).first()


def history(scope: Scope, row_id: int) -> QuerySet[Mapping]:
    """All that was ever said of a row's meaning, in order. The caller has found the row within reach."""
    return Mapping.objects.filter(tenant_id=scope.tenant_id, row_id=row_id).order_by("id")


def current(scope: Scope, row_id: int) -> Mapping | None:
    return history(scope, row_id).filter(ended_at=None).first()


def row_mapping(scope: Scope, id: int) -> dict[str, Any]:
    """A row with its current mapping (or None) and all there were, newest first. Raises NotFound."""
    row = shown_row(scope, id)
    said = list(history(scope, row.pk).order_by("-id"))
    return {"row": row, "current": next((one for one in said if one.ended_at is None), None), "history": said}


def mappings(scope: Scope) -> QuerySet[Mapping]:
    """The current mappings of all tables in use, with their rows. Unmapped rows are not among them."""
    said = Mapping.objects.filter(
        tables.within_reach(scope, VIEW, "row__table__"),
        tenant_id=scope.tenant_id, ended_at=None, row__table__archived_at=None,
    )  # fmt: skip
    return said.exclude(state=MappingState.NOT_LOOKED_AT).select_related("row")
