"""Memberships and the roles given to members. Each change has a reason and is an event with what was and what is.

Two laws hold for all of them (people/rules.py): nobody gives, changes or ends rights that go beyond their own, and a
tenant keeps an administrator without limits. All changes of a tenant's rights go one after another, under the lock of
the tenant's row, with the rights of whoever asks as they are then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from ridley.core.access.branches import branches_within
from ridley.core.access.door import scope_now
from ridley.core.access.errors import Conflict, Denied, Invalid, NotFound
from ridley.core.access.permissions import MEMBERS_EDIT
from ridley.core.access.reach import Reach
from ridley.core.access.roles import (
    granted,
    kinds_for,
    role_names,
    with_what_lies_within,
)
from ridley.core.access.scope import Scope
from ridley.core.accounts.models import Kind
from ridley.core.audit.services import record
from ridley.core.people import rules
from ridley.core.people.models import Invitation, InvitationState
from ridley.core.people.queries import members as queries
from ridley.core.people.queries import tenant as tenant_queries
from ridley.core.people.rules import Span
from ridley.core.people.services.giving import require_limits
from ridley.core.tenants.models import Grant, Membership, Tenant


@dataclass(frozen=True, slots=True)
class Desk:
    """Where rights are changed: by whom, with which rights, in which tenant, at which moment."""

    scope: Scope
    rights: tuple[Mapping[str, Reach], ...]  # as they came in, and as they are now: what is given is within both
    products: tuple[str, ...]
    now: datetime

    def require_no_more_than_own(self, grants: Iterable[Mapping[str, Any]]) -> None:
        given = with_what_lies_within(granted(grants, self.products), self.scope.tenant_id)
        for own in self.rights:
            rules.require_no_more_than_own(own, given)


@contextmanager
def desk(scope: Scope) -> Iterator[Desk]:
    """The tenant's rights, locked for a change until the transaction ends. Whoever asks may change rights now."""
    scope.require(MEMBERS_EDIT)
    tenant = Tenant.objects.select_for_update(no_key=True).get(pk=scope.tenant_id)
    rights: tuple[Mapping[str, Reach], ...] = ()
    if not scope.trusted:
        fresh = scope_now(scope)
        fresh.require(MEMBERS_EDIT)
        rights = tuple(with_what_lies_within(one.granted, scope.tenant_id) for one in (scope, fresh))
    with connection.cursor() as cursor:  # asked for under the lock: what others did before it lies in the past
        cursor.execute("SELECT clock_timestamp()")
        now = cursor.fetchone()[0]
    before = queries.admin_spans(scope)
    yield Desk(scope, rights, tuple(tenant.products), now)
    rules.require_admin_left(before, queries.admin_spans(scope), now=now)


def require_may_give(scope: Scope, *, role: str, limits: Mapping[str, list[str]]) -> None:
    """Raise unless this role with these limits exists and goes no further than the rights of whoever asks.

    For everything that gives a role later: invitations, providers, tokens.
    """
    with desk(scope) as open_desk:
        require_sound(open_desk, role, limits)
        open_desk.require_no_more_than_own([{"role": role, "limits": limits}])


def update_membership(scope: Scope, *, id: int, values: Mapping[str, Any], reason: str) -> Membership:
    """Change a member's branch or dates. Giving a former member a later end takes them in again, without roles."""
    with desk(scope) as open_desk:
        found = manageable(open_desk, id)
        span = Span(found.from_at, found.until_at)
        dates = {name: values[name] for name in ("from_at", "until_at") if name in values}
        changed = rules.span_changed(span, dates, now=open_desk.now)
        after = {"branch_id": found.branch_id, "from_at": changed.from_at, "until_at": changed.until_at}
        if "branch_id" in values:
            require_branch(scope, values["branch_id"])
            after["branch_id"] = values["branch_id"]
        change(scope, "core.membership_changed", found, found, after, reason=reason)
    return queries.member(scope, id)


