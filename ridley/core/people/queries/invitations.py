"""Invitations of a tenant, and the one that a secret link names."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from django.db import connection
from django.db.models import Case, CharField, F, Q, QuerySet, Value, When
from django.db.models.functions import Now

from ridley.core.access.branches import branches_within
from ridley.core.access.errors import NotFound
from ridley.core.access.permissions import MEMBERS_EDIT
from ridley.core.access.scope import Scope
from ridley.core.people.models import Invitation, InvitationState

OVERDUE = Q(state=InvitationState.WAITING, expires_at__lte=Now())

FIND_INVITATION = """
CREATE OR REPLACE FUNCTION find_invitation(hash text)
RETURNS TABLE (tenant_id bigint, tenant_key text, tenant_name text, invitation_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT t.id, t.key::text, t.name::text, i.id
    FROM public.people_invitation i JOIN public.tenants_tenant t ON t.id = i.tenant_id
   WHERE i.token_hash = hash AND i.state = 'waiting' AND statement_timestamp() < i.expires_at
$$
"""


@dataclass(frozen=True, slots=True)
class Found:
    """The invitation that a link names, before any tenant is known."""

    tenant_id: int
    tenant_key: str
    tenant_name: str
    invitation_id: int


def invitations(scope: Scope) -> QuerySet[Invitation]:
    """All within reach; `shown_state` tells those that wait too long as expired."""
    within = branches_within(scope, MEMBERS_EDIT)
    expired = When(OVERDUE, then=Value(InvitationState.EXPIRED.value))
    rows = Invitation.objects.filter(tenant_id=scope.tenant_id)
    if within is not None:
        rows = rows.filter(branch_id__in=within)
    return rows.annotate(shown_state=Case(expired, default=F("state"), output_field=CharField()))


def invitation(scope: Scope, id: int) -> Invitation:
    """One invitation. Raises NotFound."""
    found = invitations(scope).filter(pk=id).first()
    if found is None:
        raise NotFound()
    return found


def hash_of(token: str) -> str:
    return sha256(token.encode("utf-8", "replace")).hexdigest()


def find_invitation(token: str) -> Found:
    """The invitation whose link this is. Unknown, used, withdrawn and expired ones are refused alike."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM find_invitation(%s)", [hash_of(token)])
        row = cursor.fetchone()
    if row is None:
        raise not_valid()
    return Found(*row)


def not_valid() -> NotFound:
    detail = "This invitation is not there, or was used, withdrawn or sent anew, or has expired. Ask for another one."
    return NotFound(detail, code="invitation-not-valid")
