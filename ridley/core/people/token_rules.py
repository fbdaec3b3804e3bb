"""How a token is spelled, and which rights may be given to one: values in, a decision out."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Collection
from datetime import datetime, timedelta

from ridley.core.access.errors import Invalid
from ridley.core.access.permissions import MEMBERS_EDIT, PROVIDERS_EDIT, TENANT_EDIT, TOKENS_EDIT

PREFIX = "rdl_"  # by which scanners for leaked secrets can know one
SPELLED = re.compile(r"rdl_([1-9][0-9]{0,17})_([0-9a-f]{64})([0-9a-f]{8})")
LONGEST_DAYS = 366
# What was stolen must not let others in or lower the bar for them, or revoking it would not end the harm.
NEVER = frozenset({TOKENS_EDIT, MEMBERS_EDIT, PROVIDERS_EDIT, TENANT_EDIT})


def spelled(id: int, secret: bytes) -> str:
    """The token with this number and these 32 random bytes. It ends in a checksum, so that slips are seen at once."""
    beginning = f"{PREFIX}{id}_{secret.hex()}"
    return f"{beginning}{zlib.crc32(beginning.encode()):08x}"


def read(token: str) -> int | None:
    """The number of a token that is spelled rightly; None for any other text."""
    found = SPELLED.fullmatch(token)
    if found is None or f"{zlib.crc32(token[:-8].encode()):08x}" != found[3]:
        return None
    return int(found[1])


def hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def require_permissions(permissions: Collection[str], *, known: Collection[str]) -> None:
    """Raise Invalid unless each permission exists and may be a token's."""
    for permission in sorted(permissions):
        if permission not in known:
            raise Invalid(f"permissions: {permission[:60]!r} is not known.", code="unknown-permission")
        if permission in NEVER:
            raise Invalid(f"permissions: {permission} is never a token's.", code="not-for-tokens")


def require_expiry(expires_at: datetime, *, now: datetime) -> None:
    """Raise Invalid unless a token would end within a year from now."""
    if not now < expires_at <= now + timedelta(days=LONGEST_DAYS):
        raise Invalid(f"expires_at: wanted a moment within {LONGEST_DAYS} days from now.", code="bad-expiry")