def end_membership(scope: Scope, *, id: int, reason: str) -> Membership:
    """End a membership now, with all its roles and the invitations that would begin it again. Again changes nothing."""
    invited = list(waiting_for(scope, id))  # locked before the tenant's row, as by who accepts one
    with desk(scope) as open_desk:
        found = manageable(open_desk, id)
        if not Span(found.from_at, found.until_at).is_over(open_desk.now):
            for grant in open_grants(scope, found):
                finish(open_desk, found, grant, reason=reason)
            at = max(open_desk.now, found.from_at)
            change(scope, "core.membership_ended", found, found, {"until_at": at}, reason=reason)
            for invitation in invited:
                invitation.state, invitation.ended_at = InvitationState.WITHDRAWN, open_desk.now
                invitation.save(update_fields=["state", "ended_at"])
                record(scope, "core.invitation_withdrawn", subject=invitation, reason=reason, email=invitation.email)
    return queries.member(scope, id)


def waiting_for(scope: Scope, id: int) -> QuerySet[Invitation]:
    """The invitations that wait for a member, locked."""
    member = Membership.objects.filter(tenant_id=scope.tenant_id, pk=id)
    waiting = Invitation.objects.select_for_update().filter(tenant_id=scope.tenant_id, state=InvitationState.WAITING)
    return waiting.filter(email__in=member.values("user__email")).order_by("pk")


def give_grant(scope: Scope, *, id: int, values: Mapping[str, Any], reason: str) -> Grant:
    """Give a member a role, perhaps narrowed to a reach, from a moment until another."""
    with desk(scope) as open_desk:
        found = editable(open_desk, id)
        if Span(found.from_at, found.until_at).is_over(open_desk.now):
            raise Conflict("This membership has ended. Renew it first.", code="membership-ended")
        if found.user.kind == Kind.SERVICE:
            raise Conflict("A program has no roles: its tokens say what it may do.", code="program-has-no-roles")
        if scope.staff_session_id is not None and found.user.is_superuser:
            raise Denied("Staff at work give staff no roles. A member of the tenant may.", code="staff-stay-staff")
        role, limits = values["role"], values.get("limits") or {}
        require_sound(open_desk, role, limits)
        open_desk.require_no_more_than_own([{"role": role, "limits": limits}])
        span = rules.span_of_new(values.get("from_at"), values.get("until_at"), now=open_desk.now)
        made = Grant.objects.create(
            tenant_id=scope.tenant_id, membership=found, role=role, limits=limits,
            from_at=span.from_at, until_at=span.until_at,
        )  # fmt: skip
        record(scope, "core.grant_given", subject=found, reason=reason, **told(made))
    return made


def change_grant(scope: Scope, *, id: int, grant_id: int, values: Mapping[str, Any], reason: str) -> Grant:
    """Change a role's limits or dates. Both what it was and what it becomes lie within the rights of whoever asks."""
    with desk(scope) as open_desk:
        found = editable(open_desk, id)
        grant = one_grant(scope, found, grant_id)
        if Span(grant.from_at, grant.until_at).is_over(open_desk.now):
            raise Conflict("This role has ended. Give it again.", code="grant-ended")
        limits = grant.limits if values.get("limits") is None else values["limits"]
        require_sound(open_desk, grant.role, limits)
        both = [{"role": grant.role, "limits": one} for one in (grant.limits, limits)]
        for one in both:  # each for itself: together they might reach as far as neither does
            open_desk.require_no_more_than_own([one])
        dates = {name: values[name] for name in ("from_at", "until_at") if name in values}
        span = rules.span_changed(Span(grant.from_at, grant.until_at), dates, now=open_desk.now)
        after = {"limits": limits, "from_at": span.from_at, "until_at": span.until_at}
        change(scope, "core.grant_changed", grant, found, after, reason=reason, grant=grant.pk, role=grant.role)
    return grant


