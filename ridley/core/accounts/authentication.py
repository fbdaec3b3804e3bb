"""Who calls: a bearer token of ours, besides the session cookie."""

from __future__ import annotations

from copy import copy
from typing import Any

from allauth.headless.contrib.rest_framework.authentication import JWTTokenAuthentication
from django.http import QueryDict
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request


class BearerToken(JWTTokenAuthentication):
    """`Authorization: Bearer ...` with an access token from sign-in; checked against its session at every call."""

    def authenticate_credentials(self, key: str):
        try:
            found = super().authenticate_credentials(key)
        except AuthenticationFailed as error:
            raise AuthenticationFailed("This access token is not valid or has expired. Sign in or refresh.") from error
        if not found[0].is_active:
            raise AuthenticationFailed("This account is switched off.")
        return found

    def authenticate_header(self, request) -> str:
        return 'Bearer realm="ridley"'


class SessionCookie(SessionAuthentication):
    """The session cookie, and for writing the CSRF token in its header, never in the body: that may be a file."""

    def enforce_csrf(self, request: Request) -> None:
        unread: Any = copy(request._request)
        unread._post = QueryDict()  # else the check would parse a POST's body, or read it before whoever it is for
        super().enforce_csrf(unread)
