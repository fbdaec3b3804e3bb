"""When the installation's staff worked inside the tenant, and why."""

from __future__ import annotations

from django.db.models import QuerySet

from ridley.core.access.permissions import STAFF_VIEW
from ridley.core.access.scope import Scope
from ridley.core.tenants.models import StaffSession


def staff_sessions(scope: Scope) -> QuerySet[StaffSession]:
    """The tenant's staff sessions with their person."""
    scope.require(STAFF_VIEW)
    return StaffSession.objects.filter(tenant_id=scope.tenant_id).select_related("user")
