"""People and the tenant over REST: one file per kind of thing."""

from ridley.core.people.api import members, providers, rights, staff, tenant, tokens

urlpatterns = [
    *tenant.urlpatterns,
    *members.urlpatterns,
    *rights.urlpatterns,
    *staff.urlpatterns,
    *providers.urlpatterns,
    *tokens.urlpatterns,
]
