"""Whether somebody may give a role that is taken up later."""

from __future__ import annotations

from collections.abc import Mapping

from ridley.core.access.errors import BadRequest, Invalid
from ridley.core.access.permissions import MEMBERS_EDIT
from ridley.core.access.roles import granted, role_names
from ridley.core.access.scope import Scope
from ridley.core.people import rules
from ridley.core.tenants.models import Branch, Tenant

KINDS = ("branch", "source")


def require_may_give(scope: Scope, *, role: str, limits: Mapping[str, list[str]]) -> None:
    """Raise unless this role with these limits exists and goes no further than the rights of whoever asks."""
    scope.require(MEMBERS_EDIT)
    rules.require_role(role, role_names())
    if unknown := sorted(set(limits) - set(KINDS)):
        raise BadRequest(f"limits: got {unknown[0][:40]!r}, wanted {' or '.join(KINDS)}.", code="unknown-limit")
    if empty := sorted(kind for kind, values in limits.items() if not values):
        raise BadRequest(f"limits.{empty[0]}: wanted at least one value; leave it out for all.", code="empty-limit")
    if not scope.trusted:
        products = Tenant.objects.values_list("products", flat=True).get(pk=scope.tenant_id)
        rules.require_no_more_than_own(scope.granted, granted([{"role": role, "limits": limits}], products))


def require_branch(scope: Scope, id: int | None) -> None:
    """Raise Invalid unless it is an open branch, or none."""
    if id is not None and not Branch.objects.filter(tenant_id=scope.tenant_id, pk=id, archived_at=None).exists():
        raise Invalid(f"branch_id: there is no open branch {id}.", code="unknown-reference")
