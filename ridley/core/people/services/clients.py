"""The tenants of a Partner, as its provider names them: one never seen before is made from the template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection

from ridley.core.access import request_id
from ridley.core.access.door import opened, trusted_scope
from ridley.core.access.errors import Denied
from ridley.core.audit.services import record
from ridley.core.people import claims as said
from ridley.core.people.models import Client, PartnerProvider
from ridley.core.tenants.models import KEY, RESERVED_KEYS, Tenant


def tenant_of_client(provider: PartnerProvider, claims: Mapping[str, Any]) -> Tenant:
    """The tenant that the claims name, made if nobody ever named it. Raises Denied.

    The exact words are remembered, so that two names that make the same key never become one client. A tenant that was
    made for the Partner by hand is taken up by the first name that makes its key. Everything else is refused.
    """
    value = said.text(claims, provider.client_claim)
    if not value:
        raise Denied(f"{provider.name} does not say which client you belong to.", code="client-not-named")
    key = said.key_of(value)
    if len(str(claims[provider.client_claim])) > said.LONGEST or not key or key in RESERVED_KEYS:
        raise Denied(f"{provider.name} names a client that cannot be one: {value[:60]}.", code="client-not-valid")
    with connection.cursor() as cursor:  # two first people of a client come in one after the other
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"ridley client: {key}"])
    known = Client.objects.select_related("holder").filter(partner_id=provider.partner_id, value=value).first()
    tenant = known.holder if known else Tenant.objects.filter(key=key).first()
    if tenant is None:
        tenant = make_tenant(provider, key, said.text(claims, provider.client_name_claim) or value)
    elif tenant.partner_id != provider.partner_id or (known is None and Client.objects.filter(holder=tenant).exists()):
        raise Denied(f"The client {value[:60]} is not one of {provider.name}.", code="client-belongs-elsewhere")
    if known is None:
        Client.objects.create(partner_id=provider.partner_id, value=value, holder=tenant)
    return tenant


def make_tenant(provider: PartnerProvider, key: str, name: str) -> Tenant:
    """A tenant from the provider's template; its first event says where it comes from."""
    tenant = Tenant(
        key=key, name=name, products=provider.products, default_role=provider.default_role,
        language=provider.language, partner_id=provider.partner_id,
    )  # fmt: skip
    try:
        KEY(key)
    except ValidationError:
        raise Denied(f"{provider.name} names a client that cannot be one: {key}.", code="client-not-valid") from None
    tenant.save()
    scope = trusted_scope(tenant.pk, request_id=request_id.current.get())
    with opened(scope):
        reason = f"{provider.name} of {provider.partner.name} named a client never seen before."
        values = {"key": key, "name": name, "products": tenant.products, "partner": provider.partner.key}
        record(scope, "core.tenant_created", subject=tenant, reason=reason, **values)
    return tenant
