"""/sign-in: a plain page to sign in with a browser until the web app does. No script, no style; all of it is here."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.account.forms import LoginForm
from allauth.account.internal.stagekit import clear_login
from allauth.account.stages import LoginStageController
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.stages import AuthenticateStage
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.urls import path
from django.utils.html import format_html, format_html_join
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from ridley.core.accounts.guesses import TooManyAttempts
from ridley.core.accounts.sign_in import AuthenticateInput
from ridley.core.people.queries.providers import offered
from ridley.core.tenants.functions import my_tenants

HERE = "/sign-in"
WHY = {
    "domain-not-allowed": "People with an address of your domain cannot sign in here this way.",
    "email-not-verified": "Your identity provider has not verified your e-mail address.",
    "email-missing": "Your identity provider does not tell your e-mail address.",
    "account-belongs-elsewhere": "An account with your address exists. Sign in the way you did before.",
    "account-switched-off": "This account is switched off.",
    "membership-not-now": "Your membership has ended or has not begun yet. Ask an administrator.",
    "client-not-named": "Your identity provider does not say which client you belong to.",
    "client-not-valid": "Your identity provider names a client that cannot be one.",
    "client-belongs-elsewhere": "Your identity provider names a client that is not one of its own.",
    "provider-switched-off": "This way to sign in is switched off.",
    "provider-unreachable": "The identity provider cannot be reached. Try again later.",
    "token-refused": "The identity provider's answer was not to be believed.",
    "cancelled": "You stopped, or waited too long. Begin again.",
    "password": "The address and the password do not fit.",
    "code": "This code is not right, or was given before. Wait for the next one.",
    "locked": "There were too many wrong tries. Wait a minute or more, or ask for a new password.",
}
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{title}</title>{head}
<h1>{title}</h1>
{body}
</html>
"""
WITH_PASSWORD = """<form method="post" action="/sign-in">{csrf}{onward}
<p><label>E-mail <input name="login" type="email" autocomplete="username" required></label></p>
<p><label>Password <input name="password" type="password" autocomplete="current-password" required></label></p>
<p><button>Sign in</button></p></form>
"""  # noqa: S105 a form, no secret
WITH_CODE = """<p>A code of your authenticator app, or a recovery code, is needed too.</p>
<form method="post" action="/sign-in">{csrf}{onward}
<p><label>Code <input name="code" autocomplete="one-time-code" required></label></p>
<p><button>Go on</button></p></form>
<form method="post" action="/sign-in">{csrf}<p><button name="sign_out" value="yes">Begin again</button></p></form>
"""
BUTTON = """<form method="post" action="/sign-in/with">{}{}
<p><button name="provider" value="{}">Sign in with {}</button></p></form>
"""
WHICH = """<form action="/sign-in"><p><label>Or find your organisation's own way in, by your e-mail address
<input name="email" type="email" required></label> <button>Find</button></p></form>
"""
LINK = """<p>The page for this link comes with the web app. Until then the link is used over the API, as the guide for
administrators shows (docs/guides/admin.md). What stands after # in the address is yours alone: keep it to yourself.</p>
<p><a href="/sign-in">Sign in</a></p>
"""
SIGNED_IN = """<p>You are {name}, {email}.</p>
<p>Your tenants:</p><ul>{tenants}</ul>
<form method="post" action="/sign-in">{csrf}<p><button name="sign_out" value="yes">Sign out</button></p></form>
"""


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Who one is; else the ways in; in between, the second factor."""
    if request.method == "POST":
        return HttpResponseRedirect(_next_step(request))
    csrf, further = _csrf(request), onward(request.GET.get("next", ""))
    hidden = format_html('<input type="hidden" name="next" value="{}">', further) if further else ""
    user: Any = request.user
    if user.is_authenticated:
        tenants = format_html_join("", "<li>{} ({})</li>", ((t["name"], t["key"]) for t in my_tenants(user.pk)))
        body = format_html(
            SIGNED_IN, name=user.get_full_name(), email=user.email, tenants=tenants or "None.", csrf=csrf
        )
        return page("Signed in", body)
    code = request.GET.get("error", "")
    why = format_html("<p role=alert>{}</p>", WHY.get(code, "You were not signed in.")) if code else ""
    if LoginStageController.enter(request, AuthenticateStage.key):
        form = format_html(WITH_CODE, csrf=csrf, onward=hidden)
        return page("Second factor", format_html("{}{}", why, form))
    ways = offered(**asked_for(request))
    buttons = format_html_join("", BUTTON, ((csrf, hidden, id, name) for id, name in ways))
    form = format_html(WITH_PASSWORD, csrf=csrf, onward=hidden)
    return page("Sign in to Ridley", format_html("{}{}{}{}", why, form, buttons, SafeString(WHICH)))


@never_cache
@require_POST
def sign_in_with(request: HttpRequest) -> HttpResponse:
    """On to the provider. A page, and no redirect: the policy lets forms of ours end at our own address only."""
    try:
        provider = get_adapter().get_provider(request, request.POST.get("provider", "").replace("\0", ""))
        answer = provider.redirect(
            request, "login", next_url=onward(request.POST.get("next", "")) or HERE, headless=True
        )
    except SocialApp.DoesNotExist:
        raise Http404 from None
    except ImmediateHttpResponse as error:
        answer = error.response
    address = answer["Location"]
    if address.startswith("/"):
        return answer
    head = format_html('<meta http-equiv="refresh" content="0; url={}">', address)
    return page("One moment", format_html('<p><a href="{}">On to {}</a></p>', address, provider.name), head)


@never_cache
def link(request: HttpRequest, what: str) -> HttpResponse:
    """Where links in mails lead until the web app takes them: what stands after # never reaches a server."""
    return page("A link from a mail", SafeString(LINK))


