"""Looking up over REST: from a source's code to the master, and back."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet
from django.urls import path
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ridley.assistant import rules
from ridley.assistant.api.shapes import ExactFilter
from ridley.assistant.models import MappingState, Row
from ridley.assistant.permissions import VIEW
from ridley.assistant.queries import lookup as queries
from ridley.core.access.fields import Input, Output
from ridley.core.access.views import ListView, ScopedView


class CodeIn(Input):
    source: Any = serializers.CharField(max_length=62)
    dataset = serializers.CharField(max_length=62)
    code = serializers.CharField(max_length=10_000, trim_whitespace=False)


class MasterOut(Output):
    row_id = serializers.IntegerField()
    code = serializers.CharField()
    live = serializers.BooleanField()
    data: Any = serializers.DictField(child=serializers.CharField())


class MeaningOut(Output):
    """`active` says whether the record can be used; `reason` is what a person said of the mapping."""

    source: Any = serializers.CharField()
    dataset = serializers.CharField()
    code = serializers.CharField()
    row_id = serializers.IntegerField()
    live = serializers.BooleanField()
    state = serializers.ChoiceField(choices=MappingState.choices)
    active = serializers.BooleanField()
    inactive_because = serializers.ChoiceField(choices=["removed", "not_mapped", "master_removed"], allow_null=True)
    reason = serializers.CharField()
    master = MasterOut(allow_null=True)


class LookupView(ScopedView):
    permissions = {"get": VIEW}
    output = MeaningOut
    parameters = {
        "get": [
            OpenApiParameter("source", str, required=True, description="The source's key."),
            OpenApiParameter("dataset", str, required=True, description="The dataset's key."),
            OpenApiParameter("code", str, required=True, description="The row's key in that source's table."),
        ]
    }

    def get(self, request: Request, tenant: str) -> Response:
        """What a source's code means in the master, and whether it can be used."""
        asked = CodeIn(data=request.query_params)
        asked.is_valid(raise_exception=True)
        return Response(queries.meaning(self.scope, **asked.validated_data))  # plain values, in the shape of MeaningOut


class SourceCodeOut(Output):
    source: Any = serializers.CharField(source="table.source.key")
    code = serializers.CharField(source="key")
    row_id = serializers.IntegerField(source="pk")
    live = serializers.BooleanField()
    active = serializers.SerializerMethodField()

    def get_active(self, row: Any) -> bool:
        return rules.is_active(live=row.live, state=row.mapping, master_live=row.master_live)


class ReverseFilters(filters.FilterSet):
    dataset = filters.CharFilter(field_name="table__dataset__key", required=True, help_text="The dataset's key.")
    code = ExactFilter(method="kept", required=True, help_text="The key of a row of the master.")
    source = filters.CharFilter(field_name="table__source__key", help_text="Only codes of this source.")

    class Meta:
        model = Row
        fields: list[str] = []

    def kept(self, rows: QuerySet[Row], name: str, value: str) -> QuerySet[Row]:
        return rows  # queries.that_mean finds the master's row, and says if there is none


class ReverseLookupView(ListView):
    """Which codes of which sources mean a code of the master."""

    permissions = {"get": VIEW}
    query = staticmethod(queries.mapped_rows)
    filters = ReverseFilters
    output = SourceCodeOut
    export_name = "codes"

    def filtered(self, rows: QuerySet, *, but: Collection[str] = ()) -> QuerySet:
        found, asked = super().filtered(rows, but=but), self.request.query_params
        return queries.that_mean(
            self.scope, found, dataset=asked["dataset"], code=asked["code"], source=asked.get("source")
        )  # fmt: skip


urlpatterns = [
    path("lookup/", LookupView.as_view()),
    path("lookup/reverse/", ReverseLookupView.as_view()),
]
