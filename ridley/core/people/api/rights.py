"""What the roles are, what may I do here, and who may do this: over REST."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.urls import path
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ridley.core.access.errors import BadRequest
from ridley.core.access.fields import Output
from ridley.core.access.permissions import RIGHTS_VIEW, TENANT_VIEW
from ridley.core.access.roles import reach_kinds
from ridley.core.access.scope import Scope
from ridley.core.access.views import ListView, ScopedView
from ridley.core.people.api.members import GrantOut, LimitsField
from ridley.core.people.queries import rights as queries
from ridley.core.tenants.models import Membership


class Anybody:
    """Every member, whatever their roles: what one may do is no secret to oneself."""

    def __call__(self, scope: Scope) -> bool:
        return True

    def __repr__(self) -> str:
        return "membership alone"


class WordsOut(Output):
    name = serializers.CharField()
    words = serializers.CharField()


class LimitedByOut(Output):
    kind = serializers.CharField()
    words = serializers.CharField()


class RoleOut(Output):
    name = serializers.CharField()
    words = serializers.CharField()
    permissions = WordsOut(many=True)
    limited_by = LimitedByOut(many=True, help_text="What the role can be narrowed to.")


class RolesOut(Output):
    items = RoleOut(many=True)


class RolesView(ScopedView):
    """The roles that can be given here, in words."""

    permissions = {"get": TENANT_VIEW}
    output = RolesOut

    def get(self, request: Request, tenant: str) -> Response:
        return self.shown({"items": queries.roles(self.scope)})


class PermissionOut(Output):
    name = serializers.CharField()
    words = serializers.CharField()
    limits = LimitsField(help_text="How far it extends; empty: to everything.")


class StaffSessionHere(Output):
    id = serializers.IntegerField()
    reason = serializers.CharField()
    until_at = serializers.DateTimeField()


class MyRightsOut(Output):
    permissions = PermissionOut(many=True)
    roles = GrantOut(many=True, help_text="In effect or to come.")
    staff_session = StaffSessionHere(allow_null=True)
    second_factor_required = serializers.BooleanField()


class MyRightsView(ScopedView):
    """What may I do here, and why?"""

    permissions = {"get": Anybody()}
    output = MyRightsOut

    def get(self, request: Request, tenant: str) -> Response:
        return self.shown(queries.my_rights(self.scope))


class HolderOut(Output):
    """Somebody who may, and by which roles."""

    id = serializers.IntegerField()
    user_id = serializers.UUIDField()
    email = serializers.EmailField(source="user.email")
    name = serializers.CharField(source="user.get_full_name")
    kind = serializers.CharField(source="user.kind")
    branch_id = serializers.IntegerField(allow_null=True)
    limits = serializers.SerializerMethodField(help_text="How far their permission extends; empty: to everything.")
    grants = GrantOut(many=True, source="giving")

    def get_limits(self, member: Any) -> dict[str, list[str]]:
        return queries.limits_of(member)


class WhoView(ListView):
    """Which people may do this? What programs may stands at their tokens, under service-accounts."""

    permissions = {"get": RIGHTS_VIEW}
    output = HolderOut
    export_name = "who-may"
    parameters: ClassVar[dict[str, list[OpenApiParameter]]] = {
        "get": [
            OpenApiParameter("permission", str, required=True, description="Like assistant.apply."),
            OpenApiParameter("source", str, description="Only who may do it for the source of this key."),
            OpenApiParameter("branch", str, description="Only who may do it for the branch of this key."),
        ]
    }

    @staticmethod
    def query(scope: Scope, **asked: str) -> QuerySet[Membership]:
        permission = asked.pop("permission")
        return queries.who_may(scope, permission, asked)

    def path(self) -> dict[str, Any]:
        """The question is part of what is listed, not a filter on it."""
        given = {name: self.request.query_params[name] for name in self.asked() if name in self.request.query_params}
        if "permission" not in given:
            raise BadRequest("permission: this is missing; wanted one like assistant.apply.", code="bad-filter")
        return given

    def asked(self) -> list[str]:
        return ["permission", *reach_kinds()]

    def filtered(self, rows: QuerySet, *, but: Collection[str] = ()) -> QuerySet:
        given = set(self.request.query_params) - {*self.asked(), "cursor", "limit", "format"}
        if given:
            wanted = ", ".join(self.asked())
            raise BadRequest(f"Unknown filter {sorted(given)[0][:40]!r}. Known: {wanted}.", code="unknown-filter")
        return rows


urlpatterns = [
    path("roles/", RolesView.as_view()),
    path("rights/me/", MyRightsView.as_view()),
    path("rights/who/", WhoView.as_view()),
]
