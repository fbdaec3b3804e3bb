from __future__ import annotations

from django.db.models import QuerySet

from ridley.core.access.permissions import EVENTS_VIEW
from ridley.core.access.scope import Scope
from ridley.core.audit.models import Event


def events(scope: Scope) -> QuerySet[Event]:
    """The tenant's events, for those who may read them; only the caller's own unless the scope sees all."""
    scope.require(EVENTS_VIEW)
    rows = Event.objects.filter(tenant_id=scope.tenant_id)
    return rows if scope.sees_all else rows.filter(actor_id=scope.actor_id)
