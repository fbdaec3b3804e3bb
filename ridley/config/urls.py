"""Every address that is served."""

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from drf_spectacular.views import SpectacularJSONAPIView

from ridley.config.api import tenant_patterns
from ridley.core.people.api import MeView


def alive(request: HttpRequest) -> HttpResponse:
    """The process answers. It says nothing of the database."""
    return HttpResponse("ok\n", content_type="text/plain")


urlpatterns = [
    path("healthz", alive),
    path("admin/", admin.site.urls),
    path("_allauth/", include("allauth.headless.urls")),
    path("api/v1/me/", MeView.as_view()),
    path("api/v1/schema/", SpectacularJSONAPIView.as_view()),
    path("api/v1/<slug:tenant>/", include(tenant_patterns)),
]
if settings.DEBUG:
    urlpatterns.append(path("api/browse/", include("rest_framework.urls")))
