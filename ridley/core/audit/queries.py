from __future__ import annotations

from django.db.models import QuerySet

from ridley.core.access.permissions import EVENTS_VIEW
from ridley.core.access.scope import Scope
from ridley.core.audit.models import Event


def events(scope: Scope) -> QuerySet[Event]:
    """All events of the tenant, for those who may read them."""
    scope.require(EVENTS_VIEW)
    return Event.objects.filter(tenant_id=scope.tenant_id)
