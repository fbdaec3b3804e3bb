"""The signed-in person, and the tenant's meta and branches over REST."""

from __future__ import annotations

from typing import Any

from django.urls import path
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ridley.core.access.etag import expected_version
from ridley.core.access.fields import Input, ModelInput, Output
from ridley.core.access.limits import CountedView
from ridley.core.access.permissions import (
    BRANCHES_EDIT,
    BRANCHES_VIEW,
    TENANT_EDIT,
    TENANT_VIEW,
)
from ridley.core.access.schema import refusals
from ridley.core.access.views import ArchiveView, CreateView, DetailView, ListView, ScopedView, UpdateView
from ridley.core.people.queries import tenant as queries
from ridley.core.people.services import tenant as services
from ridley.core.tenants.functions import my_tenants
from ridley.core.tenants.models import Branch, Tenant

META = ["key", "name", "description", "logo", "home_url", "support_email", "language", "source_word",
        "requires_second_factor"]  # fmt: skip


class MyTenantOut(Output):
    key = serializers.CharField()
    name = serializers.CharField()
    products = serializers.ListField(child=serializers.CharField())
    source_word = serializers.CharField()


class MeOut(Output):
    """The signed-in person and the tenants they belong to."""

    id = serializers.UUIDField()
    email = serializers.EmailField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    tenants = MyTenantOut(many=True)


class MeView(CountedView):
    """Who am I, and where do I belong?"""

    @extend_schema(responses={200: MeOut, **refusals("401 429")})
    def get(self, request: Request) -> Response:
        user: Any = request.user
        shown = {name: getattr(user, name) for name in ("id", "email", "first_name", "last_name")}
        return Response(MeOut({**shown, "tenants": my_tenants(user.pk)}).data)


class MetaOut(serializers.ModelSerializer):
    class Meta:
        model = Tenant
        fields = [*META, "products", "version"]


class MetaIn(ModelInput):
    class Meta:
        model = Tenant
        fields = META[1:]


class MetaView(ScopedView):
    """What the tenant says about itself."""

    permissions = {"get": TENANT_VIEW, "patch": TENANT_EDIT}
    input, output = MetaIn, MetaOut

    def get(self, request: Request, tenant: str) -> Response:
        return self.shown(queries.tenant(self.scope))

    def patch(self, request: Request, tenant: str) -> Response:
        expected = expected_version(request, "tenant", self.scope.tenant_id)
        return self.shown(services.update_meta(self.scope, values=self.body(partial=True), expected=expected))


class BranchOut(serializers.ModelSerializer):
    class Meta:
        model = Branch
        fields = ["id", "key", "title", "parent_id", "version", "created_at", "updated_at", "archived_at"]


class BranchIn(ModelInput):
    parent_id = serializers.IntegerField(required=False, allow_null=True, min_value=1)

    class Meta:
        model = Branch
        fields = ["key", "title", "parent_id"]


class BranchPatch(Input):
    title = serializers.CharField(max_length=200)
    parent_id = serializers.IntegerField(allow_null=True, min_value=1)


class BranchFilters(filters.FilterSet):
    parent = filters.NumberFilter(field_name="parent_id")
    archived = filters.BooleanFilter(field_name="archived_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Branch
        fields: list[str] = []


class BranchesView(ListView, CreateView):
    permissions = {"get": BRANCHES_VIEW, "post": BRANCHES_EDIT}
    query = staticmethod(queries.branches)
    create = staticmethod(services.create_branch)
    filters = BranchFilters
    input, output = BranchIn, BranchOut
    export_name = "branches"


class BranchView(DetailView, UpdateView, ArchiveView):
    permissions = {"get": BRANCHES_VIEW, "patch": BRANCHES_EDIT, "delete": BRANCHES_EDIT}
    one = staticmethod(queries.branch)
    update = staticmethod(services.update_branch)
    archive = staticmethod(services.archive_branch)
    model_name = "branch"
    input, output = BranchPatch, BranchOut


urlpatterns = [
    path("meta/", MetaView.as_view()),
    path("branches/", BranchesView.as_view()),
    path("branches/<int:id>/", BranchView.as_view()),
]
