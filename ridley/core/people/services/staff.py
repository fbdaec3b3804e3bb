"""Staff sessions: the only way for the installation's superusers to work inside a tenant, timed and with a reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from ridley.core.access.door import opened, trusted_scope
from ridley.core.access.errors import Conflict, Denied, NotFound
from ridley.core.access.permissions import STAFF_END
from ridley.core.access.scope import Scope
from ridley.core.audit.services import record
from ridley.core.people import rules
from ridley.core.people.queries.members import IN_EFFECT
from ridley.core.people.queries.staff import staff_sessions
from ridley.core.tenants.functions import StaffStay
from ridley.core.tenants.functions import staff_sessions as all_sessions
from ridley.core.tenants.models import Membership, StaffSession, Tenant

LONGEST_MINUTES = 240


def start_session(user: Any, *, tenant: str, reason: str, minutes: int, recently: bool, request_id: str) -> StaffStay:
    """Let a superuser into a tenant for a while. `recently`: whether they signed in just now.

    Raises Denied, NotFound for an unknown tenant, Conflict if one runs or they are a member: then their roles count.
    """
    rules.require_staff(is_superuser=user.is_superuser and user.is_active, recently=recently)
    found = Tenant.objects.filter(key=tenant).first()
    if found is None:
        raise NotFound(f"There is no tenant {tenant[:62]!r}.")
    with opened(trusted_scope(found.pk, actor_id=user.pk, request_id=request_id)) as scope:
        Tenant.objects.select_for_update(no_key=True).get(pk=found.pk)  # one session at a time
        mine = StaffSession.objects.filter(tenant_id=found.pk, user=user, ended_at=None)
        if mine.filter(until_at__gt=moment()).exists():
            raise Conflict("A staff session of yours runs there already.", code="staff-session-runs")
        if Membership.objects.filter(IN_EFFECT, tenant_id=found.pk, user=user).exists():
            raise Conflict("You are a member there: your own roles count.", code="already-member")
        now = moment()
        made = StaffSession.objects.create(
            tenant=found, user=user, reason=reason, from_at=now, until_at=now + timedelta(minutes=minutes)
        )
        within = replace(scope, staff_session_id=made.pk)
        tell(within, "core.staff_session_started", made, reason=reason, minutes=minutes)
    return one_session(user, made.pk)


def end_session(user: Any, *, id: int, request_id: str) -> StaffStay:
    """End a session of one's own or of another superuser. Ending it again changes nothing."""
    if not (user.is_superuser and user.is_active):
        raise Denied("Staff sessions are for the installation's superusers.")
    found = one_session(user, id)
    with opened(trusted_scope(found.tenant_id, actor_id=user.pk, request_id=request_id)) as scope:
        mine = found.user_id == user.pk
        finish(replace(scope, staff_session_id=id) if mine else scope, id, reason="")
    return one_session(user, id)


def take_back(scope: Scope, *, id: int, reason: str) -> StaffSession:
    """End a session from within the tenant: from its person's next request on, they are outside."""
    scope.require(STAFF_END)
    finish(scope, id, reason=reason)
    return staff_sessions(scope).get(pk=id)


def finish(scope: Scope, id: int, *, reason: str) -> None:
    found = StaffSession.objects.select_for_update().filter(tenant_id=scope.tenant_id, pk=id).first()
    if found is None:
        raise NotFound()
    now = moment()
    if found.ended_at is None and found.until_at > now:
        found.ended_at = now
        found.save(update_fields=["ended_at"])
        tell(scope, "core.staff_session_ended", found, reason=reason)


def tell(scope: Scope, kind: str, session: StaffSession, *, reason: str, **more: Any) -> None:
    until = (session.ended_at or session.until_at).isoformat()
    staff = {"user_id": str(session.user_id), "email": session.user.email}
    record(scope, kind, subject=session, reason=reason, staff_session=session.pk, until_at=until, **staff, **more)


def one_session(user: Any, id: int) -> StaffStay:
    found = all_sessions(user.pk, id=id)
    if not found:
        raise NotFound()
    return found[0]


def moment() -> datetime:
    """The database's clock, which the door goes by too."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]
