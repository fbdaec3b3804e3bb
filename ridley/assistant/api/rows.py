"""Rows over REST: a table's as they are or were, and one with its history."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.urls import path
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ridley.assistant import rules
from ridley.assistant.api.shapes import ExactFilter
from ridley.assistant.models import MappingState, Row
from ridley.assistant.permissions import VIEW
from ridley.assistant.queries import history as history_queries
from ridley.assistant.queries import mapping as queries
from ridley.assistant.queries import rows as row_queries
from ridley.assistant.queries.moments import as_it_was, as_of
from ridley.assistant.searching import NAME
from ridley.core.access.errors import BadRequest
from ridley.core.access.export import FORMATS, export
from ridley.core.access.fields import Output
from ridley.core.access.schema import refusals
from ridley.core.access.views import DetailView, ScopedView
from ridley.core.search.api import SearchedList
from ridley.core.search.words import WORDS, in_record


class RowOut(Output):
    """`active`: live, mapped, and what it means is live too. `data` lacks the fields whose cell is empty."""

    id = serializers.IntegerField()
    table_id = serializers.IntegerField()
    key = serializers.CharField()
    version = serializers.IntegerField()
    live = serializers.BooleanField()
    since = serializers.DateTimeField()
    change_set_id = serializers.IntegerField(allow_null=True)
    mapping = serializers.ChoiceField(choices=MappingState.choices)
    master_row_id = serializers.IntegerField(allow_null=True)
    active = serializers.SerializerMethodField()
    data: Any = serializers.DictField(child=serializers.CharField())

    def to_representation(self, row: Any) -> Any:
        return super().to_representation(as_it_was(row) if hasattr(row, "then") else row)

    def get_active(self, row: Any) -> bool:
        return rules.is_active(live=row.live, state=row.mapping, master_live=row.master_live)


class RowFilters(filters.FilterSet):
    """`as_of` comes first: with it, the others look at what was then."""

    as_of = filters.IsoDateTimeFilter(method="at_moment", help_text="The live rows as they were at this moment.")
    live = filters.ChoiceFilter(
        choices=[("true", "Live"), ("false", "Removed"), ("all", "Both")], method="kept", help_text="true if not given"
    )
    key = ExactFilter(help_text="The row's key, exactly.")
    text = ExactFilter(method="with_text", help_text=f"{WORDS} the key or a value.")
    mapping = filters.ChoiceFilter(choices=MappingState.choices, method="in_state")
    master_row = filters.NumberFilter(method="meaning", help_text="Rows that mean this row of the master.")

    class Meta:
        model = Row
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet[Row]) -> QuerySet[Row]:
        live, moment = (self.form.cleaned_data.get(name) for name in ("live", "as_of"))
        if moment and live not in ("", None, "true"):
            raise BadRequest("live: rows as of a moment are those that were live then.", code="bad-filter")
        if not moment and live != "all":
            queryset = queryset.filter(live=live != "false")
        return super().filter_queryset(queryset)

    def column(self, now: str, then: str) -> str:
        return then if self.form.cleaned_data["as_of"] else now

    def at_moment(self, rows: QuerySet[Row], name: str, value: Any) -> QuerySet[Row]:
        return as_of(rows, value)

    def kept(self, rows: QuerySet[Row], name: str, value: str) -> QuerySet[Row]:
        return rows  # filter_queryset has seen to it, since it holds when nothing is given too

    def with_text(self, rows: QuerySet[Row], name: str, value: str) -> QuerySet[Row]:
        return rows.filter(in_record(value, key="key", data=self.column("data", "data_then")))

    def in_state(self, rows: QuerySet[Row], name: str, value: str) -> QuerySet[Row]:
        return rows.filter(**{self.column("mapping", "mapping_then"): value})

    def meaning(self, rows: QuerySet[Row], name: str, value: Any) -> QuerySet[Row]:
        return rows.filter(**{self.column("master_row_id", "master_then"): value})


class RowsView(SearchedList):
    place = NAME
    permissions = {"get": VIEW}
    query = staticmethod(queries.shown_rows)
    filters = RowFilters
    output = RowOut
    export_name = "rows"


class FileView(ScopedView):
    """A table as the file that its source would send."""

    permissions = {"get": VIEW}
    parameters = {"get": [OpenApiParameter("format", str, enum=[*FORMATS], description="csv if not given.")]}

    @extend_schema(
        responses={
            **{(200, media_type): OpenApiTypes.STR for media_type in ("text/csv", "application/x-ndjson")},
            **refusals("400 401 403 404 429"),
        }
    )
    def get(self, request: Request, tenant: str, id: int) -> HttpResponseBase:
        """The live rows with the dataset's fields as columns. Uploaded again as it is, the file changes nothing.

        In CSV a cell that a spreadsheet would run begins with an apostrophe, which an upload takes off again. NDJSON
        has the values as they are; empty fields are left out.
        """
        wanted = request.query_params.get("format", "csv")
        if wanted not in FORMATS:
            raise BadRequest(f"format: got {wanted[:20]!r}, wanted csv or ndjson.", code="bad-format")
        rows, names = row_queries.live_rows(self.scope, id)
        whole = dict.fromkeys(names)
        to_dict = (lambda row: {**whole, **row.data}) if wanted == "csv" else (lambda row: row.data)
        return export(self.scope, rows, to_dict, wanted, "table", columns=names)


class RowView(DetailView):
    permissions = {"get": VIEW}
    one = staticmethod(queries.shown_row)
    output = RowOut

    def shown(self, record: Any, *, status: int = 200) -> Response:
        """Its ETag tells the mapping too, which moves without the row's version."""
        response = super().shown(record, status=status)
        known = response.data
        said = f"{known['mapping']}-{known['master_row_id'] or 0}-{'active' if known['active'] else 'inactive'}"
        response["ETag"] = f'"row-{record.pk}-{record.version}-{said}"'
        return response


class VersionOut(Output):
    version = serializers.IntegerField()
    live = serializers.BooleanField()
    since = serializers.DateTimeField()
    until = serializers.DateTimeField(allow_null=True)
    change_set_id = serializers.IntegerField(allow_null=True)
    actor_id = serializers.UUIDField(allow_null=True)
    data: Any = serializers.DictField(child=serializers.CharField())


class HistoryOut(Output):
    """All versions of a row, the current one first; `actor_id` is who applied it."""

    row_id = serializers.IntegerField()
    table_id = serializers.IntegerField()
    key = serializers.CharField()
    versions = VersionOut(many=True)


class HistoryView(ScopedView):
    permissions = {"get": VIEW}
    output = HistoryOut

    def get(self, request: Request, tenant: str, id: int) -> Response:
        """What a row was, from when until when, and who applied it."""
        return self.shown(history_queries.row_history(self.scope, id))


urlpatterns = [
    path("tables/<int:id>/rows/", RowsView.as_view()),
    path("tables/<int:id>/file/", FileView.as_view()),
    path("rows/<int:id>/", RowView.as_view()),
    path("rows/<int:id>/history/", HistoryView.as_view()),
]
