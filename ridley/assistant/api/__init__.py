"""The Assistant over REST, below /api/v1/{tenant}/assistant/."""

from django.urls import include, path

from ridley.assistant.api.configure import urlpatterns as configure
from ridley.assistant.api.lookup import urlpatterns as lookup
from ridley.assistant.api.mapping import urlpatterns as mapping
from ridley.assistant.api.rows import urlpatterns as rows
from ridley.assistant.api.stats import urlpatterns as stats
from ridley.assistant.api.tables import urlpatterns as tables

urlpatterns = [path("assistant/", include([*configure, *tables, *rows, *mapping, *lookup, *stats]))]
