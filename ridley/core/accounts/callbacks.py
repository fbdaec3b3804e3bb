"""Where providers send people back to: /accounts/google/... and /accounts/oidc/{provider}/..."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.decorators import login_not_required
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import path

from ridley.core.accounts.provider import GoogleAdapter, IdTokenAdapter, OpenIDAdapter


class Callback(OAuth2CallbackView):
    """django-allauth's, which hands the nonce of the state on to who checks it."""

    adapter: IdTokenAdapter

    def __init__(self, request: HttpRequest, adapter: IdTokenAdapter) -> None:
        self.request, self.adapter = request, adapter

    def _get_state(self, request: HttpRequest, provider: Any) -> tuple[Any, Any]:
        state, answer = super()._get_state(request, provider)
        self.adapter.nonce = str((state or {}).get("nonce", ""))
        return state, answer

    def answer(self) -> HttpResponseBase:
        try:
            return self.dispatch(self.request)
        except ImmediateHttpResponse as found:
            return found.response
        except SocialApp.DoesNotExist:
            raise Http404 from None
        except OAuth2Error as error:  # the provider's description cannot be read any more
            return render_authentication_error(self.request, None, exception=error)


@login_not_required
def google(request: HttpRequest) -> HttpResponseBase:
    return Callback(request, GoogleAdapter(request)).answer()


@login_not_required
def openid(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    return Callback(request, OpenIDAdapter(request, provider_id)).answer()


urlpatterns = [
    path("google/login/callback/", google, name="google_callback"),
    path("oidc/<slug:provider_id>/login/callback/", openid, name="openid_connect_callback"),
]
