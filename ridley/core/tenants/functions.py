"""What must be read before a tenant is known: functions that run as the owner, each with a fixed search_path.

Kept as text so that the migration that makes them and the test that reads them back share one source. A search_path
that does not name pg_temp begins with it, so that a caller's temporary view would stand in for a table and run as the
owner: hence pg_temp last, and every table with its schema.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

ENTER_TENANT = """
CREATE OR REPLACE FUNCTION enter_tenant(wanted text, person uuid)
RETURNS TABLE (tenant_id bigint, membership_id bigint, staff_session_id bigint, products text[], grants jsonb,
               second_factor boolean, before text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  SELECT t.id, m.id, NULL, t.products::text[], t.requires_second_factor,
         coalesce((SELECT jsonb_agg(jsonb_build_object('role', g.role, 'limits', g.limits))
                     FROM public.tenants_grant g WHERE g.tenant_id = t.id AND g.membership_id = m.id
                      AND g.from_at <= statement_timestamp()
                      AND (g.until_at IS NULL OR statement_timestamp() < g.until_at)), '[]'::jsonb)
    INTO tenant_id, membership_id, staff_session_id, products, second_factor, grants
    FROM public.tenants_tenant t JOIN public.tenants_membership m ON m.tenant_id = t.id AND m.user_id = person
   WHERE t.key = wanted AND m.from_at <= statement_timestamp()
     AND (m.until_at IS NULL OR statement_timestamp() < m.until_at);
  IF NOT FOUND THEN
    SELECT t.id, NULL, s.id, t.products::text[], t.requires_second_factor, '[{"role": "admin", "limits": {}}]'::jsonb
      INTO tenant_id, membership_id, staff_session_id, products, second_factor, grants
      FROM public.tenants_tenant t
      JOIN public.tenants_staffsession s ON s.tenant_id = t.id AND s.user_id = person
      JOIN public.accounts_user u ON u.id = s.user_id AND u.is_superuser AND u.is_active
     WHERE t.key = wanted AND s.ended_at IS NULL
       AND s.from_at <= statement_timestamp() AND statement_timestamp() < s.until_at
     ORDER BY s.id DESC LIMIT 1;
  END IF;
  IF FOUND THEN
    before := coalesce(current_setting('app.tenant_id', true), '');
    PERFORM set_config('app.tenant_id', tenant_id::text, true);
    RETURN NEXT;
  END IF;
END
$$
"""

MY_TENANTS = """
CREATE OR REPLACE FUNCTION my_tenants(person uuid)
RETURNS TABLE (key text, name text, products text[], source_word text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT t.key, t.name, t.products::text[], t.source_word
    FROM public.tenants_membership m JOIN public.tenants_tenant t ON t.id = m.tenant_id
   WHERE m.user_id = person AND m.from_at <= statement_timestamp()
     AND (m.until_at IS NULL OR statement_timestamp() < m.until_at)
   ORDER BY t.name, t.key
$$
"""

# Only for superusers, which it looks up itself: to anybody else there are none.
STAFF_SESSIONS = """
CREATE OR REPLACE FUNCTION staff_sessions(asker uuid)
RETURNS TABLE (id bigint, tenant_id bigint, tenant text, tenant_name text, user_id uuid, email text, reason text,
               from_at timestamptz, until_at timestamptz, ended_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT s.id, t.id, t.key, t.name, u.id, u.email, s.reason, s.from_at, s.until_at, s.ended_at
    FROM public.tenants_staffsession s
    JOIN public.tenants_tenant t ON t.id = s.tenant_id
    JOIN public.accounts_user u ON u.id = s.user_id
   WHERE EXISTS (SELECT 1 FROM public.accounts_user a WHERE a.id = asker AND a.is_superuser AND a.is_active)
   ORDER BY s.id DESC
$$
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """What entering a tenant found: by membership or staff session, which products, which roles; and the pin before.

    `second_factor`: the tenant lets in only who signed in with one.
    """

    tenant_id: int
    membership_id: int | None
    staff_session_id: int | None
    products: tuple[str, ...]
    grants: tuple[dict[str, Any], ...]
    second_factor: bool
    before: str


def enter_tenant(key: str, person: UUID) -> Entry | None:
    """Pin the tenant for this transaction if the person may come in now; else None, and nothing is pinned.

    A member comes in with the roles in effect; a superuser without a membership, while a staff session runs.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM enter_tenant(%s, %s)", [key, person])
        row = cursor.fetchone()
    if row is None:
        return None
    tenant_id, membership_id, staff_session_id, products, grants, second_factor, before = row
    grants = grants if isinstance(grants, list) else json.loads(grants)
    return Entry(tenant_id, membership_id, staff_session_id, tuple(products), tuple(grants), second_factor, before)


def person_now(tenant_id: int, person: UUID) -> Entry | None:
    """What entering the tenant that is pinned would find now; None also if the person was switched off."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.key FROM tenants_tenant t, accounts_user u WHERE t.id = %s AND u.id = %s AND u.is_active",
            [tenant_id, person],
        )
        found = cursor.fetchone()
    return enter_tenant(found[0], person) if found else None


def my_tenants(person: UUID) -> list[dict[str, Any]]:
    """The tenants a person belongs to now: key, name, products, source_word."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM my_tenants(%s)", [person])
        return [
            {"key": key, "name": name, "products": products, "source_word": word}
            for key, name, products, word in cursor.fetchall()
        ]


@dataclass(frozen=True, slots=True)
class StaffStay:
    """A staff session as superusers see it, with its tenant and person."""

    id: int
    tenant_id: int
    tenant: str
    tenant_name: str
    user_id: UUID
    email: str
    reason: str
    from_at: datetime
    until_at: datetime
    ended_at: datetime | None

    def is_running(self, now: datetime) -> bool:
        return self.ended_at is None and self.from_at <= now < self.until_at


def staff_sessions(asker: UUID, *, id: int | None = None, of: UUID | None = None, limit: int = 200) -> list[StaffStay]:
    """The staff sessions of all tenants, newest first, for a superuser; for anybody else none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM staff_sessions(%(asker)s) s WHERE (%(id)s::numeric IS NULL OR s.id = %(id)s)"
            " AND (%(of)s::uuid IS NULL OR s.user_id = %(of)s) ORDER BY s.id DESC LIMIT %(limit)s",
            {"asker": asker, "id": id, "of": of, "limit": limit},
        )
        return [StaffStay(*row) for row in cursor.fetchall()]