def end_grant(scope: Scope, *, id: int, grant_id: int, reason: str) -> Grant:
    """Take a role away from now on. It stays as history; ending it again changes nothing."""
    with desk(scope) as open_desk:
        found = editable(open_desk, id)
        grant = one_grant(scope, found, grant_id)
        open_desk.require_no_more_than_own([{"role": grant.role, "limits": grant.limits}])
        if not Span(grant.from_at, grant.until_at).is_over(open_desk.now):
            finish(open_desk, found, grant, reason=reason)
    return grant


def finish(open_desk: Desk, member: Membership, grant: Grant, *, reason: str) -> None:
    grant.until_at = max(open_desk.now, grant.from_at)
    grant.save(update_fields=["until_at"])
    record(open_desk.scope, "core.grant_ended", subject=member, reason=reason, **told(grant))


def editable(open_desk: Desk, id: int) -> Membership:
    """A member within the reach of whoever asks. Raises NotFound, or Denied if they may only look."""
    scope = open_desk.scope
    found = queries.member(scope, id)
    within = branches_within(scope, MEMBERS_EDIT)
    if within is not None and found.branch_id not in within:
        raise Denied(f"Your permission {MEMBERS_EDIT} does not extend to this member.", permission=MEMBERS_EDIT)
    return found


def manageable(open_desk: Desk, id: int) -> Membership:
    """An editable member all of whose roles whoever asks could give: a change of the membership moves all of them."""
    found = editable(open_desk, id)
    for grant in open_grants(open_desk.scope, found):
        open_desk.require_no_more_than_own([{"role": grant.role, "limits": grant.limits}])
    return found


def open_grants(scope: Scope, member: Membership) -> list[Grant]:
    """The member's grants that are not over."""
    rows = Grant.objects.filter(queries.NOT_OVER, tenant_id=scope.tenant_id, membership_id=member.pk)
    return list(rows.order_by("pk"))


def one_grant(scope: Scope, member: Membership, id: int) -> Grant:
    found = Grant.objects.filter(tenant_id=scope.tenant_id, membership_id=member.pk, pk=id).first()
    if found is None:
        raise NotFound()
    return found


def require_sound(open_desk: Desk, role: str, limits: Mapping[str, list[str]]) -> None:
    """Raise BadRequest unless the role exists here, can be limited so, and the values are there."""
    on = {"core", *open_desk.products}
    rules.require_role(role, [name for name in role_names() if name.partition(".")[0] in on or "." not in name])
    require_limits(open_desk.scope, limits, whose=f"the role {role}", known=kinds_for(role))


def require_branch(scope: Scope, id: int | None) -> None:
    """Raise unless members may be put there by this person: an open branch within their reach, or none at all."""
    within = branches_within(scope, MEMBERS_EDIT)
    if within is not None and id is None:
        detail = "Your rights extend to some branches only: a member stays in one of them."
        raise Denied(detail, permission=MEMBERS_EDIT)
    if id is None:
        return
    seen = tenant_queries.branches(scope).filter(pk=id, archived_at=None)
    if not (seen if within is None else seen.filter(pk__in=within)).exists():
        raise Invalid(f"branch_id: there is no open branch {id}.", code="unknown-reference")


def change(
    scope: Scope, event: str, row: Any, member: Membership, after: Mapping[str, Any], *, reason: str, **more: Any
) -> None:
    """Write what differs and tell it; nothing if nothing does."""
    before = {name: getattr(row, name) for name in after if getattr(row, name) != after[name]}
    if not before:
        return
    for name in before:
        setattr(row, name, after[name])
    row.save(update_fields=list(before))
    both = {"before": plain(before), "after": plain({name: after[name] for name in before})}
    record(scope, event, subject=member, reason=reason, user_id=str(member.user_id), **both, **more)


def told(grant: Grant) -> dict[str, Any]:
    """A grant as an event keeps it."""
    names = ("role", "limits", "from_at", "until_at")
    known = plain({name: getattr(grant, name) for name in names})
    return {"grant": grant.pk, "user_id": str(grant.membership.user_id), **known}


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}
