"""Applying the accepted changes: one transaction for rows, history, fates and the event."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from ridley.core.access.door import opened, scope_now
from ridley.core.access.errors import Conflict, Denied, NotFound
from ridley.core.access.scope import Scope
from ridley.core.audit.services import record
from ridley.core.changes import queries, rules
from ridley.core.changes.models import Change, ChangeSet, Fate, Origin, State, Verdict
from ridley.core.changes.planning import without_nested_loops
from ridley.core.changes.services.deciding import give_verdict, move, recount
from ridley.core.changes.services.opening import profile_digest, told
from ridley.core.changes.targets import APPLY, Place, Target, target_named
from ridley.core.jobs.models import Job
from ridley.core.jobs.models import State as JobState
from ridley.core.jobs.services import cancel, enqueue
from ridley.core.search.services import keep_up

Say = Callable[[float, str], None]
NO_LONGER = "Who asked for it to be applied at this moment may not apply it any more."


def request_apply(
    scope: Scope, *, change_set_id: int, rest: str = "refuse", at: datetime | None = None
) -> tuple[ChangeSet, Job | None]:
    """Start applying the accepted changes, now or at a moment. Asking again returns the same set.

    `rest`: what becomes of undecided changes: "refuse" (there must be none), "wait" or "reject".
    """
    change_set = queries.change_set(scope, change_set_id, deed=APPLY, lock=True)
    ask_for_four_eyes(scope, change_set)
    state = rules.after_apply_requested(
        change_set.state, undecided=change_set.undecided, accepted=change_set.accepted, applied=change_set.applied,
        rest=rest, at=at, now=timezone.now(),
    )  # fmt: skip
    if state == change_set.state:
        job = latest_job(scope, change_set)
        if state == State.APPLYING and job is not None and job.state == JobState.FAILED:
            job = start(scope, change_set)
        return change_set, job
    if change_set.accepted and change_set.four_eyes:
        others = decided_by_others(scope, change_set)
        rules.require_other_eyes(four_eyes=True, decided_by_others=others)
    if change_set.undecided and rest == "reject":
        rest_of_it = {"decision": Verdict.UNDECIDED.value}
        give_verdict(scope, change_set, verdict=Verdict.REJECTED, comment="The rest.", filter=rest_of_it)
    if not change_set.accepted:
        move(change_set, state)
        follow_undo(change_set, state)
        record(scope, "changes.rejected", subject=change_set, state=state)
        return change_set, None
    change_set.apply_by, change_set.apply_at = scope.actor_id, at
    move(change_set, state)
    record(scope, "changes.apply_requested", subject=change_set, accepted=change_set.accepted, at=at and at.isoformat())
    return change_set, start(scope, change_set)


def ask_for_four_eyes(scope: Scope, change_set: ChangeSet) -> None:
    """What the table asks for now counts, also for sets that were opened before."""
    place = target_named(change_set.target).place(scope, change_set.target_id)
    change_set.four_eyes = change_set.four_eyes or place.four_eyes


def start(scope: Scope, change_set: ChangeSet) -> Job:
    """Enqueue the apply; sets of one table are applied in turn.

    A job that waits for its moment holds no place in the queue, or everything of its table would wait behind it. The
    table's row lock keeps the order all the same.
    """
    lock = f"{change_set.target}:{change_set.target_id}" if change_set.apply_at is None else None
    asked = change_set.version
    return enqueue(
        scope, "changes.apply", subject=change_set, lock=lock, at=change_set.apply_at,
        change_set_id=change_set.pk, asked=asked,
    )  # fmt: skip


def latest_job(scope: Scope, change_set: ChangeSet) -> Job | None:
    jobs = Job.objects.filter(tenant_id=scope.tenant_id, kind="changes.apply", subject_type="changeset")
    return jobs.filter(subject_id=str(change_set.pk)).order_by("-id").first()


def cancel_schedule(scope: Scope, *, change_set_id: int) -> ChangeSet:
    """Take a scheduled apply back: the set is open again."""
    change_set = queries.change_set(scope, change_set_id, deed=APPLY, lock=True)
    if change_set.state == State.OPEN:
        return change_set
    if change_set.state != State.SCHEDULED:
        raise Conflict(f"This set is {change_set.state}, not scheduled.", code="not-scheduled", state=change_set.state)
    job = latest_job(scope, change_set)
    if job is not None:
        cancel(job)
    change_set.apply_at = change_set.apply_by = None
    move(change_set, State.OPEN)
    record(scope, "changes.schedule_cancelled", subject=change_set)
    return change_set


def apply_accepted(scope: Scope, say: Say, *, change_set_id: int, asked: int) -> dict[str, Any]:
    """The job behind request_apply. Safe to run twice: the state tells whether it was done or cancelled.

    What was put off to a moment is done only if who asked may still do it then; else the set is open again, and this
    raises Denied after that was kept.
    """
    with opened(scope):
        change_set = queries.change_set(scope, change_set_id, lock=True)
        waits = change_set.state in (State.APPLYING, State.SCHEDULED) and change_set.version == asked
        if not waits:
            return told(change_set)
        refusal = refusal_now(scope, change_set) if change_set.apply_at is not None else None
        if refusal is None:
            say(0.1, f"Applying {change_set.accepted:,} changes")
            apply_now(scope, change_set)
            return told(change_set)
        refuse_schedule(scope, change_set)
    raise refusal


def refusal_now(scope: Scope, change_set: ChangeSet) -> Denied | None:
    """Why who asked for this apply may not do it at this moment; None if they may, or if nobody asked by name."""
    if change_set.apply_by is None:
        return None
    try:
        asker = scope_now(replace(scope, actor_id=change_set.apply_by))
        queries.change_set(asker, change_set.pk, deed=APPLY)
    except (NotFound, Denied):
        return Denied(f"Nothing was applied: {NO_LONGER}", code="right-has-ended")
    return None


def refuse_schedule(scope: Scope, change_set: ChangeSet) -> None:
    """Open a set again whose moment came too late for who had asked. The event is nobody's deed."""
    by, at = change_set.apply_by, change_set.apply_at
    change_set.apply_at = change_set.apply_by = None
    move(change_set, State.OPEN)
    nobody = replace(scope, actor_id=None, staff_session_id=None)
    told_at = at.isoformat() if at is not None else None
    record(nobody, "changes.schedule_refused", subject=change_set, reason=NO_LONGER, asked_by=str(by), at=told_at)


