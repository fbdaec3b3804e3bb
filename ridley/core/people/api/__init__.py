"""People and the tenant over REST: one file per kind of thing."""

from ridley.core.people.api import invitations, members, providers, rights, staff, tenant, tokens

urlpatterns = [
    *tenant.urlpatterns,
    *members.urlpatterns,
    *invitations.urlpatterns,
    *rights.urlpatterns,
    *staff.urlpatterns,
    *providers.urlpatterns,
    *tokens.urlpatterns,
]
