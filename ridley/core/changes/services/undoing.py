"""Undo is the mirrored change set through the same door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection

from ridley.core.access.door import opened
from ridley.core.access.scope import Scope
from ridley.core.audit.services import record
from ridley.core.changes import queries, rules
from ridley.core.changes.models import ChangeSet, Mode, Origin, State
from ridley.core.changes.planning import without_nested_loops
from ridley.core.changes.searching import NAME as SEARCHED
from ridley.core.changes.services.applying import apply_now
from ridley.core.changes.services.deciding import move, recount
from ridley.core.changes.services.opening import told
from ridley.core.changes.storing import count_contents
from ridley.core.changes.targets import UNDO, target_named
from ridley.core.jobs.models import Job
from ridley.core.jobs.services import enqueue
from ridley.core.search.services import keep_up

Say = Callable[[float, str], None]
OVER = (State.UNDONE, State.WITHDRAWN, State.REJECTED, State.FAILED)


def request_undo(scope: Scope, *, change_set_id: int, comment: str = "") -> tuple[ChangeSet, Job]:
    """Open the mirror of an applied set and apply it. With four eyes it waits for somebody else to apply it.

    Rows that moved since come back as conflicts, like in any other set.
    """
    undone = queries.change_set(scope, change_set_id, deed=UNDO, lock=True)
    place = target_named(undone.target).place(scope, undone.target_id, lock=True)
    pending = undone.undone_by.exclude(state__in=OVER).exists()
    rules.require_undoable(undone.state, undone_already=pending, redone_by=redo_of(undone))
    made = ChangeSet.objects.create(
        tenant_id=scope.tenant_id,
        target=undone.target,
        target_id=undone.target_id,
        limit_value=undone.limit_value,
        origin=Origin.UNDO,
        mode=Mode.DELTA,
        state=State.READING,
        title=f"Undo of {undone.title or undone.pk}"[:300],
        comment=comment,
        undoes=undone,
        four_eyes=undone.four_eyes or place.four_eyes,
        created_by=scope.actor_id,
    )
    record(scope, "changes.undo_requested", subject=undone, undo=made.pk, reason=comment)
    lock = f"{undone.target}:{undone.target_id}"
    return made, enqueue(scope, "changes.undo", subject=made, lock=lock, change_set_id=made.pk)


def redo_of(undone: ChangeSet) -> int | None:
    """The set by which this one was done again after an undo: its changes, not this one's, are what stands."""
    undo = undone.undone_by.filter(state=State.UNDONE).order_by("-pk").first()
    redo = undo.undone_by.filter(state=State.APPLIED).order_by("-pk").first() if undo else None
    return redo.pk if redo else None


def mirror_and_apply(scope: Scope, say: Say, *, change_set_id: int) -> dict[str, Any]:
    """The job behind request_undo. Safe to run twice: mirror, apply and state are one transaction."""
    with opened(scope):
        change_set = queries.change_set(scope, change_set_id, lock=True)
        if change_set.state != State.READING:
            return told(change_set)
        undone = change_set.undoes
        assert undone is not None  # an undo has what it undoes
        say(0.1, f"Mirroring {undone.applied:,} changes")
        mirror(change_set, undone)
        recount(change_set)
        keep_up(scope, SEARCHED, change_set.pk, among=undone.applied)
        if change_set.four_eyes:
            move(change_set, State.OPEN)
            return told(change_set)
        say(0.4, f"Applying {change_set.accepted:,} changes")
        change_set.apply_by = scope.actor_id
        apply_now(scope, change_set)
        return told(change_set)


def mirror(change_set: ChangeSet, undone: ChangeSet) -> None:
    """The applied changes of the undone set, turned round and accepted in the name of who asked."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            CREATE TEMPORARY TABLE mirrored ON COMMIT DROP AS
            SELECT nextval('changes_change_id_seq') AS id, c.id AS of, c.kind, c.key, c.record,
                   c.cell_count, c.after_version, c.before_hash, c.after_hash
              FROM changes_change c
             WHERE c.tenant_id = %s AND c.change_set_id = %s AND c.fate = 'applied' AND c.after_version IS NOT NULL
             ORDER BY c.id
            """,
            [change_set.tenant_id, undone.pk],
        )
        cursor.execute(
            """
            INSERT INTO changes_change (id, tenant_id, change_set_id, kind, key, record, cell_count, verdict, fate,
                                        before_version, before_hash, after_hash, decided_by, decided_at)
            SELECT id, %s, %s, CASE kind WHEN 'added' THEN 'removed' WHEN 'removed' THEN 'added' ELSE kind END, key,
                   record, cell_count, 'accepted', 'waiting', after_version,
                   after_hash, before_hash, %s, now()
              FROM mirrored ORDER BY id
            """,
            [change_set.tenant_id, change_set.pk, change_set.created_by],
        )
        with without_nested_loops():
            cursor.execute(
                """
                INSERT INTO changes_changecell (tenant_id, change_set_id, "column", change_id, old, new)
                SELECT c.tenant_id, %s, c."column", m.id, c.new, c.old
                  FROM changes_changecell c JOIN mirrored m ON m.of = c.change_id
                 WHERE c.tenant_id = %s AND c.change_set_id = %s
                """,
                [change_set.pk, change_set.tenant_id, undone.pk],
            )
        cursor.execute("DROP TABLE mirrored")
    count_contents(change_set)
