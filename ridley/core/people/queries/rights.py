"""What the roles are, what somebody may do here, and who may do something."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.db.models import F, Prefetch, QuerySet, Value

from ridley.core.access.branches import branches_within
from ridley.core.access.errors import BadRequest
from ridley.core.access.permissions import RIGHTS_VIEW, TENANT_VIEW
from ridley.core.access.reach import Reach
from ridley.core.access.roles import (
    all_permissions,
    granted,
    kinds_for,
    kinds_of,
    of_products,
    reach_kinds,
    role_names,
    roles_with,
    with_what_lies_within,
    words_of,
)
from ridley.core.access.scope import Scope
from ridley.core.people.queries.members import IN_EFFECT, NOT_OVER
from ridley.core.tenants.models import Grant, Membership, StaffSession, Tenant


def roles(scope: Scope) -> list[dict[str, Any]]:
    """The roles that can be given here: name, words, permissions, and what each can be limited to."""
    scope.require(TENANT_VIEW)
    products = products_of(scope)
    return [
        {
            "name": role,
            "words": words_of(role),
            "permissions": [{"name": one, "words": words_of(one)} for one in sorted(carried)],
            "limited_by": [{"kind": kind, "words": reach_kinds()[kind].words} for kind in sorted(kinds_for(role))],
        }
        for role in role_names()
        if (carried := of_products(role, products)) and role.partition(".")[0] in {*products, role}
    ]


def my_rights(scope: Scope) -> dict[str, Any]:
    """What the person may do here and why: permissions with reach, roles with dates, the staff session if in one."""
    tenant = Tenant.objects.get(pk=scope.tenant_id)
    mine = Grant.objects.filter(NOT_OVER, tenant_id=scope.tenant_id, membership__user=scope.actor_id)
    session = None
    if scope.staff_session_id is not None:
        session = StaffSession.objects.get(tenant_id=scope.tenant_id, pk=scope.staff_session_id)
    return {
        "permissions": [
            {"name": name, "words": words_of(name), "limits": shown(reach)}
            for name, reach in sorted(scope.granted.items())
        ],
        "roles": list(mine.order_by("pk")) if session is None else [],
        "staff_session": session,
        "second_factor_required": tenant.requires_second_factor,
    }


def who_may(scope: Scope, permission: str, within: Mapping[str, str]) -> QuerySet[Membership]:
    """The members who may do this now, all of it or at least within these values ({"source": "acme"}).

    Each has `reach` (their own) and `giving`, the grants that give it. People out of reach of whoever asks are left
    out. Superusers in a staff session come beside: they are listed under staff-sessions.
    """
    scope.require(RIGHTS_VIEW)
    require_asked(permission, within)
    within = {kind: seen_as(scope, kind, value) for kind, value in within.items()}
    rows = Membership.objects.filter(IN_EFFECT, tenant_id=scope.tenant_id, user__is_active=True)
    branches = branches_within(scope, RIGHTS_VIEW)
    if branches is not None:
        rows = rows.filter(branch_id__in=branches)
    found = reaching(scope, permission, within)
    giving = Grant.objects.filter(tenant_id=scope.tenant_id, pk__in=[id for ids in found.values() for id in ids])
    prefetched = Prefetch("grants", giving.order_by("pk"), to_attr="giving")
    rows = rows.annotate(asked=Value(permission), products=F("tenant__products"))
    return rows.filter(pk__in=list(found)).select_related("user").prefetch_related(prefetched)


def seen_as(scope: Scope, kind: str, value: str) -> str:
    """The value; one out of sight is like one that is not there, which only those without limits reach."""
    return "" if reach_kinds()[kind].unknown(scope, frozenset([value])) else value


def reaching(scope: Scope, permission: str, within: Mapping[str, str]) -> dict[int, list[int]]:
    """Membership -> the grants in effect that give the permission, of those who have it for all these values."""
    products = products_of(scope)
    rows = Grant.objects.filter(IN_EFFECT, tenant_id=scope.tenant_id, role__in=roles_with(permission))
    by_member: dict[int, list[Grant]] = defaultdict(list)
    for grant in rows.order_by("pk"):
        if permission in granted([as_given(grant)], products):
            by_member[grant.membership_id].append(grant)
    found = {}
    for member, grants in by_member.items():
        reach = reach_of(scope, permission, grants, products)
        if all(reach.covers(kind, value) for kind, value in within.items()):
            found[member] = [grant.pk for grant in grants]
    return found


def reach_of(scope: Scope, permission: str, grants: list[Grant], products: list[str]) -> Reach:
    """How far these grants carry the permission, each value spelled out."""
    rights = granted([as_given(grant) for grant in grants], products)
    return with_what_lies_within({permission: rights[permission]}, scope.tenant_id)[permission]


def limits_of(member: Any) -> dict[str, list[str]]:
    """How far what was asked for by who_may extends for one of those it found, as their grants say it."""
    return shown(granted([as_given(grant) for grant in member.giving], member.products)[member.asked])


def require_asked(permission: str, within: Mapping[str, str]) -> None:
    if permission not in all_permissions():
        raise BadRequest(
            f"permission: got {permission[:60]!r}, wanted one of {', '.join(sorted(all_permissions()))}.",
            code="unknown-permission",
        )
    if unknown := sorted(set(within) - kinds_of(permission)):
        wanted = " or ".join(sorted(kinds_of(permission))) or "none"
        raise BadRequest(f"{unknown[0]}: {permission} is limited by {wanted}.", code="unknown-limit")


def products_of(scope: Scope) -> list[str]:
    return list(Tenant.objects.values_list("products", flat=True).get(pk=scope.tenant_id))


def as_given(grant: Grant) -> dict[str, Any]:
    return {"role": grant.role, "limits": grant.limits}


def shown(reach: Reach) -> dict[str, list[str]]:
    return {kind: sorted(values) for kind, values in reach.limits.items()}
