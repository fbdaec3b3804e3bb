"""What must be read before a tenant is known: functions that run as the owner, each with a fixed search_path.

Kept as text so that the migration that makes them and the test that reads them back share one source. A search_path
that does not name pg_temp begins with it, so that a caller's temporary view would stand in for a table and run as the
owner: hence pg_temp last, and every table with its schema.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

ENTER_TENANT = """
CREATE OR REPLACE FUNCTION enter_tenant(wanted text, person uuid)
RETURNS TABLE (tenant_id bigint, membership_id bigint, products text[], grants jsonb, before text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  SELECT t.id, m.id, t.products::text[],
         coalesce((SELECT jsonb_agg(jsonb_build_object('role', g.role, 'limits', g.limits))
                     FROM public.tenants_grant g WHERE g.tenant_id = t.id AND g.membership_id = m.id), '[]'::jsonb)
    INTO tenant_id, membership_id, products, grants
    FROM public.tenants_tenant t JOIN public.tenants_membership m ON m.tenant_id = t.id AND m.user_id = person
   WHERE t.key = wanted AND m.from_at <= statement_timestamp()
     AND (m.until_at IS NULL OR statement_timestamp() < m.until_at);
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


@dataclass(frozen=True, slots=True)
class Entry:
    """What entering a tenant found: whose membership, which products, which roles; and the pin before."""

    tenant_id: int
    membership_id: int
    products: tuple[str, ...]
    grants: tuple[dict[str, Any], ...]
    before: str


def enter_tenant(key: str, person: UUID) -> Entry | None:
    """Pin the tenant for this transaction if the person is a member now; else None, and nothing is pinned."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM enter_tenant(%s, %s)", [key, person])
        row = cursor.fetchone()
    if row is None:
        return None
    grants = row[3] if isinstance(row[3], list) else json.loads(row[3])
    return Entry(row[0], row[1], tuple(row[2]), tuple(grants), row[4])


def my_tenants(person: UUID) -> list[dict[str, Any]]:
    """The tenants a person belongs to now: key, name, products, source_word."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM my_tenants(%s)", [person])
        return [
            {"key": key, "name": name, "products": products, "source_word": word}
            for key, name, products, word in cursor.fetchall()
        ]
