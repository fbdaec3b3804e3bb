"""Staff sessions over REST: for superusers beside the tenants, and for a tenant's administrators within theirs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, NoReturn

from django.urls import path
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ridley.core.access import request_id
from ridley.core.access.errors import BadRequest, Denied
from ridley.core.access.fields import BoundedJSON, Input, Output
from ridley.core.access.limits import CountedView
from ridley.core.access.permissions import STAFF_END, STAFF_VIEW
from ridley.core.access.schema import refusals
from ridley.core.access.views import ListView, ScopedView
from ridley.core.accounts.recent import signed_in_recently
from ridley.core.people.api.members import ReasonIn
from ridley.core.people.queries import staff as queries
from ridley.core.people.services import staff as services
from ridley.core.tenants.functions import staff_sessions
from ridley.core.tenants.models import StaffSession


class StaffSessionIn(Input):
    tenant = serializers.SlugField(max_length=62, help_text="The tenant's key.")
    reason = serializers.CharField(max_length=500, help_text="Why; the tenant reads it.")
    minutes = serializers.IntegerField(min_value=1, max_value=services.LONGEST_MINUTES)


class StaffStayOut(Output):
    """A staff session, with its tenant."""

    id = serializers.IntegerField()
    tenant = serializers.CharField()
    tenant_name = serializers.CharField()
    user_id = serializers.UUIDField()
    email = serializers.EmailField()
    reason = serializers.CharField()
    from_at = serializers.DateTimeField()
    until_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class StaffStaysOut(Output):
    items = StaffStayOut(many=True)


def answers(status: int, output: Any, codes: str) -> dict[Any, Any]:
    return {status: output, **refusals(f"401 403 429 {codes}")}


class StaffView(CountedView):
    """For superusers. What is refused leaves nothing behind: each service is one transaction."""

    parser_classes = (BoundedJSON,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not request.user.is_superuser:
            self.refuse()

    def refuse(self) -> NoReturn:
        raise Denied("Staff sessions are for the installation's superusers.")


class StaffSessionsView(StaffView):
    input = StaffSessionIn

    @extend_schema(
        operation_id="get_all_staff_sessions",
        parameters=[OpenApiParameter("mine", bool, description="Only one's own.")],
        responses=answers(200, StaffStaysOut, "400"),
    )
    def get(self, request: Request) -> Response:
        """The newest 200 staff sessions of all tenants, for superusers."""
        asked = request.query_params.get("mine", "false")
        if asked not in ("true", "false"):
            raise BadRequest(f"mine: got {asked[:20]!r}, wanted true or false.", code="bad-filter")
        user: Any = request.user
        found = staff_sessions(user.pk, of=user.pk if asked == "true" else None)
        return Response(StaffStaysOut({"items": [asdict(one) for one in found]}).data)

    @extend_schema(
        operation_id="post_all_staff_sessions",
        request=StaffSessionIn,
        responses=answers(201, StaffStayOut, "400 404 409 415"),
    )
    def post(self, request: Request) -> Response:
        """Begin to work inside a tenant, for at most four hours. Takes a sign-in of the last quarter of an hour."""
        asked = StaffSessionIn(data=request.data)
        asked.is_valid(raise_exception=True)
        made = services.start_session(
            request.user, **asked.validated_data, recently=signed_in_recently(request),
            request_id=request_id.current.get(),
        )  # fmt: skip
        return Response(StaffStayOut(asdict(made)).data, status=201)


class StaffSessionEndView(StaffView):
    @extend_schema(
        operation_id="post_all_staff_sessions_id_end", request=None, responses=answers(200, StaffStayOut, "400 404 415")
    )
    def post(self, request: Request, id: int) -> Response:
        """End a staff session, one's own or another's. Again changes nothing."""
        ended = services.end_session(request.user, id=id, request_id=request_id.current.get())
        return Response(StaffStayOut(asdict(ended)).data)


class StaffSessionOut(Output):
    """A stay of the installation's staff in this tenant."""

    id = serializers.IntegerField()
    user_id = serializers.UUIDField()
    email = serializers.EmailField(source="user.email")
    name = serializers.CharField(source="user.get_full_name")
    reason = serializers.CharField()
    from_at = serializers.DateTimeField()
    until_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class StaffSessionFilters(filters.FilterSet):
    ended = filters.BooleanFilter(field_name="ended_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = StaffSession
        fields: list[str] = []


class TenantStaffSessionsView(ListView):
    """When the installation's staff worked in this tenant, and why."""

    permissions = {"get": STAFF_VIEW}
    query = staticmethod(queries.staff_sessions)
    order = ("-id",)
    filters = StaffSessionFilters
    output = StaffSessionOut
    export_name = "staff-sessions"


class TenantStaffSessionEndView(ScopedView):
    permissions = {"post": STAFF_END}
    input, output = ReasonIn, StaffSessionOut
    statuses = {"post": 200}

    def post(self, request: Request, tenant: str, id: int) -> Response:
        """End a staff session: from their next request on, its person is outside. Again changes nothing."""
        return self.shown(services.take_back(self.scope, id=id, **self.body()))


urlpatterns = [
    path("staff-sessions/", TenantStaffSessionsView.as_view()),
    path("staff-sessions/<int:id>/end/", TenantStaffSessionEndView.as_view()),
]
beside_the_tenants = [
    path("staff-sessions/", StaffSessionsView.as_view()),
    path("staff-sessions/<int:id>/end/", StaffSessionEndView.as_view()),
]
