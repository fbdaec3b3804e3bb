"""Every address that is served."""

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import include, path, re_path
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.views import SpectacularJSONAPIView

from ridley.config import sign_in
from ridley.config.api import tenant_patterns
from ridley.config.health import ready
from ridley.config.metrics import metrics
from ridley.core.access.problems import CONTENT_TYPE, problem
from ridley.core.people.api.invitations import OfferView
from ridley.core.people.api.providers import WaysInView
from ridley.core.people.api.sessions import MySessionsView, MySessionView
from ridley.core.people.api.staff import beside_the_tenants
from ridley.core.people.api.tenant import MeView

WELCOME = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Ridley</title>
<h1>Ridley</h1>
<p>This installation runs. Its work is done over the API; the README has the first five minutes.</p>
<ul>
<li><a href="/sign-in">Sign in</a></li>
<li><a href="/api/v1/schema/">The API's description</a> (OpenAPI 3.1)</li>
<li><a href="/admin/">The installation's own tables</a>, for its administrators</li>
{browse}</ul>
</html>
"""
BROWSE = '<li><a href="/sign-in?next=/api/v1/me/">Sign in and browse the API</a>, in development</li>\n'


def alive(request: HttpRequest) -> HttpResponse:
    """The process answers. It says nothing of the database."""
    return HttpResponse("ok\n", content_type="text/plain")


def welcome(request: HttpRequest) -> HttpResponse:
    return HttpResponse(WELCOME.format(browse=BROWSE if settings.DEBUG else ""))


@csrf_exempt
def nothing_here(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """An address that nobody serves answers like everything else: problem+json."""
    found = problem(404, "no-such-address", "Not found", f"Nothing is served at {request.path[:200]}.").data
    return JsonResponse(found, status=404, content_type=CONTENT_TYPE)


def cannot_be_read(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """What Django turns away before any view sees it: a Host that is not ours, for one."""
    found = problem(400, "bad-request", "Cannot be read", "This request is not one that is answered here.").data
    return JsonResponse(found, status=400, content_type=CONTENT_TYPE)


def went_wrong(request: HttpRequest) -> HttpResponse:
    detail = "Something unexpected went wrong. Nothing was changed. The log has the details under this request id."
    found = problem(500, "unexpected", "Unexpected error", detail).data
    return JsonResponse(found, status=500, content_type=CONTENT_TYPE)


def may_not(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """A page for people with a browser; problem+json for programs and for everything of the API."""
    if request.path.startswith(("/api/", "/_allauth/")) or not request.accepts("text/html"):
        found = problem(403, "denied", "Not allowed", "You may not do this.").data
        return JsonResponse(found, status=403, content_type=CONTENT_TYPE)
    return render(request, "denied.html", {"sign_in": settings.SIGN_IN_PAGE}, status=403)


handler400, handler403, handler404, handler500 = cannot_be_read, may_not, nothing_here, went_wrong

urlpatterns = [
    path("", welcome),
    path("healthz", alive),
    path("readyz", ready),
    path("metrics", metrics),
    path("admin/", admin.site.urls),
    path("_allauth/", include("ridley.core.accounts.sign_in")),
    path("_allauth/", include("allauth.headless.urls")),
    *sign_in.urlpatterns,
    path("accounts/", include("ridley.core.accounts.callbacks")),
    path("api/v1/session/providers/", WaysInView.as_view()),
    path("api/v1/me/", MeView.as_view()),
    path("api/v1/", include(beside_the_tenants)),
    path("api/v1/me/invitation/", OfferView.as_view()),
    path("api/v1/me/sessions/", MySessionsView.as_view()),
    path("api/v1/me/sessions/<int:id>/", MySessionView.as_view()),
    path("api/v1/schema/", SpectacularJSONAPIView.as_view()),
    path("api/v1/<slug:tenant>/", include(tenant_patterns)),
]
urlpatterns.append(re_path(r"^(?:api|_allauth)/", nothing_here))
