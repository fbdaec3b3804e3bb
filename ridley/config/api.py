"""What lies behind the one door: /api/v1/{tenant}/..."""

from django.urls import URLPattern, URLResolver

from ridley.core.audit.api import urlpatterns as events
from ridley.core.jobs.api import urlpatterns as jobs
from ridley.core.people.api import urlpatterns as people

tenant_patterns: list[URLPattern | URLResolver] = [*people, *events, *jobs]
