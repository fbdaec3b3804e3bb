"""The demo tenant and a Partner with the identity provider that `ridley run` starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings

from ridley.assistant.demo.story import broker
from ridley.core.access import encryption
from ridley.core.access.door import opened, trusted_scope
from ridley.core.people.models import Domain, IdentityProvider, PartnerProvider
from ridley.core.people.services import providers
from ridley.core.tenants.models import Partner, Tenant

NAME, SLUG, DOMAIN = "Demo identity provider", "demo", "konark.example.com"


def set_up(issuer: str) -> dict[str, str]:
    """Let both use the provider at this address; how sign-in calls them, nothing without the demo. Can be repeated."""
    if not Tenant.objects.filter(key=broker().tenant.key).exists():
        return {}
    secret = (Path(settings.HOME) / "secrets" / "demo-identity-client").read_text()
    return {"tenant": _for_tenant(issuer, secret), "partner": _for_partner(issuer, secret)}


def _for_tenant(issuer: str, secret: str) -> str:
    tenant = Tenant.objects.get(key=broker().tenant.key)
    Domain.objects.get_or_create(name=DOMAIN, defaults={"holder": tenant})
    values: dict[str, Any] = {
        "name": NAME, "issuer": issuer, "client_id": "tenant", "client_secret": secret, "domains": [DOMAIN],
        "role_claim": "groups", "roles": {"stewards": {"role": "assistant.steward"}},
    }  # fmt: skip
    with opened(trusted_scope(tenant.pk)) as scope:
        known = IdentityProvider.objects.filter(tenant_id=tenant.pk, slug=SLUG).first()
        if known is None:
            return providers.create_provider(scope, values={"slug": SLUG, **values}).public_id
        return providers.update_provider(scope, id=known.pk, values=values).public_id


def _for_partner(issuer: str, secret: str) -> str:
    partner, _ = Partner.objects.get_or_create(key="toshali", defaults={"name": "Toshali"})
    values = {
        "name": NAME, "issuer": issuer, "client_id": "partner", "client_secret": encryption.encrypt(secret),
        "role_claim": "groups", "roles": {"managers": {"role": "admin"}}, "products": ["assistant"],
    }  # fmt: skip
    return PartnerProvider.objects.update_or_create(partner=partner, slug=SLUG, defaults=values)[0].public_id
