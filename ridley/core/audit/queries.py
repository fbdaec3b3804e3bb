from __future__ import annotations

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from ridley.core.access.permissions import EVENTS_VIEW
from ridley.core.access.scope import Scope
from ridley.core.accounts.models import User
from ridley.core.audit.models import Event


def events(scope: Scope) -> QuerySet[Event]:
    """The tenant's events, for those who may read them; only the caller's own unless the scope sees all."""
    scope.require(EVENTS_VIEW)
    rows = Event.objects.filter(tenant_id=scope.tenant_id)
    return rows if scope.sees_all else rows.filter(actor_id=scope.actor_id)


def told_events(scope: Scope) -> QuerySet[Event]:
    """The events with who did each, as they are called now: `who` is {"name", "email", "kind"}, null for nobody.

    In the same statement, so that a page and a stream cost no query per row.
    """
    names = JSONObject(first_name="first_name", last_name="last_name", email="email", kind="kind")
    return events(scope).annotate(who=Subquery(User.objects.filter(pk=OuterRef("actor_id")).values(found=names)))
