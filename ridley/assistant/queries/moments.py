"""Rows as they were at a moment: their content, their mapping, and whether what they meant was live."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Exists,
    F,
    JSONField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, JSONObject

from ridley.assistant.models import Mapping, MappingState, Row, RowVersion

PAST = ("data", "version", "since", "change_set_id")


def as_of(rows: QuerySet[Row], at: datetime) -> QuerySet[Row]:
    """Those rows that were live at a moment. Annotated, so that they page, filter and stream by id like rows of now;
    `as_it_was` puts the annotations into place.
    """
    past = versions("pk", at)
    said = Mapping.objects.filter(tenant_id=OuterRef("tenant_id"), row_id=OuterRef("pk"), at__lte=at)
    mapping = said.order_by("-id")  # each ends when the next begins
    then = past.values(found=JSONObject(**{name: F(name) for name in PAST}))[:1]
    return rows.filter(Q(since__lte=at, live=True) | Q(Q(since__gt=at), Exists(past))).annotate(
        then=Case(When(since__gt=at, then=Subquery(then)), default=None, output_field=JSONField()),
        data_then=Case(When(since__gt=at, then=Subquery(past.values("data")[:1])), default=F("data")),
        mapping_then=Coalesce(
            Subquery(mapping.values("state")[:1]), Value(MappingState.NOT_LOOKED_AT), output_field=CharField()
        ),
        master_then=Subquery(mapping.values("master_row_id")[:1], output_field=BigIntegerField()),
        master_live=master_live_at(at),
    )


def versions(row: str, at: datetime) -> QuerySet[RowVersion]:
    """The version that was replaced after a moment and held at it, of the row that the outer query names; if live."""
    return RowVersion.objects.filter(
        tenant_id=OuterRef("tenant_id"), row_id=OuterRef(row), live=True, since__lte=at, until__gt=at
    )


def master_live_at(at: datetime) -> Any:
    now = Row.objects.filter(tenant_id=OuterRef("tenant_id"), pk=OuterRef("master_then"), live=True, since__lte=at)
    return Exists(now) | Exists(versions("master_then", at))


def as_it_was(row: Any) -> Row:
    """The row with what it had then in place of what it has now. Not to be saved."""
    for name, value in (row.then or {}).items():
        setattr(row, name, datetime.fromisoformat(value) if name == "since" else value)
    row.live, row.mapping, row.master_row_id = True, row.mapping_then, row.master_then
    return row
