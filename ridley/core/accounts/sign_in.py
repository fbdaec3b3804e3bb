"""django-allauth's views where a code or the present password is given: guesses are counted, no code is good twice."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.core import context
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.headless.account import inputs as account_inputs
from allauth.headless.account import views as account_views
from allauth.headless.base.response import ConflictResponse
from allauth.headless.constants import Client
from allauth.headless.mfa import inputs, views
from allauth.mfa import app_settings as mfa_settings
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from ridley.core.accounts import guesses
from ridley.core.accounts.models import User

CODE = "code"


def counted(kind: str, who: str) -> guesses.Attempt:
    return guesses.attempt(kind, who, get_adapter().get_client_ip(context.request))


class CountedCode:
    """A form with a code of the second factor."""

    user: Any

    def clean_code(self) -> str:
        attempt = counted(CODE, str(self.user.pk))
        code = super().clean_code()  # type: ignore[misc]
        use_up(self.user, code)
        attempt.succeeded()
        return code


def use_up(user: Any, code: str) -> None:
    """Refuse a code that was given before, in any of the half minutes that it is good in, for whatever purpose."""
    good_for = mfa_settings.TOTP_PERIOD * (2 * mfa_settings.TOTP_TOLERANCE + 1)
    if not cache.add(f"ridley.used-code:{user.pk}:{normalize_user_code(code)}", True, timeout=good_for):
        raise get_mfa_adapter().validation_error("incorrect_code")


class AuthenticateInput(CountedCode, inputs.AuthenticateInput):
    pass


class ReauthenticateInput(CountedCode, inputs.ReauthenticateInput):
    pass


class ActivateInput(CountedCode, inputs.ActivateTOTPInput):
    pass


class ChangePasswordInput(account_inputs.ChangePasswordInput):
    def clean_current_password(self) -> str:
        attempt = counted("password", self.user.email)
        password = super().clean_current_password()
        attempt.succeeded()
        return password


class VerifyEmailInput(account_inputs.VerifyEmailInput):
    def clean_key(self) -> str:
        """Refuse an address that is an account's name, though it has no row of its own in the list of addresses."""
        key = super().clean_key()
        found = self.verification.email_address
        if User.objects.filter(email=found.email).exclude(pk=found.user_id).exists():
            raise get_adapter().validation_error("email_taken")
        return key


class VerifyEmailView(account_views.VerifyEmailView):
    input_class = VerifyEmailInput


class AuthenticateView(views.AuthenticateView):
    input_class = AuthenticateInput


class ReauthenticateView(views.ReauthenticateView):
    input_class = ReauthenticateInput


class ManageTOTPView(views.ManageTOTPView):
    input_class = {"POST": ActivateInput}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Confirm an app. The session that did it has given a second factor."""
        response = super().post(request, *args, **kwargs)
        made = self._get_authenticator()
        assert made is not None
        record_authentication(request, made.user, "mfa", id=made.pk, type=made.type)
        return response

    def handle(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method == "POST" and self._get_authenticator() is not None:
            return ConflictResponse(request)  # one app; deactivate it first
        return super().handle(request, *args, **kwargs)


class ChangePasswordView(account_views.ChangePasswordView):
    input_class = ChangePasswordInput


def urlpatterns_for(client: Client) -> list[URLPattern]:
    """Before django-allauth's own, whose addresses they take."""
    at = f"{client.value}/v1"
    return [
        path(f"{at}/auth/2fa/authenticate", AuthenticateView.as_api_view(client=client)),
        path(f"{at}/auth/2fa/reauthenticate", ReauthenticateView.as_api_view(client=client)),
        path(f"{at}/account/authenticators/totp", ManageTOTPView.as_api_view(client=client)),
        path(f"{at}/auth/email/verify", VerifyEmailView.as_api_view(client=client)),
        path(f"{at}/account/password/change", ChangePasswordView.as_api_view(client=client)),
    ]


urlpatterns = [*urlpatterns_for(Client.APP), *urlpatterns_for(Client.BROWSER)]
