"""People and the tenant over REST: one file per kind of thing."""

from ridley.core.people.api import tenant

urlpatterns = [*tenant.urlpatterns]
