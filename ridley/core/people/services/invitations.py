"""Inviting people by mail: nobody offers more than they have, and learns nothing about who has an account already."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from ridley.core.access.errors import Conflict, Denied, Invalid, NotFound
from ridley.core.access.permissions import MEMBERS_EDIT
from ridley.core.access.scope import Scope
from ridley.core.accounts import letters
from ridley.core.accounts.models import User
from ridley.core.audit.services import record
from ridley.core.people.models import Invitation, InvitationState
from ridley.core.people.queries import invitations as queries
from ridley.core.people.services.members import require_branch, require_may_give
from ridley.core.tenants.models import Tenant

GOOD_FOR = timedelta(days=7)
AGAIN_AFTER = timedelta(minutes=1)


def invite(scope: Scope, *, values: Mapping[str, Any], origin: str) -> Invitation:
    """Invite an address to be a member with these roles. `origin` is where the link leads if no setting says so."""
    scope.require(MEMBERS_EDIT)
    now = timezone.now()
    email, limits = User.normalize_username(values["email"]), values.get("limits") or {}
    roles = list(dict.fromkeys(values["roles"]))
    for role in roles:
        require_may_give(scope, role=role, limits=limits)
    require_not_staff(scope, email)
    require_branch(scope, values.get("branch_id"))
    require_future(values.get("from_at"), values.get("until_at"), now)
    mine = Invitation.objects.filter(tenant_id=scope.tenant_id, email=email)
    mine.filter(queries.OVERDUE).update(state=InvitationState.EXPIRED, ended_at=now)
    token = secrets.token_urlsafe(32)
    try:
        with transaction.atomic():
            made = Invitation.objects.create(
                tenant_id=scope.tenant_id, email=email, roles=roles, limits=limits,
                branch_id=values.get("branch_id"), from_at=values.get("from_at"), until_at=values.get("until_at"),
                message=values.get("message", ""), invited_by=inviter(scope), staff_session_id=scope.staff_session_id,
                token_hash=queries.hash_of(token), sent_at=now, expires_at=now + GOOD_FOR,
            )  # fmt: skip
    except IntegrityError:
        raise Conflict(
            "This address is invited already. Send it again or withdraw it.", code="already-invited"
        ) from None
    write_to(made, token, origin)
    record(scope, "core.member_invited", subject=made, **told(made))
    return queries.invitation(scope, made.pk)


def resend(scope: Scope, *, id: int, origin: str) -> Invitation:
    """Send an invitation anew, with another link, good for another week; the link of before is worth nothing."""
    found = waiting(scope, id)
    now = timezone.now()
    if now < found.sent_at + AGAIN_AFTER:
        raise Conflict("It was sent less than a minute ago.", code="sent-just-now")
    for role in found.roles:
        require_may_give(scope, role=role, limits=found.limits)
    token = secrets.token_urlsafe(32)
    found.token_hash, found.sent_at, found.expires_at = queries.hash_of(token), now, now + GOOD_FOR
    found.invited_by, found.staff_session_id = inviter(scope), scope.staff_session_id  # who vouches for it now
    found.save(update_fields=["token_hash", "sent_at", "expires_at", "invited_by", "staff_session_id"])
    write_to(found, token, origin)
    record(scope, "core.invitation_sent_again", subject=found, email=found.email)
    return queries.invitation(scope, id)


def require_not_staff(scope: Scope, email: str) -> None:
    """Raise Denied if staff at work would make staff a member: their session would never end."""
    if scope.staff_session_id is not None and User.objects.filter(email=email, is_superuser=True).exists():
        raise Denied("Staff at work take in no staff. A member of the tenant may.", code="staff-stay-staff")


def withdraw(scope: Scope, *, id: int) -> Invitation:
    """Take an invitation back: its link is worth nothing from now on. Doing it again changes nothing."""
    found = locked(scope, id)
    if found.state == InvitationState.ACCEPTED:
        raise Conflict("It was accepted. End the membership instead.", code="invitation-accepted")
    if found.state == InvitationState.WAITING:
        found.state, found.ended_at = InvitationState.WITHDRAWN, timezone.now()
        found.save(update_fields=["state", "ended_at"])
        record(scope, "core.invitation_withdrawn", subject=found, email=found.email)
    return queries.invitation(scope, id)


def inviter(scope: Scope) -> UUID:
    if scope.actor_id is None:
        raise Denied("Somebody has to vouch for an invitation.")
    return scope.actor_id


def waiting(scope: Scope, id: int) -> Invitation:
    found = locked(scope, id)
    if found.state != InvitationState.WAITING:
        raise Conflict(f"This invitation is {found.state}. Invite anew.", code=f"invitation-{found.state}")
    return found


def locked(scope: Scope, id: int) -> Invitation:
    found = queries.invitations(scope).select_for_update().filter(pk=id).first()
    if found is None:
        raise NotFound()
    return found


def require_future(from_at: datetime | None, until_at: datetime | None, now: datetime) -> None:
    if until_at is not None and until_at <= max(now, from_at or now):
        raise Invalid("until_at: wanted a moment ahead, and after from_at.", code="ends-before-it-begins")


def write_to(invitation: Invitation, token: str, origin: str) -> None:
    tenant = Tenant.objects.get(pk=invitation.tenant_id)
    values = {
        "tenant": tenant.name,
        "inviter": name_of(invitation),
        "message": invitation.message,
        "link": f"{settings.PUBLIC_URL or origin.rstrip('/')}/account/invitation#{token}",
        "days": GOOD_FOR.days,
    }
    letters.send("invitation", invitation.email, values)


def name_of(invitation: Invitation) -> str:
    """Who invites, for people."""
    found = User.objects.filter(pk=invitation.invited_by).first()
    return found.get_full_name() if found else "An administrator"


def told(invitation: Invitation) -> dict[str, Any]:
    """An invitation as an event keeps it."""
    dates = {"from_at": invitation.from_at, "until_at": invitation.until_at}
    return {
        "email": invitation.email,
        "roles": invitation.roles,
        "limits": invitation.limits,
        "branch_id": invitation.branch_id,
        **{name: value.isoformat() if value else None for name, value in dates.items()},
    }