def asked_for(request: HttpRequest) -> dict[str, str]:
    """Whose ways in: of an e-mail domain, a tenant or a Partner; else of the tenant that the settings name."""
    given = {name: request.GET.get(name, "").replace("\0", "") for name in ("email", "tenant", "partner")}
    tenant_key = given["tenant"] or ("" if any(given.values()) else settings.SIGN_IN_TENANT)
    domain = given["email"].rpartition("@")[2].strip().lower()
    return {"domain": domain, "tenant_key": tenant_key, "partner_key": given["partner"]}


def page(title: str, body: str, head: str = "") -> HttpResponse:
    answer = HttpResponse(format_html(PAGE, title=title, body=body, head=head))
    # With "no-referrer" a browser sends our forms with "Origin: null", and they are refused.
    answer["Referrer-Policy"] = "same-origin"
    return answer


def _csrf(request: HttpRequest) -> SafeString:
    return format_html('<input type="hidden" name="csrfmiddlewaretoken" value="{}">', get_token(request))


def onward(wanted: str) -> str:
    """Where to go after signing in, if it is an address of ours; else nothing."""
    ours = wanted.startswith("/") and wanted.isprintable() and url_has_allowed_host_and_scheme(wanted, None)
    return wanted if ours else ""


def _next_step(request: HttpRequest) -> str:
    """Do what was posted; where to go then."""
    if "sign_out" in request.POST:
        return _signed_out(request)
    further = onward(request.POST.get("next", ""))
    try:
        code = _with_code(request) if "code" in request.POST else _with_password(request)
    except TooManyAttempts:
        code = "locked"
    if request.user.is_authenticated:
        return further or HERE
    told = {name: value for name, value in (("error", code), ("next", further)) if value}
    return f"{HERE}?{urlencode(told)}" if told else HERE


def _with_password(request: HttpRequest) -> str:
    """Through django-allauth's own form, with its counting of guesses. What went wrong, if anything did."""
    form = LoginForm(request.POST, request=request)
    if not form.is_valid():
        return "password"
    with suppress(ImmediateHttpResponse):  # a second factor is wanted, which the page asks for next
        form.login(request, redirect_url=HERE)
    return ""


def _with_code(request: HttpRequest) -> str:
    """The second factor of who has just given their password. What went wrong, if anything did."""
    stage = LoginStageController.enter(request, AuthenticateStage.key)
    if stage is None:
        return "cancelled"
    form = AuthenticateInput({"code": request.POST["code"]}, user=stage.login.user)
    if not form.is_valid():
        return "code"
    form.save()
    with suppress(ImmediateHttpResponse):
        stage.exit()
    return ""


def _signed_out(request: HttpRequest) -> str:
    clear_login(request)
    get_account_adapter().logout(request)
    return HERE


urlpatterns = [
    path("sign-in", sign_in),
    path("sign-in/with", sign_in_with),
    path("account/<path:what>", link),
]
