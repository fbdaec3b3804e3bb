"""Members and the roles given to them over REST."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import path
from django_filters import rest_framework as filters
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ridley.core.access.fields import Input, Output
from ridley.core.access.permissions import MEMBERS_EDIT, MEMBERS_VIEW, RIGHTS_VIEW
from ridley.core.access.views import DetailView, ListView, ScopedView
from ridley.core.people.queries import members as queries
from ridley.core.people.services import members as services
from ridley.core.tenants.models import Grant, Membership


class LimitsField(serializers.DictField):
    """{"source": ["acme"]}: kind -> the values that the role is narrowed to. Empty: not narrowed."""

    child = serializers.ListField(child=serializers.CharField(max_length=62), max_length=1000)


class GrantOut(Output):
    id = serializers.IntegerField()
    role = serializers.CharField()
    limits = LimitsField()
    from_at = serializers.DateTimeField()
    until_at = serializers.DateTimeField(allow_null=True)


class MemberOut(Output):
    """A member with the roles that are in effect or to come."""

    id = serializers.IntegerField()
    user_id = serializers.UUIDField()
    email = serializers.EmailField(source="user.email")
    name = serializers.CharField(source="user.get_full_name")
    kind = serializers.CharField(source="user.kind", help_text="person, or service for a program")
    branch_id = serializers.IntegerField(allow_null=True)
    from_at = serializers.DateTimeField()
    until_at = serializers.DateTimeField(allow_null=True)
    grants = GrantOut(many=True)


class ReasonIn(Input):
    reason = serializers.CharField(max_length=500, help_text="Why; it is kept with the event.")


class MemberPatch(ReasonIn):
    branch_id = serializers.IntegerField(required=False, allow_null=True, min_value=1)
    from_at = serializers.DateTimeField(required=False, help_text="Only before it has begun.")
    until_at = serializers.DateTimeField(required=False, allow_null=True)


class GrantPatch(ReasonIn):
    limits = LimitsField(required=False)
    from_at = serializers.DateTimeField(required=False, help_text="Only before it has begun.")
    until_at = serializers.DateTimeField(required=False, allow_null=True)


class GrantIn(ReasonIn):
    role = serializers.CharField(max_length=60)
    limits = LimitsField(required=False)
    from_at = serializers.DateTimeField(required=False, allow_null=True, help_text="Now if not given.")
    until_at = serializers.DateTimeField(required=False, allow_null=True, help_text="For good if not given.")


class MemberFilters(filters.FilterSet):
    role = filters.CharFilter(method="narrow", help_text="Has this role now.")
    branch = filters.CharFilter(method="narrow", help_text="At the branch of this key or below it.")
    current = filters.BooleanFilter(method="narrow", help_text="Whether the membership is in effect now.")
    text = filters.CharFilter(method="narrow", help_text="A part of the name or e-mail.")

    class Meta:
        model = Membership
        fields: list[str] = []

    def narrow(self, rows: QuerySet[Membership], name: str, value: Any) -> QuerySet[Membership]:
        if name == "role":
            return queries.with_role(rows, value)
        if name == "branch":
            return queries.at_branch(self.request.parser_context["view"].scope, rows, value)
        if name == "current":
            return rows.filter(queries.IN_EFFECT) if value else rows.exclude(queries.IN_EFFECT)
        return queries.with_text(rows, value)


class MembersView(ListView):
    permissions = {"get": MEMBERS_VIEW}
    query = staticmethod(queries.members)
    filters = MemberFilters
    output = MemberOut
    export_name = "members"


class MemberView(DetailView):
    """One member."""

    permissions = {"get": MEMBERS_VIEW, "patch": MEMBERS_EDIT}
    one = staticmethod(queries.member)
    input, output = MemberPatch, MemberOut
    partial = False

    def patch(self, request: Request, tenant: str, id: int) -> Response:
        """Change the branch or the dates. A later end takes a former member in again, without roles."""
        values = self.body()
        reason = values.pop("reason")
        return self.shown(services.update_membership(self.scope, id=id, values=values, reason=reason))


class MemberEndView(ScopedView):
    permissions = {"post": MEMBERS_EDIT}
    input, output = ReasonIn, MemberOut
    statuses = {"post": 200}

    def post(self, request: Request, tenant: str, id: int) -> Response:
        """End the membership now, and all its roles. Again changes nothing."""
        return self.shown(services.end_membership(self.scope, id=id, **self.body()))


class GrantFilters(filters.FilterSet):
    current = filters.BooleanFilter(method="narrow", help_text="Whether it is in effect now.")
    role = filters.CharFilter()

    class Meta:
        model = Grant
        fields: list[str] = []

    def narrow(self, rows: QuerySet[Grant], name: str, value: Any) -> QuerySet[Grant]:
        return rows.filter(queries.IN_EFFECT) if value else rows.exclude(queries.IN_EFFECT)


class GrantsView(ListView):
    """The roles that a member has, had and will have."""

    permissions = {"get": RIGHTS_VIEW, "post": MEMBERS_EDIT}
    query = staticmethod(queries.grants)
    filters = GrantFilters
    input, output = GrantIn, GrantOut
    export_name = "grants"

    def post(self, request: Request, tenant: str, id: int) -> Response:
        """Give a role, perhaps narrowed and for a time. Nobody gives more than their own rights."""
        values = self.body()
        reason = values.pop("reason")
        return self.shown(services.give_grant(self.scope, id=id, values=values, reason=reason), status=201)


class GrantView(ScopedView):
    permissions = {"patch": MEMBERS_EDIT}
    input, output = GrantPatch, GrantOut
    partial = False

    def patch(self, request: Request, tenant: str, id: int, grant_id: int) -> Response:
        """Change what the role is narrowed to, or its dates."""
        values = self.body()
        reason = values.pop("reason")
        found = services.change_grant(self.scope, id=id, grant_id=grant_id, values=values, reason=reason)
        return self.shown(found)


class GrantEndView(ScopedView):
    permissions = {"post": MEMBERS_EDIT}
    input, output = ReasonIn, GrantOut
    statuses = {"post": 200}

    def post(self, request: Request, tenant: str, id: int, grant_id: int) -> Response:
        """Take the role away from now on. It stays in the list; again changes nothing."""
        return self.shown(services.end_grant(self.scope, id=id, grant_id=grant_id, **self.body()))


urlpatterns = [
    path("members/", MembersView.as_view()),
    path("members/<int:id>/", MemberView.as_view()),
    path("members/<int:id>/end/", MemberEndView.as_view()),
    path("members/<int:id>/grants/", GrantsView.as_view()),
    path("members/<int:id>/grants/<int:grant_id>/", GrantView.as_view()),
    path("members/<int:id>/grants/<int:grant_id>/end/", GrantEndView.as_view()),
]
