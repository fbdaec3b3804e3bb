from __future__ import annotations

from django.db.models import QuerySet

from ridley.core.access.errors import NotFound
from ridley.core.access.permissions import JOBS_VIEW
from ridley.core.access.scope import Scope
from ridley.core.jobs.models import Job


def jobs(scope: Scope) -> QuerySet[Job]:
    """The tenant's jobs; only the caller's own unless the scope sees all."""
    scope.require(JOBS_VIEW)
    rows = Job.objects.filter(tenant_id=scope.tenant_id)
    return rows if scope.sees_all else rows.filter(actor_id=scope.actor_id)


def job(scope: Scope, id: int) -> Job:
    """One job. Raises NotFound."""
    found = jobs(scope).filter(pk=id).first()
    if found is None:
        raise NotFound()
    return found
