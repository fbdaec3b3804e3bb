"""A tenant's identity providers and domains over REST; and for everybody, which ways to sign in there are."""

from __future__ import annotations

from typing import Any

from django.urls import path, reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from ridley.core.access.errors import BadRequest
from ridley.core.access.fields import Input, ModelInput, Output
from ridley.core.access.limits import CountedView
from ridley.core.access.permissions import PROVIDERS_EDIT
from ridley.core.access.schema import refusals
from ridley.core.access.views import ArchiveView, CreateView, DetailView, ListView, ScopedView, UpdateView
from ridley.core.people.models import IdentityProvider
from ridley.core.people.queries import providers as queries
from ridley.core.people.services import providers as services

SETTINGS = ["name", "issuer", "client_id", "domains", "role_claim", "roles", "branch_claim", "enabled"]


class RoleRule(Input):
    """The role that a value of the role claim grants, perhaps with limits."""

    role = serializers.CharField(max_length=60)
    limits = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField(max_length=200)), required=False
    )


class ProviderOut(serializers.ModelSerializer):
    public_id = serializers.CharField(help_text="How sign-in calls this provider.")
    callback_path = serializers.SerializerMethodField(help_text="Register this, after the address of Ridley, there.")
    roles = serializers.DictField(child=RoleRule())
    domains = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = IdentityProvider
        fields = ["id", "slug", *SETTINGS, "public_id", "callback_path", "version", "created_at", "updated_at",
                  "archived_at"]  # fmt: skip

    def get_callback_path(self, provider: IdentityProvider) -> str:
        return reverse("openid_connect_callback", kwargs={"provider_id": provider.public_id})


class ProviderPatch(ModelInput):
    client_secret = serializers.CharField(max_length=500, write_only=True, help_text="Never shown again.")
    domains = serializers.ListField(child=serializers.CharField(max_length=253), max_length=100)
    roles = serializers.DictField(child=RoleRule(), required=False)

    class Meta:
        model = IdentityProvider
        fields = [*SETTINGS, "client_secret"]


class ProviderIn(ProviderPatch):
    class Meta:
        model = IdentityProvider
        fields = ["slug", *SETTINGS, "client_secret"]


class ProvidersView(ListView, CreateView):
    permissions = {"get": PROVIDERS_EDIT, "post": PROVIDERS_EDIT}
    query = staticmethod(queries.providers)
    create = staticmethod(services.create_provider)
    input, output = ProviderIn, ProviderOut
    export_name = "providers"


class ProviderView(DetailView, UpdateView, ArchiveView):
    permissions = {"get": PROVIDERS_EDIT, "patch": PROVIDERS_EDIT, "delete": PROVIDERS_EDIT}
    one = staticmethod(queries.provider)
    update = staticmethod(services.update_provider)
    archive = staticmethod(services.archive_provider)
    model_name = "identityprovider"
    input, output = ProviderPatch, ProviderOut


class TrialOut(Output):
    """Whether the provider answers as an OpenID provider; `detail` says why not."""

    ok = serializers.BooleanField()
    detail = serializers.CharField()
    authorization_endpoint = serializers.CharField(allow_blank=True)


class ProviderTestView(ScopedView):
    """Ask the provider for its description, as sign-in will."""

    permissions = {"post": PROVIDERS_EDIT}
    streaming_verbs = frozenset({"post"})  # no transaction while another machine is waited for
    takes_idempotency_key = False
    statuses = {"post": 200}
    output = TrialOut

    @extend_schema(request=None)
    def post(self, request: Request, tenant: str, id: int) -> Response:
        return self.shown(services.try_provider(self.scope, id=id))


class DomainOut(Output):
    id = serializers.IntegerField()
    name = serializers.CharField()
    google = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class DomainsView(ListView):
    """The e-mail domains that an administrator of the installation has verified to be this tenant's."""

    permissions = {"get": PROVIDERS_EDIT}
    query = staticmethod(queries.domains)
    output = DomainOut
    export_name = "domains"


class OfferedOut(Output):
    id = serializers.CharField(help_text="What /_allauth/browser/v1/auth/provider/redirect takes as `provider`.")
    name = serializers.CharField()


class WaysInOut(Output):
    """The ways to sign in. It says nothing of who exists."""

    password = serializers.BooleanField()
    providers = OfferedOut(many=True)


class WaysInView(CountedView):
    """Which identity providers are offered for an e-mail domain (an address will do), a tenant, or a Partner."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        auth=[],
        parameters=[OpenApiParameter(name, str) for name in ("email", "tenant", "partner")],
        responses={200: WaysInOut, **refusals("400 429")},
    )
    def get(self, request: Request) -> Response:
        given: dict[str, str] = {name: request.query_params.get(name, "") for name in ("email", "tenant", "partner")}
        if sum(map(bool, given.values())) != 1 or "\0" in "".join(given.values()):
            raise BadRequest("Give either an e-mail address (or its domain), or the key of a tenant, or of a Partner.")
        domain = given["email"].rpartition("@")[2].strip().lower()
        found: list[Any] = queries.offered(domain=domain, tenant_key=given["tenant"], partner_key=given["partner"])
        shown = [{"id": id, "name": name} for id, name in found]
        return Response(WaysInOut({"password": True, "providers": shown}).data)


urlpatterns = [
    path("providers/", ProvidersView.as_view()),
    path("providers/<int:id>/", ProviderView.as_view()),
    path("providers/<int:id>/test/", ProviderTestView.as_view()),
    path("domains/", DomainsView.as_view()),
]
