"""One OpenID provider that tells all in its id token, as Google does, and one that tells it at userinfo."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from ridley.core.access.encryption import encrypt
from ridley.core.people.models import Domain, IdentityProvider, PartnerProvider
from ridley.core.tenants.models import Branch, Partner, Tenant
from tests.signin.openid import BROKERS, OWN, PARTNER, SECRET, Browser, OpenID, provider
from tests.world import World

ROLES = {
    "stewards": {"role": "assistant.steward", "limits": {"source": ["acme"]}},
    "readers": {"role": "assistant.viewer"},
}


@pytest.fixture(scope="session")
def openid() -> Iterator[OpenID]:
    with provider() as made:
        yield made


@pytest.fixture(scope="session")
def googles() -> Iterator[OpenID]:
    with provider(claims_in_id_token=True) as made:
        yield made


@pytest.fixture(autouse=True)
def loopback_may_be_asked(settings):
    settings.OUTBOUND_ALLOWED = ["127.0.0.0/8", "::1/128"]


@pytest.fixture
def browser(db) -> Browser:
    cache.clear()
    return Browser()


@pytest.fixture
def brokers(db) -> World:
    """A tenant whose domain is verified, with a branch."""
    tenant = Tenant.objects.create(
        pk=OWN, key="brokers", name="Brokers", products=["assistant"], default_role="assistant.viewer"
    )
    Domain.objects.create(name=BROKERS, holder=tenant)
    world = World(tenant)
    with world.pinned():
        Branch.objects.create(tenant=tenant, key="puri", title="Puri")
    return world


@pytest.fixture
def google(googles: OpenID, settings) -> OpenID:
    """Google, whose addresses are those of our provider."""
    settings.GOOGLE_CLIENT_ID, settings.GOOGLE_CLIENT_SECRET = "google", SECRET
    settings.GOOGLE_ENDPOINTS = {
        "authorize": f"{googles.issuer}/auth", "token": f"{googles.issuer}/token", "keys": f"{googles.issuer}/jwks",
        "issuers": [googles.issuer],
    }  # fmt: skip
    return googles


@pytest.fixture
def own(brokers: World, openid: OpenID) -> IdentityProvider:
    """The tenant's own provider; roles and branch come from claims."""
    with brokers.pinned():
        return IdentityProvider.objects.create(
            tenant=brokers.tenant, slug="staff", name="Brokers' staff", issuer=openid.issuer, client_id="own",
            client_secret=encrypt(SECRET), domains=[BROKERS], role_claim="groups", roles=ROLES, branch_claim="office",
        )  # fmt: skip


@pytest.fixture
def partner(db, openid: OpenID) -> PartnerProvider:
    """A Partner's provider, with a template for its clients."""
    return PartnerProvider.objects.create(
        partner=Partner.objects.create(pk=PARTNER, key="stays", name="Stays"), slug="staff", name="Stays",
        issuer=openid.issuer, client_id="partner", client_secret=encrypt(SECRET), client_name_claim="client_name",
        role_claim="groups", roles={"managers": {"role": "admin"}}, branch_claim="office", products=["assistant"],
        default_role="assistant.viewer", language="hi",
    )  # fmt: skip
