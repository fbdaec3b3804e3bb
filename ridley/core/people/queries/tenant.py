"""The tenant about itself: its meta, its branches, its members."""

from __future__ import annotations

from django.db.models import QuerySet

from ridley.core.access.errors import NotFound
from ridley.core.access.permissions import BRANCHES_VIEW, MEMBERS_VIEW, TENANT_VIEW
from ridley.core.access.scope import Scope
from ridley.core.tenants.models import Branch, Membership, Tenant


def tenant(scope: Scope) -> Tenant:
    scope.require(TENANT_VIEW)
    return Tenant.objects.get(pk=scope.tenant_id)


def branches(scope: Scope) -> QuerySet[Branch]:
    """All branches, archived ones too."""
    scope.require(BRANCHES_VIEW)
    return Branch.objects.filter(tenant_id=scope.tenant_id)


def branch(scope: Scope, id: int) -> Branch:
    """One branch. Raises NotFound."""
    found = branches(scope).filter(pk=id).first()
    if found is None:
        raise NotFound()
    return found


def members(scope: Scope) -> QuerySet[Membership]:
    """The tenant's members with their person and grants."""
    scope.require(MEMBERS_VIEW)
    return Membership.objects.filter(tenant_id=scope.tenant_id).select_related("user").prefetch_related("grants")
