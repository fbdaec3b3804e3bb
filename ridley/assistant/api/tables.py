"""What is done to a table over REST: a file taken in, rows edited."""

from __future__ import annotations

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ridley.assistant.api.shapes import ColumnsField, ExactText
from ridley.assistant.permissions import EDIT, UPLOAD, VIEW
from ridley.assistant.queries import tables as queries
from ridley.assistant.services import edits as services
from ridley.core.access.fields import Input
from ridley.core.access.views import ListView, ScopedView
from ridley.core.changes.api import ChangeSetDetailOut, ChangeSetOut, ChangeSetWithJobOut, accepted
from ridley.core.changes.filters import ChangeSetFilters
from ridley.core.changes.models import Mode

COMMENT = 5000


class ReadingIn(Input):
    """How a file is to be read, where it is not to be found out. `columns`: header -> field."""

    encoding = serializers.CharField(required=False, max_length=40)
    delimiter = serializers.CharField(required=False, min_length=1, max_length=1, trim_whitespace=False)
    sheet = serializers.CharField(required=False, max_length=200, trim_whitespace=False)
    header_row = serializers.IntegerField(required=False, min_value=1, max_value=1_000_000)
    columns = ColumnsField(required=False)


class FileIn(Input):
    """`mode`: snapshot or delta, where this file is not like the table's usual ones."""

    upload_id = serializers.IntegerField(min_value=1, max_value=2**62)
    mode = serializers.ChoiceField(choices=Mode.choices, required=False)
    comment = serializers.CharField(required=False, allow_blank=True, max_length=COMMENT)
    options = ReadingIn(required=False)


class TableChangeSetsView(ListView):
    permissions = {"get": VIEW, "post": UPLOAD}
    query = staticmethod(queries.change_sets)
    order = ("-id",)
    filters = ChangeSetFilters
    input = FileIn
    export_name = "change-sets"
    statuses = {"post": 202}

    @property
    def output(self) -> type[serializers.BaseSerializer]:  # type: ignore[override]
        return ChangeSetWithJobOut if self.request is not None and self.request.method == "POST" else ChangeSetOut

    def post(self, request: Request, tenant: str, id: int) -> Response:
        """Take an uploaded file in: it is read and compared in a job, and comes to be decided on."""
        return accepted(self, *services.propose_file(self.scope, table_id=id, **self.body()))


class EditIn(Input):
    """`key` names the row to update or delete; `version` the one you saw. A value of null empties the cell."""

    kind = serializers.ChoiceField(choices=["create", "update", "delete"])
    key = ExactText(required=False, max_length=10_000)
    version = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
    values = serializers.DictField(
        child=ExactText(allow_blank=True, allow_null=True, max_length=100_000), required=False
    )  # fmt: skip

    def validate(self, attrs: dict) -> dict:
        if attrs["kind"] != "delete" and "values" not in attrs:
            raise serializers.ValidationError({"values": [f"Wanted, to {attrs['kind']} a row."]}, code="required")
        return attrs


class EditsIn(Input):
    """`apply`: accept and apply them as well, for those who may; else they wait to be decided on."""

    changes = EditIn(many=True, min_length=1, max_length=1000)  # type: ignore[call-arg]
    comment = serializers.CharField(required=False, allow_blank=True, max_length=COMMENT)
    apply = serializers.BooleanField(required=False)


class EditsView(ScopedView):
    permissions = {"post": EDIT}
    input, output = EditsIn, ChangeSetDetailOut

    def post(self, request: Request, tenant: str, id: int) -> Response:
        """Propose changes of single rows as one change set: all of them or none."""
        return self.shown(services.propose_edits(self.scope, table_id=id, **self.body()), status=201)


urlpatterns = [
    path("tables/<int:id>/change-sets/", TableChangeSetsView.as_view()),
    path("tables/<int:id>/edits/", EditsView.as_view()),
]
