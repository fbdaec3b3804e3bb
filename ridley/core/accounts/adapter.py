"""How django-allauth makes and shows our people, writes to them, and counts guesses at their passwords."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.internal.httpkit import is_headless_request
from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponse

from ridley.core.accounts import guesses, letters, sessions

PASSWORD = "password"  # noqa: S105 the kind of guess


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up by themselves: people come in through a tenant."""
        return False

    def get_user_display_name(self, user: Any) -> str:
        return user.get_full_name()

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """The person with this password. Counts the guess before it is looked at; raises TooManyAttempts."""
        who = str(credentials.get("email", ""))
        attempt = guesses.attempt(PASSWORD, who, self.get_client_ip(request))
        user = super().authenticate(request, **credentials)
        if user is not None:
            attempt.succeeded()
        return user

    def set_password(self, user: Any, password: str) -> None:
        """Set another password: every session and token of before ends, and so does a lock on the account."""
        super().set_password(user, password)
        sessions.end_sessions(user.pk)
        guesses.forget(PASSWORD, user.email)

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        response = super().post_login(request, user, **kwargs)
        kind = sessions.TOKEN if is_headless_request(request) == "app" else sessions.COOKIE
        UserSession.objects.filter(session_key=request.session.session_key).update(data={"kind": kind})
        return response

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        letters.send(template_prefix.rpartition("/")[2], email, context)

    def send_password_reset_mail(self, user: Any, email: str, context: dict[str, Any]) -> None:
        """Who signs in through an organisation has no password here, and gets none by mail: that would go past it."""
        prefix = "password_reset_key" if user.has_usable_password() else "password_reset_none"
        self.send_mail(prefix, email, context)
