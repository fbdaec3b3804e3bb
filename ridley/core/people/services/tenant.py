"""Deeds on the tenant itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ridley.core.access.branches import branches_within
from ridley.core.access.errors import Conflict, Denied, Invalid, Stale
from ridley.core.access.permissions import BRANCHES_EDIT, TENANT_EDIT
from ridley.core.access.scope import Scope
from ridley.core.accounts.models import Kind, User
from ridley.core.accounts.recent import has_second_factor
from ridley.core.audit.services import archive_record, create_record, record, told, update_record
from ridley.core.people import rules
from ridley.core.people.queries import tenant as queries
from ridley.core.tenants.models import Branch, Tenant


def update_meta(scope: Scope, *, values: Mapping[str, Any], expected: int | None = None) -> Tenant:
    """Change what the tenant says about itself. Raises Stale."""
    scope.require(TENANT_EDIT)
    tenant = Tenant.objects.select_for_update().get(pk=scope.tenant_id)
    if expected is not None and tenant.version != expected:
        raise Stale(tenant)
    before = {name: getattr(tenant, name) for name in values if getattr(tenant, name) != values[name]}
    if before.get("requires_second_factor") is False:
        require_own_second_factor(scope)
    if before:
        for name in before:
            setattr(tenant, name, values[name])
        tenant.version += 1
        tenant.save()
        record(scope, "core.tenant_changed", subject=tenant, before=before, after=told({n: values[n] for n in before}))
    return tenant


def require_own_second_factor(scope: Scope) -> None:
    """Raise Conflict if whoever is about to require a second factor would shut themselves out. Programs have none."""
    person = User.objects.filter(pk=scope.actor_id, kind=Kind.PERSON).first() if scope.actor_id else None
    if person is not None and not has_second_factor(person.pk):
        raise Conflict(
            "You have no second factor yourself and would shut yourself out. Connect an authenticator app first.",
            code="second-factor-missing",
        )


def create_branch(scope: Scope, *, values: Mapping[str, Any]) -> Branch:
    scope.require(BRANCHES_EDIT)
    require_parent(scope, values)
    require_branch_within(scope, values.get("parent_id"))
    return create_record(scope, Branch, values, event="core.branch_created")


def update_branch(scope: Scope, *, id: int, values: Mapping[str, Any], expected: int | None = None) -> Branch:
    scope.require(BRANCHES_EDIT)
    require_parent(scope, values)
    require_branch_within(scope, id)
    if "parent_id" in values:
        require_branch_within(scope, values["parent_id"])
    if values.get("parent_id") is not None:
        rows = queries.branches(scope).select_for_update().order_by("pk").values_list("pk", "parent_id")
        rules.require_no_circle(dict(rows), branch=id, parent=values["parent_id"])
    return update_record(scope, queries.branches(scope), id, values, event="core.branch_changed", expected=expected)


def archive_branch(scope: Scope, *, id: int, expected: int | None = None) -> Branch:
    """Archive a branch without living branches below it."""
    scope.require(BRANCHES_EDIT)
    require_branch_within(scope, id)
    if queries.branches(scope).filter(parent_id=id, archived_at=None).exists():
        raise Conflict("Branches below this one are open. Archive or move them first.", code="branch-has-children")
    return archive_record(scope, queries.branches(scope), id, event="core.branch_archived", expected=expected)


def require_parent(scope: Scope, values: Mapping[str, Any]) -> None:
    parent = values.get("parent_id")
    if parent is not None and not queries.branches(scope).filter(pk=parent, archived_at=None).exists():
        raise Invalid(f"parent_id: there is no open branch {parent}.", code="unknown-reference")


def require_branch_within(scope: Scope, id: int | None) -> None:
    """Raise unless the right to edit branches extends to this one. None is the top of the tree: beyond every limit."""
    within = branches_within(scope, BRANCHES_EDIT)
    if within is None or id in within:
        return
    if id is not None:
        queries.branch(scope, id)  # NotFound if it cannot even be seen
    where = "this branch" if id is not None else "the top of the tree: say below which branch (parent_id)"
    raise Denied(f"Your permission {BRANCHES_EDIT} does not extend to {where}.", permission=BRANCHES_EDIT)
