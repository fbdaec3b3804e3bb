"""People and the tenant over REST: one file per kind of thing."""

from ridley.core.people.api import invitations, tenant

urlpatterns = [*tenant.urlpatterns, *invitations.urlpatterns]
