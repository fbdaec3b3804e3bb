"""When and how the caller of a request signed in, as django-allauth noted it in their session."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator

from ridley.core.accounts.tokens import SignedIn

RECENT_SECONDS = 15 * 60
SECOND_FACTOR = "mfa"  # how allauth calls a sign-in with a code from an app or a recovery code


def sign_ins(request: Any) -> list[dict[str, Any]]:
    """The sign-ins of the caller's session, oldest first: {"method", "at", ...}. None for an API token of a program.

    `request` is Django's, or REST framework's with a session cookie or an access token.
    """
    auth = getattr(request, "auth", None)
    session = auth.session if isinstance(auth, SignedIn) else request.session if auth is None else {}
    return list(session.get(AUTHENTICATION_METHODS_SESSION_KEY, []))


def signed_in_recently(request: Any) -> bool:
    """Whether the caller proved who they are within the last quarter of an hour."""
    found = sign_ins(request)
    return bool(found) and time.time() - found[-1].get("at", 0) < RECENT_SECONDS


def used_second_factor(request: Any) -> bool:
    return any(one.get("method") == SECOND_FACTOR for one in sign_ins(request))


def has_second_factor(user_id: UUID | None) -> bool:
    """Whether a person could sign in with one. Recovery codes alone are none."""
    return Authenticator.objects.filter(user_id=user_id, type=Authenticator.Type.TOTP).exists()
