"""How far the work is, over REST."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponseBase
from django.urls import path
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request

from ridley.assistant.permissions import VIEW
from ridley.assistant.queries.stats import stats
from ridley.core.access.errors import BadRequest
from ridley.core.access.export import FORMATS, streamed
from ridley.core.access.fields import Output
from ridley.core.access.views import ScopedView


class PendingOut(Output):
    added = serializers.IntegerField()
    removed = serializers.IntegerField()
    changed = serializers.IntegerField()


class CountsOut(Output):
    """Live rows by what is known of their meaning (of a master none is), and changes by what became of them."""

    rows = serializers.IntegerField()
    master_rows = serializers.IntegerField()
    mapped = serializers.IntegerField()
    nothing_found = serializers.IntegerField()
    not_applicable = serializers.IntegerField()
    not_looked_at = serializers.IntegerField()
    active = serializers.IntegerField()
    share_mapped = serializers.FloatField(allow_null=True)
    share_looked_at = serializers.FloatField(allow_null=True)
    pending = PendingOut()
    conflicts = serializers.IntegerField()
    held = serializers.IntegerField()
    applied = serializers.IntegerField()
    rejected = serializers.IntegerField()
    oldest_waiting_at = serializers.DateTimeField(allow_null=True)
    oldest_waiting_seconds = serializers.IntegerField(allow_null=True)
    last_upload_at = serializers.DateTimeField(allow_null=True)


class TableStatsOut(CountsOut):
    table_id = serializers.IntegerField()
    table = serializers.CharField()
    dataset_id = serializers.IntegerField()
    dataset = serializers.CharField()
    source_id = serializers.IntegerField(allow_null=True)
    source: Any = serializers.CharField(allow_null=True)
    source_name = serializers.CharField(allow_null=True)


class SourceStatsOut(CountsOut):
    source_id = serializers.IntegerField()
    source: Any = serializers.CharField()
    source_name = serializers.CharField()
    tables = serializers.IntegerField()


class TotalsOut(CountsOut):
    tables = serializers.IntegerField()


class StatsOut(Output):
    """Tables and sources, those that need people most first: held or in conflict, waiting longest, most unmapped."""

    tables = TableStatsOut(many=True)
    sources = SourceStatsOut(many=True)
    totals = TotalsOut()


class StatsView(ScopedView):
    permissions = {"get": VIEW}
    output = StatsOut
    parameters = {
        "get": [OpenApiParameter("format", str, enum=[*FORMATS], description="The tables as a file of this format.")]
    }

    def get(self, request: Request, tenant: str) -> HttpResponseBase:
        """How far the work is, per table, per source and in all; `format` gives the tables as a file."""
        wanted = request.query_params.get("format")
        if wanted is None:
            return self.shown(stats(self.scope))
        if wanted not in FORMATS:
            raise BadRequest(f"format: got {wanted[:20]!r}, wanted csv or ndjson.", code="bad-format")
        lines: Any = TableStatsOut(stats(self.scope)["tables"], many=True)
        return streamed(iter(lines.data), wanted, "stats", columns=list(TableStatsOut().fields))


urlpatterns = [path("stats/", StatsView.as_view())]
