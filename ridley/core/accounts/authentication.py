"""Who calls: a bearer token of ours, besides the session cookie."""

from __future__ import annotations

from allauth.headless.contrib.rest_framework.authentication import JWTTokenAuthentication
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
    """The session cookie, and for writing the CSRF token in its header. The body is left to whoever reads it."""

    def enforce_csrf(self, request: Request) -> None:
        # DRF's own request would parse a POST's body, a file's, as JSON
        super().enforce_csrf(request._request)  # type: ignore[arg-type]
