"""Who calls: an access token of ours, or the session cookie."""

from __future__ import annotations

from copy import copy
from typing import Any

from django.http import QueryDict
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from ridley.core.accounts.models import Kind
from ridley.core.accounts.tokens import SignedIn, signed_in

# One text for every token that is not accepted, whatever its kind and the reason, which would help a forger.
REFUSED = "This access token is not valid or has expired. Sign in or refresh."


def bearer(request: Request) -> str | None:
    """What stands after `Bearer` in the Authorization header; None if the header is of another kind or not there."""
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return token if scheme.lower() == "bearer" else None


class BearerToken(BaseAuthentication):
    """`Authorization: Bearer ...` with an access token from sign-in; checked against its session at every call."""

    def authenticate(self, request: Request) -> tuple[Any, SignedIn] | None:
        token = bearer(request)
        if token is None:
            return None
        found = signed_in(token)
        if found is None:
            raise AuthenticationFailed(REFUSED)
        return found

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="ridley"'


class SessionCookie(SessionAuthentication):
    """The session cookie, and for writing the CSRF token in its header, never in the body: that may be a file."""

    def authenticate(self, request: Request) -> tuple[Any, SignedIn] | None:
        found: Any = super().authenticate(request)
        if found is None or found[0].kind != Kind.PERSON:
            return None
        return found[0], SignedIn(request._request.session)

    def enforce_csrf(self, request: Request) -> None:
        unread: Any = copy(request._request)
        unread._post = QueryDict()  # else the check would parse a POST's body, or read it before whoever it is for
        super().enforce_csrf(unread)
