"""Recording events, and the deeds that every edited record shares: create, update, archive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db.models import QuerySet
from django.utils import timezone

from ridley.core.access.errors import NotFound, Stale
from ridley.core.access.scope import Scope
from ridley.core.audit.models import Event
from ridley.core.tenants.models import Editable

Record = TypeVar("Record", bound=Editable)


def record(scope: Scope, kind: str, *, subject: Any = None, reason: str = "", **data: Any) -> None:
    """Keep an event in the caller's transaction: it stands or falls with the deed."""
    Event.objects.create(
        tenant_id=scope.tenant_id,
        kind=kind,
        actor_id=scope.actor_id,
        subject_type=subject._meta.model_name if subject is not None else "",
        subject_id=str(subject.pk) if subject is not None else "",
        data=data,
        reason=reason,
        request_id=scope.request_id,
        staff_session_id=scope.staff_session_id,
    )


def create_record(scope: Scope, model: type[Record], values: Mapping[str, Any], *, event: str) -> Record:
    """Make one record. The caller has required the permission."""
    made = model._default_manager.create(tenant_id=scope.tenant_id, **values)
    record(scope, event, subject=made, **told(values))
    return made


def update_record(
    scope: Scope, rows: QuerySet[Record], id: Any, values: Mapping[str, Any], *, event: str, expected: int | None = None
) -> Record:
    """Change a record found in `rows`, under its lock. Raises NotFound, or Stale if `expected` is not its version."""
    found = locked(rows, id, expected)
    before = {name: getattr(found, name) for name in values}
    changed = {name: value for name, value in values.items() if before[name] != value}
    if changed:
        for name, value in changed.items():
            setattr(found, name, value)
        found.version += 1
        found.save()
        record(scope, event, subject=found, before=told({name: before[name] for name in changed}), after=told(changed))
    return found


def archive_record(scope: Scope, rows: QuerySet[Record], id: Any, *, event: str, expected: int | None = None) -> Record:
    """Archive a record found in `rows`. Archiving twice is harmless."""
    found = locked(rows, id, expected)
    if found.archived_at is None:
        found.archived_at = timezone.now()
        found.version += 1
        found.save(update_fields=["archived_at", "version", "updated_at"])
        record(scope, event, subject=found)
    return found


def locked(rows: QuerySet[Record], id: Any, expected: int | None = None) -> Record:
    """The record, locked until the transaction ends. Raises NotFound or Stale."""
    found = rows.select_for_update(of=("self",)).filter(pk=id).first()
    if found is None:
        raise NotFound()
    if expected is not None and found.version != expected:
        raise Stale(found)
    return found


def told(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as an event keeps them: plain JSON, other records by id."""
    plain = (str, int, float, bool, list, dict, type(None))
    return {
        name: value if isinstance(value, plain) else getattr(value, "pk", None) or str(value)
        for name, value in values.items()
    }
