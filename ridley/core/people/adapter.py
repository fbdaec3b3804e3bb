"""What django-allauth asks of us about identity providers: which there are, how to reach them, and who may come in."""

from __future__ import annotations

import logging
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal.httpkit import add_query_params
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthError, AuthProcess
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseRedirect
from requests import Session  # noqa: TID251 the type alone

from ridley.core.access import encryption, outbound
from ridley.core.access.errors import Refusal
from ridley.core.accounts.id_token import BadToken, Unreachable
from ridley.core.accounts.provider import SwitchedOff
from ridley.core.people.queries.providers import GOOGLE, Provider, provider_at_sign_in
from ridley.core.people.services.arrivals import arrive

LOGIN_ERROR = "/sign-in"
SECONDS = 5  # somebody waits, and so does a thread of the web server
logger = logging.getLogger(__name__)


class SocialAdapter(DefaultSocialAccountAdapter):
    """Providers come from our tables and settings; people are found by services/arrivals, and by nothing else."""

    def list_apps(self, request: HttpRequest, provider: str | None = None, client_id: str | None = None) -> list[Any]:
        """Google if it is set up; a tenant's or Partner's provider only when asked for by name.

        One that is switched off is found too, for the accounts that came through it; `redirect` refuses it.
        """
        if provider in (None, GOOGLE):
            wanted = provider == GOOGLE or bool(settings.GOOGLE_CLIENT_ID)
            return [google_app()] if wanted and client_id in (None, settings.GOOGLE_CLIENT_ID) else []
        found = provider_at_sign_in(str(provider))
        return [openid_app(found)] if found and client_id in (None, found.client_id) else []

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Somebody has proved who they are to a provider: let them in as whom they are here, or say why not.

        Connecting a provider to whoever is signed in is not offered: a tenant's provider would get into accounts that
        are none of its business.
        """
        if sociallogin.state.get("process", AuthProcess.LOGIN) != AuthProcess.LOGIN:
            raise ValidationError("Accounts are not connected by hand here.", code="connect-not-offered")
        app = sociallogin.provider.app
        if app.settings.get("off"):
            raise ValidationError("This way to sign in is switched off.", code="provider-switched-off")
        try:
            account = arrive(app.settings["row"], subject=sociallogin.account.uid, claims=sociallogin.claims)
        except Refusal as refusal:
            raise ValidationError(refusal.detail, code=refusal.code) from refusal
        sociallogin.account, sociallogin.user = account, account.user

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Never: `arrive` has made whoever may come in."""
        return False

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        """Back to where sign-in began, with a code that a front end can show in words."""
        state = (extra_context or {}).get("state") or {}
        code = error_code(error, exception)
        told = {"error": code, "error_process": state.get("process") or AuthProcess.LOGIN}
        raise ImmediateHttpResponse(HttpResponseRedirect(add_query_params(state.get("next") or LOGIN_ERROR, told)))

    def get_requests_session(self) -> Session:
        return outbound.session(seconds=SECONDS)


def error_code(error: Any, exception: Any) -> str:
    if isinstance(exception, Unreachable):
        return "provider-unreachable"
    if isinstance(exception, BadToken):
        return "token-refused"
    if isinstance(exception, SwitchedOff):
        return "provider-switched-off"
    return "cancelled" if error == AuthError.CANCELLED else "sign-in-failed"


def google_app() -> SocialApp:
    return SocialApp(
        provider=GOOGLE, name="Google", client_id=settings.GOOGLE_CLIENT_ID, secret=settings.GOOGLE_CLIENT_SECRET,
        settings={"row": None, "off": not settings.GOOGLE_CLIENT_ID},
    )  # fmt: skip


def openid_app(row: Provider) -> SocialApp:
    """The row as django-allauth knows providers; never saved. One whose secret cannot be opened is off."""
    secret, off = "", not row.live
    try:
        secret = encryption.decrypt(row.client_secret) if row.client_secret else ""
    except encryption.NoKey as error:
        off = True
        logger.error("Nobody signs in through %s: %s", row.public_id, error)
    return SocialApp(
        provider="openid_connect", provider_id=row.public_id, name=row.name[:40], client_id=row.client_id,
        secret=secret, settings={"row": row, "off": off, "server_url": row.issuer},
    )  # fmt: skip
