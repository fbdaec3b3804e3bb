"""Sources, datasets and tables over REST: create, read, change, archive."""

from __future__ import annotations

from typing import Any

from django.core.validators import RegexValidator
from django.urls import path
from django_filters import rest_framework as filters
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ridley.assistant.api.shapes import ColumnsField, NamedFilters, WholeInput
from ridley.assistant.models import Dataset, Source, Table
from ridley.assistant.permissions import CONFIGURE, VIEW
from ridley.assistant.queries import tables as queries
from ridley.assistant.services import configure as services
from ridley.core.access.fields import ModelInput, Output
from ridley.core.access.views import ArchiveView, CreateView, DetailView, ListView, Needed, UpdateView
from ridley.core.changes.models import Mode

RIGHTS: dict[str, Needed] = {"get": VIEW, "post": CONFIGURE, "patch": CONFIGURE, "delete": CONFIGURE}
MOMENTS = ["version", "created_at", "updated_at", "archived_at"]
ABOUT = ["name", "associated_vertical", "logo", "home_url", "support_email"]
FED = ["name", "feed", "four_eyes", "grouping_field"]
FIELD_NAME = RegexValidator(
    r"^[^@\x00-\x1f\x7f][^\x00-\x1f\x7f]*\Z", "A field's name is printable characters, the first of them no @."
)


class SourceOut(serializers.ModelSerializer):
    class Meta:
        model = Source
        fields = ["id", "key", *ABOUT, *MOMENTS]


class SourceIn(ModelInput):
    class Meta:
        model = Source
        fields = ["key", *ABOUT]


class SourcePatch(ModelInput):
    """The key stays: people's reach names it."""

    class Meta:
        model = Source
        fields = ABOUT


class SourceFilters(NamedFilters):
    vertical = filters.CharFilter(field_name="associated_vertical")

    class Meta:
        model = Source
        fields: list[str] = []


class SourcesView(ListView, CreateView):
    permissions = RIGHTS
    query = staticmethod(queries.sources)
    create = staticmethod(services.create_source)
    filters = SourceFilters
    input, output = SourceIn, SourceOut
    export_name = "sources"


class SourceView(DetailView, UpdateView, ArchiveView):
    permissions = RIGHTS
    one = staticmethod(queries.source)
    update = staticmethod(services.update_source)
    archive = staticmethod(services.archive_source)
    model_name = "source"
    input, output = SourcePatch, SourceOut


class FieldIn(WholeInput):
    name = serializers.CharField(max_length=200, validators=[FIELD_NAME], trim_whitespace=False)
    title = serializers.CharField(max_length=200, allow_blank=True, default="")
    type = serializers.ChoiceField(choices=["text", "number", "date", "boolean"], default="text")


class FieldOut(Output):
    name = serializers.CharField()
    title = serializers.CharField()
    type = serializers.CharField()


class DatasetOut(Output):
    id = serializers.IntegerField()
    key = serializers.CharField()
    name = serializers.CharField()
    fields: Any = FieldOut(many=True)
    key_fields = serializers.ListField(child=serializers.CharField())
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    archived_at = serializers.DateTimeField(allow_null=True)


class DatasetIn(ModelInput):
    """`key_fields` tell rows apart; without any, equal rows are told apart by their number only."""

    fields: Any = FieldIn(many=True, min_length=1, max_length=500)  # type: ignore[call-arg]
    key_fields = serializers.ListField(child=serializers.CharField(max_length=200), required=False, max_length=20)

    class Meta:
        model = Dataset
        fields = ["key", "name", "fields", "key_fields"]


class DatasetPatch(DatasetIn):
    """The key stays. Fields are given whole; once there are rows, they are only added or retitled."""

    class Meta:
        model = Dataset
        fields = ["name", "fields", "key_fields"]


class DatasetFilters(NamedFilters):
    class Meta:
        model = Dataset
        fields: list[str] = []


class DatasetsView(ListView, CreateView):
    permissions = RIGHTS
    query = staticmethod(queries.datasets)
    create = staticmethod(services.create_dataset)
    filters = DatasetFilters
    input, output = DatasetIn, DatasetOut
    export_name = "datasets"


class DatasetView(DetailView, UpdateView, ArchiveView):
    permissions = RIGHTS
    one = staticmethod(queries.dataset)
    update = staticmethod(services.update_dataset)
    archive = staticmethod(services.archive_dataset)
    model_name = "dataset"
    input, output = DatasetPatch, DatasetOut


class TableOut(serializers.ModelSerializer):
    """`columns` and `sheet` are what was set or learned of its files; without a source it is the master."""

    source: Any = serializers.CharField(source="source.key", allow_null=True, default=None)
    dataset = serializers.CharField(source="dataset.key")
    columns = serializers.SerializerMethodField()
    sheet = serializers.SerializerMethodField()

    class Meta:
        model = Table
        fields = ["id", "source_id", "source", "dataset_id", "dataset", *FED, "columns", "sheet", "row_count",
                  "revision", *MOMENTS]  # fmt: skip

    def get_columns(self, table: Table) -> dict[str, str]:
        return table.profile.get("columns", {})

    def get_sheet(self, table: Table) -> str:
        return table.profile.get("sheet", "")


class TableIn(ModelInput):
    """Without `source_id`, the master of the dataset. `columns`: which header of its files is which field."""

    source_id = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**62)
    dataset_id = serializers.IntegerField(min_value=1, max_value=2**62)
    name = serializers.CharField(required=False, max_length=200)
    feed = serializers.ChoiceField(choices=Mode.choices, required=False)
    columns = ColumnsField(required=False)
    sheet = serializers.CharField(required=False, allow_blank=True, max_length=200)

    class Meta:
        model = Table
        fields = ["source_id", "dataset_id", *FED, "columns", "sheet"]


class TablePatch(TableIn):
    """What it is a table of stays."""

    source_id = dataset_id = None  # type: ignore[assignment]

    class Meta:
        model = Table
        fields = [*FED, "columns", "sheet"]


class TableFilters(NamedFilters):
    source = filters.CharFilter(field_name="source__key")
    dataset = filters.CharFilter(field_name="dataset__key")
    master = filters.BooleanFilter(field_name="source", lookup_expr="isnull", help_text="Tables without a source.")
    searched = ("name",)

    class Meta:
        model = Table
        fields: list[str] = []


class TablesView(ListView, CreateView):
    permissions = RIGHTS
    query = staticmethod(queries.tables)
    create = staticmethod(services.create_table)
    filters = TableFilters
    input, output = TableIn, TableOut
    export_name = "tables"


class TableView(DetailView, UpdateView, ArchiveView):
    permissions = RIGHTS
    one = staticmethod(queries.table)
    update = staticmethod(services.update_table)
    archive = staticmethod(services.archive_table)
    model_name = "table"
    input, output = TablePatch, TableOut

    def get(self, request: Request, **kwargs: Any) -> Response:
        """One table. Never 304: what was learned and applied moves without its version, which counts edits."""
        return self.shown(queries.table(self.scope, **self.path()))


urlpatterns = [
    path("sources/", SourcesView.as_view()),
    path("sources/<int:id>/", SourceView.as_view()),
    path("datasets/", DatasetsView.as_view()),
    path("datasets/<int:id>/", DatasetView.as_view()),
    path("tables/", TablesView.as_view()),
    path("tables/<int:id>/", TableView.as_view()),
]
