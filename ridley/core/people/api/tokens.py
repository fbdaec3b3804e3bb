"""Programs of a tenant and their tokens over REST."""

from __future__ import annotations

from typing import Any

from django.urls import path
from django_filters import rest_framework as filters
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ridley.core.access.fields import Input, ModelInput, Output
from ridley.core.access.permissions import TOKENS_EDIT, TOKENS_VIEW
from ridley.core.access.views import ArchiveView, CreateView, DetailView, ListView, ScopedView, UpdateView
from ridley.core.people.api.members import LimitsField
from ridley.core.people.models import ServiceAccount
from ridley.core.people.queries import tokens as queries
from ridley.core.people.services import tokens as services


class ServiceAccountOut(serializers.ModelSerializer):
    class Meta:
        model = ServiceAccount
        fields = ["id", "user_id", "name", "description", "version", "created_at", "updated_at", "archived_at"]


class ServiceAccountIn(ModelInput):
    class Meta:
        model = ServiceAccount
        fields = ["name", "description"]


class ServiceAccountFilters(filters.FilterSet):
    archived = filters.BooleanFilter(field_name="archived_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = ServiceAccount
        fields: list[str] = []


class ServiceAccountsView(ListView, CreateView):
    permissions = {"get": TOKENS_VIEW, "post": TOKENS_EDIT}
    query = staticmethod(queries.accounts)
    create = staticmethod(services.create_account)
    filters = ServiceAccountFilters
    input, output = ServiceAccountIn, ServiceAccountOut
    export_name = "service-accounts"


class ServiceAccountView(DetailView, UpdateView, ArchiveView):
    permissions = {"get": TOKENS_VIEW, "patch": TOKENS_EDIT, "delete": TOKENS_EDIT}
    one = staticmethod(queries.account)
    update = staticmethod(services.update_account)
    archive = staticmethod(services.archive_account)
    model_name = "serviceaccount"
    input, output = ServiceAccountIn, ServiceAccountOut


class TokenIn(Input):
    """`limits` is {"source": ["key", ...]}; without it, the token reaches as far as the tenant."""

    name = serializers.CharField(max_length=150)
    permissions = serializers.ListField(child=serializers.CharField(max_length=60), allow_empty=False, max_length=200)
    limits = LimitsField(required=False)
    expires_at = serializers.DateTimeField()


class TokenOut(Output):
    """`orphaned`: who made it is no member any more; it works on until it is revoked or expires."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    permissions = serializers.ListField(child=serializers.CharField())
    limits = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))
    created_by = serializers.UUIDField(allow_null=True)
    orphaned = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)


class NewTokenOut(TokenOut):
    """With the token itself, which is shown this once."""

    token = serializers.CharField()


class TokensView(ListView):
    """The answer that makes a token is the only one that shows it; so none is kept for an Idempotency-Key."""

    permissions = {"get": TOKENS_VIEW, "post": TOKENS_EDIT}
    query = staticmethod(queries.tokens)
    input, output = TokenIn, TokenOut
    outputs = {"post": NewTokenOut}
    takes_idempotency_key = False
    export_name = "tokens"

    def post(self, request: Request, tenant: str, id: int) -> Response:
        """Make a token. It can do no more than who makes it, and is shown this once."""
        made, text = services.create_token(self.scope, id=id, values=self.body())
        shown: dict[str, Any] = {**TokenOut(made).data, "token": text}
        return Response(shown, status=201, headers={"Cache-Control": "no-store"})


class TokenView(ScopedView):
    permissions = {"get": TOKENS_VIEW, "delete": TOKENS_EDIT}
    output = TokenOut

    def get(self, request: Request, tenant: str, id: int, token_id: int) -> Response:
        return self.shown(queries.token(self.scope, id, token_id))

    def delete(self, request: Request, tenant: str, id: int, token_id: int) -> Response:
        """Revoke: it opens nothing from the next request on. Revoking again changes nothing."""
        services.revoke_token(self.scope, id=id, token_id=token_id)
        return Response(status=204)


urlpatterns = [
    path("service-accounts/", ServiceAccountsView.as_view()),
    path("service-accounts/<int:id>/", ServiceAccountView.as_view()),
    path("service-accounts/<int:id>/tokens/", TokensView.as_view()),
    path("service-accounts/<int:id>/tokens/<int:token_id>/", TokenView.as_view()),
]
