"""How a token is spelled, and which rights may be given to one: values in, a decision out."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from ridley.core.access.errors import Denied, Invalid
from ridley.core.access.permissions import TOKENS_EDIT
from ridley.core.access.reach import KINDS, Reach

PREFIX = "rdl_"  # by which scanners for leaked secrets can know one
SPELLED = re.compile(r"rdl_([1-9][0-9]{0,17})_([0-9a-f]{64})([0-9a-f]{8})")
LONGEST_DAYS = 366
NEVER = frozenset({TOKENS_EDIT})  # a token that was stolen must not be able to make others


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


def require_givable(
    permissions: Collection[str], limits: Mapping[str, Collection[str]], *, held: Mapping[str, Reach],
    known: Collection[str],
) -> None:  # fmt: skip
    """Raise unless each permission exists, may be a token's, and is held by the giver as far as it is given."""
    if unknown := sorted(set(limits) - set(KINDS)):
        raise Invalid(f"limits: {unknown[0][:40]!r} is no kind. Known: {', '.join(KINDS)}.", code="unknown-kind")
    reach = Reach.of(limits)
    for permission in sorted(permissions):
        if permission not in known:
            raise Invalid(f"permissions: {permission[:60]!r} is not known.", code="unknown-permission")
        if permission in NEVER:
            raise Invalid(f"permissions: {permission} is never a token's.", code="not-for-tokens")
        if permission not in held:
            raise Denied(f"You cannot give {permission}, which you do not have.", code="wider-than-yours")
        if not permission.startswith("core.") and not reach.within(held[permission]):
            raise Denied(f"You cannot give {permission} further than yours extends.", code="wider-than-yours")


def require_expiry(expires_at: datetime, *, now: datetime) -> None:
    """Raise Invalid unless a token would end within a year from now."""
    if not now < expires_at <= now + timedelta(days=LONGEST_DAYS):
        raise Invalid(f"expires_at: wanted a moment within {LONGEST_DAYS} days from now.", code="bad-expiry")
