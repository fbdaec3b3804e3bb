"""Which program calls: a token of a service account."""

from __future__ import annotations

import json
import logging
from typing import Any

from django.db import DatabaseError, connection
from django.utils.crypto import constant_time_compare
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from ridley.core.access.scope import TokenRights
from ridley.core.accounts.authentication import REFUSED, bearer
from ridley.core.accounts.models import Kind, User
from ridley.core.accounts.tokens import PERSON_FIELDS
from ridley.core.database.pin import pinned
from ridley.core.people import token_rules as rules

logger = logging.getLogger(__name__)

FOUND = f"""
SELECT t.tenant_id, t.hash, t.permissions, t.limits, t.used_lately, {", ".join(f'u."{name}"' for name in PERSON_FIELDS)}
  FROM api_token(%s) t JOIN accounts_user u ON u.id = t.user_id AND u.is_active AND u.kind = '{Kind.SERVICE.value}'
"""
USED = "UPDATE people_apitoken SET last_used_at = statement_timestamp() WHERE tenant_id = %s AND id = %s"


class ApiTokens(BaseAuthentication):
    """`Authorization: Bearer rdl_...`. Other tokens are left to the next class."""

    def authenticate(self, request: Request) -> tuple[Any, TokenRights] | None:
        token = bearer(request)
        if token is None or not token.startswith(rules.PREFIX):
            return None
        found = program_of(token)
        if found is None:
            raise AuthenticationFailed(REFUSED)
        return found

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="ridley"'


def program_of(token: str) -> tuple[User, TokenRights] | None:
    """The program whose token this is, and what it allows; None unless it is good now."""
    id = rules.read(token)
    if id is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(FOUND, [id])
        row = cursor.fetchone()
    if row is None or not constant_time_compare(row[1], rules.hashed(token)):
        return None
    tenant_id, _, permissions, limits, used_lately = row[:5]
    if not used_lately:
        note_use(tenant_id, id)
    limits = limits if isinstance(limits, dict) else json.loads(limits)
    user = User.from_db("default", PERSON_FIELDS, row[5:])
    return user, TokenRights(id, tenant_id, tuple(permissions), limits)


def note_use(tenant_id: int, id: int) -> None:
    """Keep that it was used just now, in a transaction of its own; on a full disk, say, that is not worth a refusal."""
    try:
        with pinned(tenant_id), connection.cursor() as cursor:
            cursor.execute(USED, [tenant_id, id])
    except DatabaseError as error:
        logger.warning("The last use of token %s could not be kept: %s", id, error)
