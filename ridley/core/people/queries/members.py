"""Who belongs to the tenant, with which roles, from when until when."""

from __future__ import annotations

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import Now

from ridley.core.access.branches import branches_within, no_such_branches, subtrees
from ridley.core.access.errors import NotFound
from ridley.core.access.permissions import MEMBERS_VIEW, RIGHTS_VIEW
from ridley.core.access.roles import ADMIN
from ridley.core.access.scope import Scope
from ridley.core.accounts.models import Kind
from ridley.core.people.rules import Span
from ridley.core.tenants.models import Grant, Membership

NOT_OVER = Q(until_at=None) | Q(until_at__gt=Now())
IN_EFFECT = Q(from_at__lte=Now()) & NOT_OVER


def members(scope: Scope) -> QuerySet[Membership]:
    """The members within reach with their person and the grants that are not over. Former members too."""
    grants = Grant.objects.filter(NOT_OVER, tenant_id=scope.tenant_id).order_by("pk")
    rows = Membership.objects.filter(tenant_id=scope.tenant_id)
    within = branches_within(scope, MEMBERS_VIEW)
    if within is not None:
        rows = rows.filter(branch_id__in=within)
    return rows.select_related("user").prefetch_related(Prefetch("grants", grants))


def member(scope: Scope, id: int) -> Membership:
    """One member. Raises NotFound."""
    found = members(scope).filter(pk=id).first()
    if found is None:
        raise NotFound()
    return found


def grants(scope: Scope, id: int) -> QuerySet[Grant]:
    """All grants that a member within reach ever had. Raises NotFound."""
    found = member(scope, id)
    within = branches_within(scope, RIGHTS_VIEW)
    if within is not None and found.branch_id not in within:
        raise NotFound()
    return Grant.objects.filter(tenant_id=scope.tenant_id, membership_id=found.pk)


def with_role(rows: QuerySet[Membership], role: str) -> QuerySet[Membership]:
    """Those who have the role now."""
    return rows.filter(Exists(Grant.objects.filter(
        IN_EFFECT, tenant_id=OuterRef("tenant_id"), membership_id=OuterRef("pk"), role=role
    )))  # fmt: skip


def at_branch(scope: Scope, rows: QuerySet[Membership], key: str) -> QuerySet[Membership]:
    """Those at the branch of this key or below it; nobody if it is out of sight, as if it were not there."""
    if no_such_branches(scope, frozenset([key])):
        return rows.none()
    return rows.filter(branch_id__in=list(subtrees(scope.tenant_id, [key])))


def with_text(rows: QuerySet[Membership], text: str) -> QuerySet[Membership]:
    """Those whose name or e-mail has this in it."""
    names = Q(user__email__icontains=text) | Q(user__first_name__icontains=text) | Q(user__last_name__icontains=text)
    return rows.filter(names)


def admin_spans(scope: Scope) -> list[Span]:
    """The times of all administrators without limits who can sign in, programs not counted."""
    rows = Grant.objects.filter(
        tenant_id=scope.tenant_id, role=ADMIN, limits={}, membership__user__is_active=True,
        membership__user__kind=Kind.PERSON,
    ).annotate(member_from=F("membership__from_at"), member_until=F("membership__until_at"))  # fmt: skip
    return [Span(grant.from_at, grant.until_at).within(Span(grant.member_from, grant.member_until)) for grant in rows]
