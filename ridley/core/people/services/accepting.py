"""Accepting an invitation by its link: as somebody new, or as the person it was sent to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest, Least
from django.utils import timezone

from ridley.core.access.door import opened, trusted_scope
from ridley.core.access.errors import BadRequest, Conflict, Denied, Refusal
from ridley.core.access.permissions import MEMBERS_EDIT
from ridley.core.access.roles import granted
from ridley.core.access.scope import Scope
from ridley.core.accounts.models import User
from ridley.core.audit.services import record
from ridley.core.people.models import Invitation, InvitationState
from ridley.core.people.queries.invitations import Found, find_invitation, not_valid
from ridley.core.people.services.invitations import name_of
from ridley.core.people.services.members import require_may_give
from ridley.core.tenants.functions import enter_tenant
from ridley.core.tenants.models import Grant, Membership


def invitation_of(token: str, *, request_id: str) -> dict[str, str]:
    """What the holder of a link is told before they accept: where to, and by whom. No more."""
    found = find_invitation(token)
    with opened(trusted_scope(found.tenant_id, request_id=request_id)) as scope:
        return {"tenant": found.tenant_name, "invited_by": name_of(vouched_for(scope, found, lock=False))}


@transaction.atomic
def accept(token: str, *, person: User | None, values: Mapping[str, Any], request_id: str) -> dict[str, Any]:
    """Become a member as the invitation says, and use it up. `person` is who is signed in; else one is made.

    `values` are the first and last name and the password of somebody new. The address is confirmed by the link.
    """
    found = find_invitation(token)
    with opened(trusted_scope(found.tenant_id, request_id=request_id)) as scope:
        invitation = vouched_for(scope, found, lock=True)
        if person is None:
            user = somebody_new(invitation.email, values)
        elif person.email != invitation.email:
            raise Denied(
                "This invitation is for another address than yours. Sign in with that one.",
                code="invitation-for-another",
            )
        else:
            user = person
        now = timezone.now()
        membership = join(scope, invitation, user, now)
        invitation.state, invitation.accepted_by, invitation.ended_at = InvitationState.ACCEPTED, user.pk, now
        invitation.save(update_fields=["state", "accepted_by", "ended_at"])
        record(
            replace(scope, actor_id=user.pk), "core.invitation_accepted", subject=invitation,
            user_id=str(user.pk), membership_id=membership.pk, invited_by=str(invitation.invited_by),
            roles=invitation.roles, limits=invitation.limits, account_created=person is None,
        )  # fmt: skip
    return {"tenant": found.tenant_key, "name": found.tenant_name, "email": user.email}


def vouched_for(scope: Scope, found: Found, *, lock: bool) -> Invitation:
    """The invitation, if it still waits, offers time to come, and could still be offered. Raises NotFound.

    An invitation is worth what its inviter's rights are worth now: whoever lost theirs leaves no door open behind them.
    """
    rows = Invitation.objects.select_for_update() if lock else Invitation.objects.all()
    waiting = rows.filter(tenant_id=scope.tenant_id, state=InvitationState.WAITING, expires_at__gt=timezone.now())
    invitation = waiting.exclude(until_at__lte=timezone.now()).filter(pk=found.invitation_id).first()
    if invitation is None or not may_still_give(found.tenant_key, invitation):
        raise not_valid()
    return invitation


def may_still_give(tenant_key: str, invitation: Invitation) -> bool:
    inviter = User.objects.filter(pk=invitation.invited_by, is_active=True).first()
    if inviter is None or invitation.staff_session_id is not None:
        return inviter is not None and inviter.is_superuser
    entry = enter_tenant(tenant_key, inviter.pk)
    if entry is None:
        return False
    scope = Scope(entry.tenant_id, inviter.pk, granted(entry.grants, entry.products))
    try:
        scope.require(MEMBERS_EDIT)
        for role in invitation.roles:
            require_may_give(scope, role=role, limits=invitation.limits)
    except Refusal:
        return False
    return True


def somebody_new(email: str, values: Mapping[str, Any]) -> User:
    """Make the account. Raises Conflict if there is one: only its owner may use it, signed in."""
    taken = Conflict("There is an account with this address. Sign in to accept.", code="sign-in-to-accept")
    if User.objects.filter(email=email).exists():
        raise taken
    names = {"first_name": values.get("first_name", ""), "last_name": values.get("last_name", "")}
    password = values.get("password") or ""
    try:
        validate_password(password, User(email=email, **names))
    except ValidationError as error:
        raise BadRequest(f"password: {' '.join(error.messages)}", code="weak-password") from None
    try:
        with transaction.atomic():
            return User.objects.create_user(email, password, **names)
    except IntegrityError:
        raise taken from None


def join(scope: Scope, invitation: Invitation, user: User, now: datetime) -> Membership:
    """The membership, with the roles of the invitation besides those that it had."""
    from_at, until_at = max(invitation.from_at or now, now), invitation.until_at
    mine = Membership.objects.select_for_update().filter(tenant_id=scope.tenant_id, user=user)
    found = mine.first()
    if found is None:
        found = Membership.objects.create(
            tenant_id=scope.tenant_id, user=user, branch_id=invitation.branch_id, from_at=from_at, until_at=until_at
        )
    else:
        keep_within(found)
        is_over = found.until_at is not None and found.until_at <= now
        if is_over:
            found.from_at, found.until_at, found.branch_id = from_at, until_at, invitation.branch_id
        else:
            ends = [found.until_at, until_at]
            found.from_at, found.until_at = min(found.from_at, from_at), None if None in ends else max(ends)  # type: ignore[type-var]
        found.save(update_fields=["from_at", "until_at", "branch"])
    Grant.objects.bulk_create(
        Grant(
            tenant_id=scope.tenant_id, membership=found, role=role, limits=invitation.limits,
            from_at=from_at, until_at=until_at,
        )
        for role in invitation.roles
    )  # fmt: skip
    return found


def keep_within(membership: Membership) -> None:
    """Hold the roles of before to the dates of before: a membership that now lasts longer must not revive them."""
    grants = Grant.objects.filter(tenant_id=membership.tenant_id, membership=membership)
    grants.filter(from_at__lt=membership.from_at).update(from_at=membership.from_at)
    if membership.until_at is not None:
        longer = grants.filter(Q(until_at=None) | Q(until_at__gt=membership.until_at))
        longer.update(until_at=Greatest(F("from_at"), Least(membership.until_at, F("until_at"))))
