"""People and the tenant over REST: one file per kind of thing."""

from ridley.core.people.api import providers, tenant

urlpatterns = [*tenant.urlpatterns, *providers.urlpatterns]
