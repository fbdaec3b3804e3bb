"""A person becomes, or is, a member through a provider: membership, branch, and the roles that claims stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils import timezone

from ridley.core.access.errors import Denied
from ridley.core.access.scope import Scope
from ridley.core.accounts.models import User
from ridley.core.audit.services import record
from ridley.core.people import claims as said
from ridley.core.people.models import ClaimedGrant
from ridley.core.people.queries.providers import Provider
from ridley.core.tenants.models import Branch, Grant, Membership


@dataclass(frozen=True, slots=True)
class Joining:
    """Who joins through which provider (None: Google). `how` is told as the reason of the events."""

    user: User
    provider: Provider | None
    claims: Mapping[str, Any]
    default_role: str
    makes_branches: bool
    how: str
    first_time: bool  # the account was made just now


def join(scope: Scope, joining: Joining) -> Membership:
    """The membership, with branch and roles as the claims say. Raises Denied if it has ended or not begun."""
    now = timezone.now()
    found = Membership.objects.select_for_update().filter(tenant_id=scope.tenant_id, user=joining.user).first()
    if found and (found.from_at > now or (found.until_at and found.until_at <= now)):
        raise Denied("Your membership has ended or has not begun yet. Ask an administrator.", code="membership-not-now")
    branch = _branch(scope, joining)
    membership = found or Membership.objects.create(tenant_id=scope.tenant_id, user=joining.user, branch=branch)
    if found is None:
        record(
            scope, "core.member_joined", subject=membership, reason=f"First sign-in with {joining.how}.",
            user_id=str(joining.user.pk), branch=branch.key if branch else None, account_created=joining.first_time,
        )  # fmt: skip
    elif branch is not None and found.branch_id != branch.pk:
        before, found.branch = found.branch_id, branch
        found.save(update_fields=["branch"])
        record(
            scope, "core.member_moved", subject=found, reason=f"Signed in with {joining.how}.",
            before={"branch": before}, after={"branch": branch.pk},
        )  # fmt: skip
    _follow_roles(scope, joining, membership, new=found is None)
    return membership


def _follow_roles(scope: Scope, joining: Joining, membership: Membership, *, new: bool) -> None:
    """Give the roles that the claims stand for and end those that they stand for no longer.

    Without a role claim the default role is given once, as an administrator would give it.
    """
    provider = joining.provider
    default = said.Role(joining.default_role, {})
    if provider is None or not provider.role_claim:
        if new:
            Grant.objects.create(tenant_id=scope.tenant_id, membership=membership, role=default.role)
            _tell(scope, joining, membership, given=[default], ended=[])
        return
    wanted = said.roles(joining.claims, provider.role_claim, provider.roles) or [default]
    now = timezone.now()
    marked = ClaimedGrant.objects.filter(provider=provider.public_id, grant__membership=membership)
    current = marked.filter(Q(grant__until_at=None) | Q(grant__until_at__gt=now)).select_related("grant")
    held = {one.grant: said.Role(one.grant.role, one.grant.limits) for one in current.order_by("pk")}
    ended = [grant for grant, role in held.items() if role not in wanted]
    given = [role for role in wanted if role not in held.values()]
    for grant in ended:
        grant.until_at = max(now, grant.from_at)
        grant.save(update_fields=["until_at"])
    for role in given:
        grant = Grant.objects.create(
            tenant_id=scope.tenant_id, membership=membership, role=role.role, limits=role.limits
        )
        ClaimedGrant.objects.create(tenant_id=scope.tenant_id, grant=grant, provider=provider.public_id)
    if given or ended:
        _tell(scope, joining, membership, given=given, ended=[held[grant] for grant in ended])


def _tell(
    scope: Scope, joining: Joining, membership: Membership, *, given: list[said.Role], ended: list[said.Role]
) -> None:
    plain = {name: [{"role": one.role, "limits": dict(one.limits)} for one in roles]
             for name, roles in (("given", given), ("ended", ended))}  # fmt: skip
    record(scope, "core.roles_claimed", subject=membership, reason=f"Signed in with {joining.how}.", **plain)


def _branch(scope: Scope, joining: Joining) -> Branch | None:
    """The open branch that the claims name. A Partner's client gets it made; a tenant's branches are its admins'."""
    provider = joining.provider
    named = said.text(joining.claims, provider.branch_claim) if provider and provider.branch_claim else ""
    key = said.key_of(named)
    if not key and not joining.makes_branches:
        return None
    key, title = (key, named) if key else ("main", "Main")
    found = Branch.objects.filter(tenant_id=scope.tenant_id, key=key).first()
    if found is None and joining.makes_branches:
        found = Branch.objects.create(tenant_id=scope.tenant_id, key=key, title=title)
        record(scope, "core.branch_created", subject=found, reason=f"Named by {joining.how}.", key=key, title=title)
    return found if found is not None and found.archived_at is None else None
