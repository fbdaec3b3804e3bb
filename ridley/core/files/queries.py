from __future__ import annotations

from django.db.models import QuerySet

from ridley.core.access.errors import NotFound
from ridley.core.access.permissions import FILES_QUARANTINE, FILES_UPLOAD, FILES_VIEW
from ridley.core.access.scope import Scope
from ridley.core.files import rules
from ridley.core.files.models import State, Upload


def uploads(scope: Scope) -> QuerySet[Upload]:
    """The tenant's uploads, finished and not; only the caller's own unless the scope sees all."""
    scope.require(FILES_VIEW)
    rows = Upload.objects.filter(tenant_id=scope.tenant_id)
    return rows if scope.sees_all else rows.filter(actor_id=scope.actor_id)


def upload(scope: Scope, id: int) -> Upload:
    """One upload. Raises NotFound."""
    return one(uploads(scope), id)


def complete_upload(scope: Scope, id: int) -> Upload:
    """One upload whose file is there to be read. Raises NotFound, NotReady, or Conflict for one in quarantine."""
    found = upload(scope, id)
    rules.require_complete(found.state)
    return found


def downloadable_upload(scope: Scope, id: int) -> Upload:
    """One upload whose bytes may be given out; those of one in quarantine only to who may look into it."""
    found = upload(scope, id)
    if found.state == State.QUARANTINED:
        scope.require(FILES_QUARANTINE)
    else:
        rules.require_complete(found.state)
    return found


def own_upload(scope: Scope, id: int) -> Upload:
    """One upload of the caller. Another person's answers like one that does not exist. Raises NotFound."""
    scope.require(FILES_UPLOAD)
    rows = Upload.objects.filter(tenant_id=scope.tenant_id)
    return one(rows if scope.trusted else rows.filter(actor_id=scope.actor_id), id)


def one(rows: QuerySet[Upload], id: int) -> Upload:
    found = rows.filter(pk=id).first()
    if found is None:
        raise NotFound()
    return found
