"""Deeds on a tenant's identity providers, and on domains by the installation's administrators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from ridley.core.access import encryption, outbound
from ridley.core.access.door import opened, trusted_scope
from ridley.core.access.errors import Invalid
from ridley.core.access.permissions import PROVIDERS_EDIT
from ridley.core.access.roles import kinds_for, permissions_of
from ridley.core.access.scope import Scope
from ridley.core.accounts.id_token import Unreachable, discover
from ridley.core.audit.services import archive_record, locked, record, told
from ridley.core.people.models import Domain, IdentityProvider, PartnerProvider
from ridley.core.people.queries import providers as queries
from ridley.core.people.rules import require_kinds

SECRET = "client_secret"  # noqa: S105 the field's name
HIDDEN = "changed"


def create_provider(scope: Scope, *, values: Mapping[str, Any]) -> IdentityProvider:
    """Add a provider. Its secret is encrypted, and in no event. Raises Invalid."""
    scope.require(PROVIDERS_EDIT)
    require_sense(scope, values)
    made = IdentityProvider.objects.create(tenant_id=scope.tenant_id, **stored(values))
    record(scope, "core.provider_created", subject=made, **shown(values))
    return made


def update_provider(
    scope: Scope, *, id: int, values: Mapping[str, Any], expected: int | None = None
) -> IdentityProvider:
    """Change a provider. A secret that is given replaces the old one. Raises Invalid, NotFound or Stale."""
    scope.require(PROVIDERS_EDIT)
    require_sense(scope, values)
    found = locked(queries.providers(scope), id, expected)
    before = {name: getattr(found, name) for name in values if name != SECRET}
    changed = {name: value for name, value in values.items() if name == SECRET or before[name] != value}
    if changed:
        for name, value in stored(changed).items():
            setattr(found, name, value)
        found.version += 1
        found.save()
        plain = told({name: before[name] for name in changed if name != SECRET})
        record(scope, "core.provider_changed", subject=found, before=plain, after=shown(changed))
    return found


def archive_provider(scope: Scope, *, id: int, expected: int | None = None) -> IdentityProvider:
    """Nobody signs in through it from now on; sessions that began through it go on until they end."""
    scope.require(PROVIDERS_EDIT)
    return archive_record(scope, queries.providers(scope), id, event="core.provider_archived", expected=expected)


def try_provider(scope: Scope, *, id: int) -> dict[str, Any]:
    """Ask the provider for its description: whether it answers as it must, and if not, why. No transaction is held."""
    scope.require(PROVIDERS_EDIT)
    with opened(scope):
        issuer = queries.provider(scope, id).issuer
    try:
        with outbound.session() as session:
            found = discover(session, issuer)
    except Unreachable as error:
        return {"ok": False, "detail": str(error), "authorization_endpoint": ""}
    return {"ok": True, "detail": "The provider answers.", "authorization_endpoint": found["authorization_endpoint"]}


def stored(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as the table keeps them: the secret encrypted."""
    return {name: encryption.encrypt(value) if name == SECRET else value for name, value in values.items()}


def shown(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as an event keeps them: without the secret."""
    return {name: HIDDEN if name == SECRET else value for name, value in told(values).items()}


def require_sense(scope: Scope, values: Mapping[str, Any]) -> None:
    """Raise Invalid if sign-in could not follow these settings, or would trust what is not proved."""
    if missing := queries.not_ours(scope.tenant_id, values.get("domains", [])):
        raise Invalid(
            f"domains: {missing[0]} is not verified to be yours. An administrator of the installation does that.",
            code="domain-not-verified",
        )
    if "issuer" in values:
        require_issuer(values["issuer"])
    require_roles(values.get("roles", {}))


def require_issuer(issuer: str) -> None:
    plain_allowed = settings.ENVIRONMENT in ("development", "test")
    if not issuer.startswith("https://") and not (plain_allowed and issuer.startswith("http://")):
        raise Invalid("issuer: wanted an address that begins with https://.", code="issuer-not-https")
    parts = urlsplit(issuer)
    if parts.username or parts.query or parts.fragment or not parts.hostname:
        raise Invalid("issuer: wanted https://, a host and perhaps a path, and nothing else.", code="issuer-not-plain")


def require_roles(roles: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise unless each value stands for a role that there is, limited by what limits it. The values may come later."""
    for rule in roles.values():
        if not permissions_of(str(rule.get("role"))):
            raise Invalid(f"roles: there is no role {str(rule.get('role'))[:60]!r}.", code="unknown-role")
        require_kinds(f"the role {rule['role']}", rule.get("limits") or {}, kinds_for(str(rule["role"])))


def note_domain(domain: Domain, *, actor_id: Any, request_id: str, removed: bool = False) -> None:
    """Keep in the tenant's events that its domain was verified, or is its no longer. A Partner has no events."""
    if domain.holder_id is None:
        return
    with opened(trusted_scope(domain.holder_id, actor_id=actor_id, request_id=request_id)) as scope:
        reason = "By an administrator of the installation."
        told = {"domain": domain.name, "google": domain.google}
        if removed:
            record(scope, "core.domain_removed", subject=domain, reason=reason, **told)
        else:
            record(scope, "core.domain_verified", subject=domain, reason=reason, **told)


def encrypt_again(tenant_ids: Sequence[int]) -> int:
    """Put every provider's secret under the first key; how many there were. For the command of that name."""
    return _encrypt_again(PartnerProvider) + sum(_in_tenant(tenant_id) for tenant_id in tenant_ids)


def _in_tenant(tenant_id: int) -> int:
    with opened(trusted_scope(tenant_id)):
        return _encrypt_again(IdentityProvider)


def _encrypt_again(model: Any) -> int:
    rows = list(model.objects.exclude(client_secret=""))
    for row in rows:
        model.objects.filter(pk=row.pk).update(client_secret=encryption.encrypt_again(row.client_secret))
    return len(rows)
