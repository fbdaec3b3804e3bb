"""People and the tenant over REST: one file per kind of thing."""

from ridley.core.people.api import tenant, tokens

urlpatterns = [*tenant.urlpatterns, *tokens.urlpatterns]
