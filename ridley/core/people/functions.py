"""What must be read of a token before its tenant is known, by a function that runs as the owner.

As in tenants/functions.py, and with the same search_path for the same reason.
"""

from __future__ import annotations

OF_A_PROGRAM = """
CREATE OR REPLACE FUNCTION api_token(wanted bigint)
RETURNS TABLE (tenant_id bigint, user_id uuid, hash text, permissions text[], limits jsonb, used_lately boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT t.tenant_id, a.user_id, t.hash::text, t.permissions::text[], t.limits,
         coalesce(t.last_used_at > statement_timestamp() - interval '1 minute', false)
    FROM public.people_apitoken t
    JOIN public.people_serviceaccount a ON a.tenant_id = t.tenant_id AND a.id = t.account_id AND a.archived_at IS NULL
   WHERE t.id = wanted AND t.revoked_at IS NULL AND statement_timestamp() < t.expires_at
$$
"""
