"""When and how the caller of a request signed in, as django-allauth noted it in their session."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.headless.tokens.strategies.jwt.internal import get_token_session
from django.apps import apps

RECENT_SECONDS = 15 * 60
SECOND_FACTOR = "mfa"  # how allauth calls a sign-in with a code from an app or a recovery code


def sign_ins(request: Any) -> list[dict[str, Any]]:
    """The sign-ins of the caller's session, oldest first: {"method", "at", ...}. None for an API token of a program.

    `request` is Django's, or REST framework's with a session cookie or an access token.
    """
    session = getattr(request, "session", None)
    payload = getattr(request, "auth", None)
    if isinstance(payload, Mapping) and "sid" in payload:
        session = get_token_session(dict(payload))
    return list(session.get(AUTHENTICATION_METHODS_SESSION_KEY, [])) if session is not None else []


def signed_in_recently(request: Any) -> bool:
    """Whether the caller proved who they are within the last quarter of an hour."""
    found = sign_ins(request)
    return bool(found) and time.time() - found[-1].get("at", 0) < RECENT_SECONDS


def used_second_factor(request: Any) -> bool:
    return any(one.get("method") == SECOND_FACTOR for one in sign_ins(request))


def has_second_factor(user: Any) -> bool:
    if not apps.is_installed("allauth.mfa"):
        return False
    from allauth.mfa.utils import is_mfa_enabled

    return bool(is_mfa_enabled(user))
