"""Identity providers and e-mail domains: of a tenant, and for sign-in, before a tenant is known."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.conf import settings
from django.db.models import QuerySet

from ridley.core.access.errors import NotFound
from ridley.core.access.permissions import PROVIDERS_EDIT
from ridley.core.access.scope import Scope
from ridley.core.database.pin import pinned
from ridley.core.people.models import Domain, IdentityProvider, PartnerProvider
from ridley.core.tenants.models import Tenant

GOOGLE = "google"
PUBLIC_ID = re.compile(r"(?P<kind>[tp])(?P<owner>[1-9][0-9]{0,17})-(?P<slug>[a-z0-9-]{1,40})\Z")
Provider = IdentityProvider | PartnerProvider


def providers(scope: Scope) -> QuerySet[IdentityProvider]:
    """The tenant's own providers, archived ones too."""
    scope.require(PROVIDERS_EDIT)
    return IdentityProvider.objects.filter(tenant_id=scope.tenant_id)


def provider(scope: Scope, id: int) -> IdentityProvider:
    """One provider. Raises NotFound."""
    found = providers(scope).filter(pk=id).first()
    if found is None:
        raise NotFound()
    return found


def domains(scope: Scope) -> QuerySet[Domain]:
    """The domains that were verified to be this tenant's."""
    scope.require(PROVIDERS_EDIT)
    return Domain.objects.filter(holder_id=scope.tenant_id)


def provider_at_sign_in(public_id: str) -> Provider | None:
    """The provider that sign-in calls so, live or not; None if there is none."""
    named = PUBLIC_ID.match(public_id)
    if named is None:
        return None
    owner, slug = int(named["owner"]), named["slug"]
    if named["kind"] == "p":
        return PartnerProvider.objects.select_related("partner").filter(partner_id=owner, slug=slug).first()
    with pinned(owner):
        return IdentityProvider.objects.filter(tenant_id=owner, slug=slug).select_related("tenant").first()


def tenant_of_domain(name: str) -> Tenant | None:
    """The tenant that a domain was verified to be of."""
    found = Domain.objects.select_related("holder").filter(name=name).first()
    return found.holder if found else None


def offered(*, domain: str = "", tenant_key: str = "", partner_key: str = "") -> list[tuple[str, str]]:
    """(id, name) of the providers that people of a domain, of a tenant or of a Partner's clients can sign in with.

    It tells of providers, which are no secret, and nothing of people: an address of nobody answers like its neighbour.
    """
    found: list[Provider] = []
    tenant = Tenant.objects.filter(key=tenant_key).first() if tenant_key else tenant_of_domain(domain)
    if tenant is not None:
        with pinned(tenant.pk):
            own = IdentityProvider.objects.filter(tenant_id=tenant.pk, enabled=True, archived_at=None).order_by("name")
            found += [one for one in own if (one.domains if tenant_key else domain in one.domains)]
    named = {"partner_id": tenant.partner_id} if tenant else {"partner__domains__name": domain}
    named = {"partner__key": partner_key} if partner_key else named
    found += PartnerProvider.objects.filter(**named, enabled=True).order_by("name")
    google = [(GOOGLE, "Google")] if settings.GOOGLE_CLIENT_ID else []
    return [*((one.public_id, one.name) for one in found), *google]


def not_ours(tenant_id: int, names: Sequence[str]) -> list[str]:
    """Those of the domains that are not verified to be this tenant's."""
    ours = set(Domain.objects.filter(holder_id=tenant_id, name__in=names).values_list("name", flat=True))
    return [name for name in names if name not in ours]