def apply_now(scope: Scope, change_set: ChangeSet) -> None:
    """Write rows, history, fates and one event, in the caller's transaction and under the set's lock."""
    target = target_named(change_set.target)
    place = target.place(scope, change_set.target_id, lock=True)
    change_set.four_eyes |= place.four_eyes
    other_than = change_set.apply_by if change_set.four_eyes else None
    target.write(place, change_set.pk, by=change_set.apply_by, decided_by_others_than=other_than)
    applied, conflicts = write_fates(change_set)
    recount(change_set)
    change_set.applied_at = timezone.now()
    state = rules.after_apply(undecided=change_set.undecided, accepted=change_set.accepted, applied=change_set.applied)
    settle(scope, target, place, change_set, state)
    move(change_set, state)
    follow_undo(change_set, state)
    keep_up(scope, target.name, place.id, among=place.row_count + applied)
    record(scope, "changes.applied", subject=change_set, applied=applied, conflicts=conflicts, state=state)


def write_fates(change_set: ChangeSet) -> tuple[int, int]:
    """Each change that the target took: applied, or back to review as a conflict. Returns both counts."""
    with connection.cursor() as cursor, without_nested_loops():
        cursor.execute(
            """
            UPDATE changes_change c
               SET fate = CASE WHEN t.conflict THEN 'conflict' ELSE 'applied' END,
                   verdict = CASE WHEN t.conflict THEN 'undecided' ELSE c.verdict END,
                   decision_id = CASE WHEN t.conflict THEN NULL ELSE c.decision_id END,
                   earlier_decision_id = CASE WHEN t.conflict THEN NULL ELSE c.earlier_decision_id END,
                   decided_by = CASE WHEN t.conflict THEN NULL ELSE c.decided_by END,
                   decided_at = CASE WHEN t.conflict THEN NULL ELSE c.decided_at END,
                   after_version = CASE WHEN t.conflict OR t.idle THEN NULL ELSE t.version + 1 END
              FROM taken t WHERE c.change_set_id = %s AND c.id = t.change_id
            """,
            [change_set.pk],
        )
        cursor.execute("SELECT count(*) FILTER (WHERE NOT conflict), count(*) FILTER (WHERE conflict) FROM taken")
        applied, conflicts = cursor.fetchone()
        cursor.execute("DROP TABLE taken")
    return applied, conflicts


def settle(scope: Scope, target: Target, place: Place, change_set: ChangeSet, state: str) -> None:
    """Note when the table now equals the file, so that the same file again is answered at once.

    Only if nothing else was applied to the table since the two were compared: it may have touched other rows.
    """
    if change_set.compared_revision != place.revision:
        return
    after = target.place(scope, place.id)
    change_set.compared_revision = after.revision
    if change_set.origin == Origin.UPLOAD and state == State.APPLIED and not change_set.rejected:
        change_set.settled_version = after.revision
        change_set.settled_profile = profile_digest(after, change_set.options)


def follow_undo(change_set: ChangeSet, state: str) -> None:
    """An undo that was applied whole marks what it undid as undone, what that had undone as applied, and so on."""
    if state != State.APPLIED:
        return
    earlier, now = change_set.undoes, State.UNDONE
    while earlier is not None:
        move(earlier, now)
        earlier, now = earlier.undoes, State.APPLIED if now == State.UNDONE else State.UNDONE


def decided_by_others(scope: Scope, change_set: ChangeSet) -> int:
    """Accepted, waiting changes that somebody else decided."""
    waiting = Change.objects.filter(
        tenant_id=scope.tenant_id, change_set=change_set, verdict=Verdict.ACCEPTED, fate=Fate.WAITING
    )
    return waiting.exclude(decided_by=scope.actor_id).count()
