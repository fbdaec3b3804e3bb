"""Saying by hand what a source's row means in the master. Nothing said is overwritten: it ends, and more is added.

`Row.mapping` and `Row.master_row_id` repeat the current mapping; both are written under the row's lock.
"""

from __future__ import annotations

from typing import Any

from django.db import connection

from ridley.assistant import rules
from ridley.assistant.models import Mapping, MappingState, Row
from ridley.assistant.permissions import MAP
from ridley.assistant.queries import mapping as queries
from ridley.assistant.queries import tables
from ridley.core.access.scope import Scope
from ridley.core.audit.services import record

UNSEEN: Any = object()  # the caller does not say which mapping they saw


def map_row(
    scope: Scope,
    *,
    id: int,
    state: str,
    master_row_id: int | None = None,
    reason: str = "",
    seen_mapping_id: int | None = UNSEEN,
) -> None:
    """Say what a row means, or that it means nothing. Saying again what is said already changes nothing."""
    rules.require_target(state, master_row_id)
    row, current = row_in_hand(scope, id, seen_mapping_id)
    if master_row_id is not None:
        rules.require_master(queries.master_live(scope, row, master_row_id), master_row_id)
    if current is None or (current.state, current.master_row_id, current.reason) != (state, master_row_id, reason):
        said = say(scope, row, current, state=state, master_row_id=master_row_id, reason=reason)
        tell(scope, "assistant.row_mapped", row, said, current, reason=reason)


def unmap_row(scope: Scope, *, id: int, reason: str = "", seen_mapping_id: int | None = UNSEEN) -> None:
    """Back to not looked at. A row that is not looked at stays so."""
    row, current = row_in_hand(scope, id, seen_mapping_id)
    if current is not None and current.state != MappingState.NOT_LOOKED_AT:
        said = say(scope, row, current, state=MappingState.NOT_LOOKED_AT, reason=reason)
        tell(scope, "assistant.row_unmapped", row, said, current, reason=reason)


def undo_mapping(scope: Scope, *, id: int, reason: str = "", seen_mapping_id: int | None = UNSEEN) -> None:
    """Back to what was said before the last decision that stands, exactly: also to a master row removed since."""
    row, current = row_in_hand(scope, id, seen_mapping_id)
    history = {said.pk: said for said in queries.history(scope, row.pk)}
    decisions = rules.standing((said.pk, said.undoes_id) for said in history.values())
    rules.require_undoable(decisions)
    before = history[decisions[-2]] if len(decisions) > 1 else None
    said = say(
        scope, row, current, undoes_id=decisions[-1],
        state=before.state if before else MappingState.NOT_LOOKED_AT,
        master_row_id=before.master_row_id if before else None, reason=before.reason if before else "",
    )  # fmt: skip
    tell(scope, "assistant.mapping_undone", row, said, current, reason=reason, undone=decisions[-1])


def row_in_hand(scope: Scope, id: int, seen: int | None) -> tuple[Row, Mapping | None]:
    """A row that the person may map, locked, and its current mapping. Raises Conflict if they saw another one."""
    scope.require(MAP)
    row = queries.row_to_map(scope, id)
    source = row.table.source
    rules.require_mappable(is_master=source is None, archived=row.table.archived_at is not None)
    scope.require_within(MAP, tables.KIND, source.key if source else None)
    current = queries.current(scope, row.pk)
    if seen is not UNSEEN:
        rules.require_seen(current.pk if current else None, seen)
    return row, current


def say(scope: Scope, row: Row, current: Mapping | None, *, state: str, master_row_id: int | None = None,
        reason: str = "", undoes_id: int | None = None) -> Mapping:  # fmt: skip
    """End the current mapping and add the next, at one moment, and repeat it in the row. The caller holds the lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")  # under the lock, so that mappings follow each other in time
        at = cursor.fetchone()[0]
    if current is not None:
        current.ended_at = at
        current.save(update_fields=["ended_at"])
    said = Mapping.objects.create(
        tenant_id=scope.tenant_id, row=row, state=state, master_row_id=master_row_id, reason=reason,
        actor_id=scope.actor_id, at=at, undoes_id=undoes_id,
    )  # fmt: skip
    row.mapping, row.master_row_id = MappingState(state), master_row_id
    row.save(update_fields=["mapping", "master_row_id"])
    return said


def tell(
    scope: Scope, event: str, row: Row, said: Mapping, before: Mapping | None, *, reason: str, **more: Any
) -> None:
    was = {"state": before.state, "master_row_id": before.master_row_id} if before else None
    record(
        scope, event, subject=row, reason=reason, mapping=said.pk, state=str(said.state),
        master_row_id=said.master_row_id, before=was, **more,
    )  # fmt: skip
