"""The second factor: how its secrets are kept, who has one, and whether a session was begun with one."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from allauth.account.authentication import get_authentication_records
from allauth.headless.internal.sessionkit import lookup_session
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.http import HttpRequest

from ridley.core.access import encryption
from ridley.core.accounts.models import Kind
from ridley.core.accounts.sessions import session_key_of

METHOD = "mfa"


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets of authenticator apps and recovery codes are encrypted at rest."""

    def encrypt(self, text: str) -> str:
        return encryption.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return encryption.decrypt(encrypted_text)


def has_second_factor(user_id: UUID) -> bool:
    """Whether a person could sign in with one. Recovery codes alone are none."""
    return Authenticator.objects.filter(user_id=user_id, type=Authenticator.Type.TOTP).exists()


def came_with_second_factor(request: Any) -> bool:
    """Whether who calls gave a second factor in this session. Programs are exempt: their token is their factor.

    `request` is Django REST framework's, after authentication.
    """
    if request.user.kind == Kind.SERVICE:
        return True
    session = session_of(request._request, request.auth)
    known: Any = SimpleNamespace(session=session)
    return session is not None and any(
        record.get("method") == METHOD for record in get_authentication_records(known, request.user)
    )


def session_of(request: HttpRequest, auth: Any) -> Mapping[str, Any] | None:
    """What is kept of the session that a request came by: with a cookie, or with a token given out for it."""
    carried = getattr(auth, "session", None)
    if carried is not None:
        return carried
    if auth is None:
        return request.session
    key, _ = session_key_of(request, auth)
    return lookup_session(key) if key else None
