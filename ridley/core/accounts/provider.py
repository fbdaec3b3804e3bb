"""Google and any OpenID Connect provider, as django-allauth's registry finds them, with the checks that it leaves out.

Both run the authorization-code flow with PKCE, state and nonce, and believe an id token only as `id_token` does.
django-allauth carries the flow; who may come in is decided by its adapter (people/adapter.py).
"""

from __future__ import annotations

import secrets
from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialLogin, SocialToken
from allauth.socialaccount.providers.google.provider import GoogleProvider
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.provider import OAuth2Provider
from allauth.socialaccount.providers.oauth2.views import OAuth2Adapter
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from ridley.core.accounts.id_token import discover, fetch_json, verified_claims

SCOPES = ["openid", "email", "profile"]
KEPT = ("name", "email")  # of what the provider said, shown with a person's accounts


class SwitchedOff(OAuth2Error):
    """The provider is known, and nobody signs in through it now."""


class Arriving(SocialLogin):
    """Somebody at the door, with what their provider said. Who they are here is found by people/services/arrivals."""

    claims: dict[str, Any]

    def lookup(self) -> None:
        """django-allauth would write before anything was decided, and match by e-mail whoever the provider is."""
        self._did_authenticate_by_email = None


class IdTokenAdapter(OAuth2Adapter):
    """Exchanges the code and reads the id token. `nonce` is the one that the state kept, set by the callback."""

    nonce = ""
    issuers: list[str]
    keys_url: str

    def claims(self, client_id: str, token: str, *, nonce: str | None) -> dict[str, Any]:
        """What the id token says. Raises OAuth2Error."""
        with get_adapter().get_requests_session() as session:
            keys = fetch_json(session, self.keys_url)
        return verified_claims(token, keys=keys, issuers=self.issuers, client_id=client_id, nonce=nonce)

    def complete_login(self, request: HttpRequest, app: Any, token: SocialToken, **kwargs: Any) -> SocialLogin:
        claims = self.claims(app.client_id, str(kwargs["response"].get("id_token", "")), nonce=self.nonce)
        return self.get_provider().sociallogin_from_response(request, {**self.more_claims(token, claims), **claims})

    def more_claims(self, token: SocialToken, claims: dict[str, Any]) -> dict[str, Any]:
        return {}


class GoogleAdapter(IdTokenAdapter):
    provider_id = "google"

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        known: dict[str, Any] = settings.GOOGLE_ENDPOINTS
        self.authorize_url, self.access_token_url = known["authorize"], known["token"]
        self.keys_url, self.issuers = known["keys"], known["issuers"]


class OpenIDAdapter(IdTokenAdapter, OpenIDConnectOAuth2Adapter):
    """All addresses come from the provider's own description, asked for once for each request."""

    @property
    def openid_config(self) -> dict[str, Any]:
        if not hasattr(self, "_openid_config"):
            with get_adapter().get_requests_session() as session:
                self._openid_config = discover(session, self.get_provider().app.settings["server_url"])
        return self._openid_config

    @property
    def keys_url(self) -> str:  # type: ignore[override]
        return self.openid_config["jwks_uri"]

    @property
    def issuers(self) -> list[str]:  # type: ignore[override]
        return [self.openid_config["issuer"]]

    def more_claims(self, token: SocialToken, claims: dict[str, Any]) -> dict[str, Any]:
        """Some providers tell of e-mail and name at an address of its own only; it must speak of the same person."""
        address = self.openid_config.get("userinfo_endpoint")
        if not address:
            return {}
        with get_adapter().get_requests_session() as session:
            found = fetch_json(session, address, headers={"Authorization": f"Bearer {token.token}"})
        if found.get("sub") != claims["sub"]:
            raise OAuth2Error("The provider's userinfo speaks of somebody else.")
        return found


class CheckedProvider(OAuth2Provider):
    """What both have in common."""

    supports_token_authentication = True

    def redirect(
        self, request: HttpRequest, process: Any, next_url: Any = None, data: Any = None, **kwargs: Any
    ) -> HttpResponse:
        """Send the browser to the provider with a nonce that the state keeps; back with an error if it is not there."""
        nonce = secrets.token_urlsafe(24)
        try:
            if self.app.settings.get("off"):
                raise SwitchedOff(self.sub_id)
            return super().redirect(
                request, process, next_url, data, auth_params={**self.get_auth_params(), "nonce": nonce},
                scope=SCOPES, **{**kwargs, "nonce": nonce},
            )  # fmt: skip
        except OAuth2Error as error:
            state = {"process": process, "next": next_url, "headless": True}
            return render_authentication_error(request, self, exception=error, extra_context={"state": state})

    def verify_token(self, request: HttpRequest, token: dict[str, Any]) -> SocialLogin:
        """For apps, which hand over the id token that they got themselves."""
        try:
            claims = self.get_oauth2_adapter(request).claims(self.app.client_id, str(token["id_token"]), nonce=None)
        except (OAuth2Error, KeyError) as error:
            raise get_adapter().validation_error("invalid_token") from error
        return self.sociallogin_from_response(request, claims)

    def sociallogin_from_response(self, request: HttpRequest, response: dict[str, Any]) -> Arriving:
        found = super().sociallogin_from_response(request, response)
        login = Arriving(found.user, found.account, None, found.email_addresses, self)
        login.claims = response
        return login

    def extract_uid(self, data: dict[str, Any]) -> str:
        return str(data["sub"])

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        """Nothing: names and addresses are taken over by people/services/arrivals, once it is decided who this is."""
        return {}

    def extract_email_addresses(self, data: dict[str, Any]) -> list[Any]:
        return []

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return {name: data[name] for name in KEPT if isinstance(data.get(name), str)}

    def get_pkce_params(self) -> dict[str, Any]:
        self.app.settings["oauth_pkce_enabled"] = True
        return super().get_pkce_params()

    def serialize(self) -> dict[str, Any]:
        return {"id": self.sub_id}


class Google(CheckedProvider, GoogleProvider):
    oauth2_adapter_class = GoogleAdapter


class OpenID(CheckedProvider, OpenIDConnectProvider):
    oauth2_adapter_class = OpenIDAdapter


provider_classes = [Google, OpenID]
