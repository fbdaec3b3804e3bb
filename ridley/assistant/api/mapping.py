"""Mapping by hand over REST: what a row means, said, taken back and read."""

from __future__ import annotations

from typing import Any

from django.urls import path
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ridley.assistant.api.rows import RowOut
from ridley.assistant.models import Mapping, MappingState
from ridley.assistant.permissions import MAP, VIEW
from ridley.assistant.queries import mapping as queries
from ridley.assistant.services import mapping as services
from ridley.core.access.fields import Input, Output
from ridley.core.access.views import ListView, ScopedView

SAID = [choice for choice in MappingState.choices if choice[0] != MappingState.NOT_LOOKED_AT]
SEEN = "The id of the mapping that you saw (null: none); 409 if it is another one now."


class MappingOut(Output):
    """`undoes`: the mapping that this one took back."""

    id = serializers.IntegerField()
    row_id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=MappingState.choices)
    master_row_id = serializers.IntegerField(allow_null=True)
    reason = serializers.CharField()
    actor_id = serializers.UUIDField(allow_null=True)
    at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    undoes_id = serializers.IntegerField(allow_null=True)


class RowMappingOut(Output):
    """A row, what it means now and all that was ever said of it, newest first."""

    row = RowOut()
    current = MappingOut(allow_null=True)
    history = MappingOut(many=True)


class SeenIn(Input):
    reason = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    seen_mapping_id = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=2**62, help_text=SEEN
    )  # fmt: skip


class MappingIn(SeenIn):
    """`master_row_id` is given when the state is mapped, and only then."""

    state = serializers.ChoiceField(choices=SAID)
    master_row_id = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**62)


class RowMappingView(ScopedView):
    permissions = {"get": VIEW, "post": MAP, "delete": MAP}
    input, output = MappingIn, RowMappingOut
    statuses = {"post": 200}
    parameters = {
        "delete": [
            OpenApiParameter("seen_mapping_id", int, description=SEEN),
            OpenApiParameter("reason", str, description="Why it is taken back."),
        ]
    }

    def get(self, request: Request, tenant: str, id: int) -> Response:
        """What a row means, and what was said of it before."""
        return self.shown(queries.row_mapping(self.scope, id))

    def post(self, request: Request, tenant: str, id: int) -> Response:
        """Say what a row means in the master, or that nothing was found or applies."""
        services.map_row(self.scope, id=id, **self.body())
        return self.shown(queries.row_mapping(self.scope, id))

    def delete(self, request: Request, tenant: str, id: int) -> Response:
        """Unmap: back to not looked at."""
        asked = SeenIn(data=request.query_params)
        asked.is_valid(raise_exception=True)
        services.unmap_row(self.scope, id=id, **asked.validated_data)
        return Response(status=204)


class UndoMappingView(ScopedView):
    permissions = {"post": MAP}
    input, output = SeenIn, RowMappingOut
    statuses = {"post": 200}

    def post(self, request: Request, tenant: str, id: int) -> Response:
        """Back to what was said before the last decision."""
        services.undo_mapping(self.scope, id=id, **self.body())
        return self.shown(queries.row_mapping(self.scope, id))


class CurrentMappingOut(MappingOut):
    """A current mapping with the row that it is about."""

    table_id = serializers.IntegerField(source="row.table_id")
    key = serializers.CharField(source="row.key")
    live = serializers.BooleanField(source="row.live")


class MappingFilters(filters.FilterSet):
    table = filters.NumberFilter(field_name="row__table_id")
    state = filters.ChoiceFilter(choices=SAID)
    master_row = filters.NumberFilter(field_name="master_row_id")
    actor = filters.UUIDFilter(field_name="actor_id")

    class Meta:
        model = Mapping
        fields: list[Any] = []


class MappingsView(ListView):
    permissions = {"get": VIEW}
    query = staticmethod(queries.mappings)
    filters = MappingFilters
    output = CurrentMappingOut
    export_name = "mappings"


urlpatterns = [
    path("rows/<int:id>/mapping/", RowMappingView.as_view()),
    path("rows/<int:id>/mapping/undo/", UndoMappingView.as_view()),
    path("mappings/", MappingsView.as_view()),
]
