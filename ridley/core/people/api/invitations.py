"""Invitations over REST: an administrator's, and those of whoever holds a link."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.urls import path
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from ridley.core.access import request_id
from ridley.core.access.errors import BadRequest, Refusal
from ridley.core.access.fields import BoundedJSON, Input, Output
from ridley.core.access.limits import CountedView
from ridley.core.access.permissions import MEMBERS_EDIT
from ridley.core.access.problems import as_problem
from ridley.core.access.schema import refusals
from ridley.core.access.views import DetailView, ListView, ScopedView
from ridley.core.accounts.models import User
from ridley.core.people.api.members import LimitsField
from ridley.core.people.models import Invitation, InvitationState
from ridley.core.people.queries import invitations as queries
from ridley.core.people.services import accepting
from ridley.core.people.services import invitations as services

MOST_AT_ONCE = 100
TOKEN_HEADER = "X-Invitation-Token"  # noqa: S105 the header's name


class InvitationIn(Input):
    email = serializers.EmailField(max_length=254)
    roles = serializers.ListField(child=serializers.CharField(max_length=60), min_length=1, max_length=20)
    limits = LimitsField(required=False, help_text="What all of the roles are narrowed to.")
    branch_id = serializers.IntegerField(required=False, allow_null=True, min_value=1)
    from_at = serializers.DateTimeField(required=False, allow_null=True, help_text="Once accepted, if not given.")
    until_at = serializers.DateTimeField(required=False, allow_null=True, help_text="For good if not given.")
    message = serializers.CharField(required=False, allow_blank=True, max_length=1000)


class InvitationOut(Output):
    id = serializers.IntegerField()
    email = serializers.EmailField()
    roles = serializers.ListField(child=serializers.CharField())
    limits = LimitsField()
    branch_id = serializers.IntegerField(allow_null=True)
    from_at = serializers.DateTimeField(allow_null=True)
    until_at = serializers.DateTimeField(allow_null=True)
    message = serializers.CharField()
    state = serializers.ChoiceField(choices=InvitationState.choices, source="shown_state")
    invited_by = serializers.UUIDField()
    accepted_by = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class InvitationFilters(filters.FilterSet):
    state = filters.ChoiceFilter(field_name="shown_state", choices=InvitationState.choices)
    email = filters.CharFilter()

    class Meta:
        model = Invitation
        fields: list[str] = []


class InvitationsView(ListView):
    """Who was invited, with which roles and reach."""

    permissions = {"get": MEMBERS_EDIT, "post": MEMBERS_EDIT}
    query = staticmethod(queries.invitations)
    filters = InvitationFilters
    input, output = InvitationIn, InvitationOut
    export_name = "invitations"

    def post(self, request: Request, **kwargs: Any) -> Response:
        """Invite an address, by mail, to be a member. The answer does not depend on whether it has an account."""
        made = services.invite(self.scope, values=self.body(), origin=request.build_absolute_uri("/"))
        return self.shown(made, status=201)


class InvitationView(DetailView):
    """One invitation."""

    permissions = {"get": MEMBERS_EDIT, "delete": MEMBERS_EDIT}
    one = staticmethod(queries.invitation)
    output = InvitationOut

    def delete(self, request: Request, **kwargs: Any) -> Response:
        """Withdraw it: its link is worth nothing any more. It stays readable; doing it again changes nothing."""
        services.withdraw(self.scope, **self.path())
        return Response(status=204)


class ResendView(ScopedView):
    permissions = {"post": MEMBERS_EDIT}
    output = InvitationOut
    statuses = {"post": 200}

    def post(self, request: Request, **kwargs: Any) -> Response:
        """Send it anew, with another link, good for another week. The link of before is worth nothing."""
        return self.shown(services.resend(self.scope, **self.path(), origin=request.build_absolute_uri("/")))


class ManyIn(Input):
    invitations = InvitationIn(many=True, min_length=1, max_length=MOST_AT_ONCE)  # type: ignore[call-arg]


class RowsIn(Input):
    """The same, its rows still unread: what is wrong with one is told in its place."""

    invitations = serializers.ListField(child=serializers.JSONField(), min_length=1, max_length=MOST_AT_ONCE)


class InvitedOut(Output):
    """What became of one row: the invitation, or the problem that kept it from being made."""

    invitation = InvitationOut(allow_null=True)
    problem = serializers.DictField(allow_null=True)


class ManyOut(Output):
    items = InvitedOut(many=True)


class ManyView(ScopedView):
    permissions = {"post": MEMBERS_EDIT}
    input, output = ManyIn, ManyOut
    statuses = {"post": 200}

    def post(self, request: Request, **kwargs: Any) -> Response:
        """Invite up to 100 addresses. Each row stands for itself: what is wrong with one keeps no other from going."""
        asked = RowsIn(data=request.data)
        asked.is_valid(raise_exception=True)
        origin = request.build_absolute_uri("/")
        rows = [self.one_row(row, origin) for row in asked.validated_data["invitations"]]
        return Response(ManyOut({"items": rows}).data)

    def one_row(self, row: Any, origin: str) -> dict[str, Any]:
        try:
            read = InvitationIn(data=row, context={"scope": self.scope})
            read.is_valid(raise_exception=True)
            with transaction.atomic():
                return {
                    "invitation": services.invite(self.scope, values=read.validated_data, origin=origin),
                    "problem": None,
                }
        except (Refusal, ValidationError) as refusal:
            answer = as_problem(refusal, {})
            return {"invitation": None, "problem": cast("Response", answer).data}


class OfferOut(Output):
    tenant = serializers.CharField()
    invited_by = serializers.CharField()


class AcceptIn(Input):
    """Of somebody new: their name and a password. Of who is signed in: nothing."""

    first_name = serializers.CharField(required=False, allow_blank=True, max_length=150)
    last_name = serializers.CharField(required=False, allow_blank=True, max_length=150)
    password = serializers.CharField(required=False, max_length=1000, trim_whitespace=False)


class AcceptedOut(Output):
    tenant = serializers.CharField(help_text="Its key: what one is a member of now.")
    name = serializers.CharField()
    email = serializers.EmailField(help_text="What one signs in with.")


TOKEN = OpenApiParameter(
    TOKEN_HEADER, str, OpenApiParameter.HEADER, required=True, description="What stands after # in the link."
)
REFUSALS = refusals("400 401 403 404 409 415 429")


class OfferView(CountedView):
    """The invitation that a link names."""

    permission_classes = (AllowAny,)
    parser_classes = (BoundedJSON,)
    metadata_class: Any = None

    @extend_schema(parameters=[TOKEN], responses={200: OfferOut, **REFUSALS})
    def get(self, request: Request) -> Response:
        """Where to, and by whom."""
        offer = accepting.invitation_of(self.token(), request_id=request_id.current.get())
        return Response(OfferOut(offer).data, headers={"Cache-Control": "no-store"})

    @extend_schema(parameters=[TOKEN], request=AcceptIn, responses={201: AcceptedOut, **REFUSALS})
    def post(self, request: Request) -> Response:
        """Accept it: as somebody new, with a name and a password, or as the person it was sent to, signed in."""
        read = AcceptIn(data=request.data)
        read.is_valid(raise_exception=True)
        person = None if isinstance(request.user, AnonymousUser) else cast("User", request.user)
        done = accepting.accept(
            self.token(), person=person, values=read.validated_data, request_id=request_id.current.get()
        )
        return Response(AcceptedOut(done).data, status=201)

    def token(self) -> str:
        token = self.request.headers.get(TOKEN_HEADER, "")
        if not token:
            raise BadRequest(f"Wanted the secret of the invitation's link in the header {TOKEN_HEADER}.")
        return token


urlpatterns = [
    path("invitations/", InvitationsView.as_view()),
    path("invitations/many/", ManyView.as_view()),
    path("invitations/<int:id>/", InvitationView.as_view()),
    path("invitations/<int:id>/resend/", ResendView.as_view()),
]
