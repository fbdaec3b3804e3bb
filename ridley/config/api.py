"""What lies behind the one door: /api/v1/{tenant}/..."""

from django.urls import URLPattern, URLResolver

from ridley.assistant.api import urlpatterns as assistant
from ridley.core.audit.api import urlpatterns as events
from ridley.core.changes.api import urlpatterns as changes
from ridley.core.files.api import urlpatterns as files
from ridley.core.jobs.api import urlpatterns as jobs
from ridley.core.people.api import urlpatterns as people

tenant_patterns: list[URLPattern | URLResolver] = [*people, *events, *jobs, *files, *changes, *assistant]
