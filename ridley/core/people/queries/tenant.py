"""The tenant about itself: its meta and its branches."""

from __future__ import annotations

from django.db.models import QuerySet

from ridley.core.access.branches import branches_within
from ridley.core.access.errors import NotFound
from ridley.core.access.permissions import BRANCHES_VIEW, TENANT_VIEW
from ridley.core.access.scope import Scope
from ridley.core.tenants.models import Branch, Tenant


def tenant(scope: Scope) -> Tenant:
    scope.require(TENANT_VIEW)
    return Tenant.objects.get(pk=scope.tenant_id)


def branches(scope: Scope) -> QuerySet[Branch]:
    """The branches within reach, archived ones too."""
    rows = Branch.objects.filter(tenant_id=scope.tenant_id)
    within = branches_within(scope, BRANCHES_VIEW)
    return rows if within is None else rows.filter(pk__in=within)


def branch(scope: Scope, id: int) -> Branch:
    """One branch. Raises NotFound."""
    found = branches(scope).filter(pk=id).first()
    if found is None:
        raise NotFound()
    return found
