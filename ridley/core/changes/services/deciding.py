"""Verdicts on changes, one by one or by filter; releasing and taking back whole sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import Count, F, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from ridley.core.access.errors import Conflict, NotFound
from ridley.core.access.scope import Scope
from ridley.core.audit.services import record
from ridley.core.changes import queries, rules
from ridley.core.changes.filters import filtered
from ridley.core.changes.models import Change, ChangeSet, Decision, Fate, State, Verdict
from ridley.core.changes.planning import without_nested_loops
from ridley.core.changes.rebasing import rebase
from ridley.core.changes.targets import DECIDE, RELEASE, UPLOAD, target_named

# What a decision ruled goes back to the decision before it, unless that one was taken back too.
GO_BACK = """
UPDATE changes_change c
   SET verdict = coalesce(d.verdict, 'undecided'), decided_by = d.actor_id, decided_at = d.at,
       decision_id = c.earlier_decision_id, earlier_decision_id = NULL
  FROM changes_change ruled
  LEFT JOIN changes_decision d ON d.tenant_id = ruled.tenant_id AND d.id = ruled.earlier_decision_id
       AND d.undone_at IS NULL AND d.verdict <> 'undecided'
 WHERE c.id = ruled.id AND c.change_set_id = %(set)s AND ruled.change_set_id = %(set)s
   AND ruled.decision_id = %(decision)s
   AND ruled.fate <> 'applied'
"""


def decide(
    scope: Scope,
    *,
    change_set_id: int,
    verdict: str,
    comment: str = "",
    filter: Mapping[str, Any] | None = None,
    ids: Sequence[int] | None = None,
    expected: int | None = None,
) -> Decision:
    """Accept, reject or reopen the changes that `filter` (or `ids`) names, all or none. Applied ones are left alone.

    `expected` is how many the caller saw: another number is a Conflict, and nothing is decided.
    """
    change_set = queries.change_set(scope, change_set_id, deed=DECIDE, lock=True)
    rules.require_open(change_set.state, "decide")
    return give_verdict(
        scope, change_set, verdict=verdict, comment=comment, filter=filter or {}, ids=ids, expected=expected
    )


def give_verdict(
    scope: Scope,
    change_set: ChangeSet,
    *,
    verdict: str,
    comment: str,
    filter: Mapping[str, Any],
    ids: Sequence[int] | None = None,
    expected: int | None = None,
) -> Decision:
    """Write a verdict; the caller has locked the set and required the right."""
    rows = Change.objects.filter(tenant_id=scope.tenant_id, change_set=change_set).exclude(fate=Fate.APPLIED)
    rows = filtered(rows, filter)
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    with without_nested_loops():
        count = rows.count()
    if ids is not None and count != len(set(ids)):
        raise NotFound("Some of these changes are not in this set, or were applied already.")
    if expected is not None and count != expected:
        raise Conflict(
            f"You expected {expected} changes, there are {count}. Look again.", code="count-differs", count=count
        )
    meant: dict[str, Any] = {"filter": dict(filter)}
    if ids is not None:
        meant["ids"] = list(ids)[:100]
    made = Decision.objects.create(
        tenant_id=scope.tenant_id, change_set=change_set, verdict=verdict, comment=comment, filter=meant, count=count,
        actor_id=scope.actor_id,
    )  # fmt: skip
    conflicts = list(rows.filter(fate=Fate.CONFLICT).values_list("pk", flat=True)) if change_set.conflicts else []
    mark(rows.exclude(fate=Fate.CONFLICT), made)
    if conflicts:  # by number and last: once decided they are conflicts no more, and rebased they may fit no filter
        chosen = Change.objects.filter(tenant_id=scope.tenant_id, change_set=change_set, pk__in=conflicts)
        if verdict == Verdict.ACCEPTED:
            rebase(scope, change_set, chosen)
        mark(chosen, made, fate=rules.after_verdict(verdict, fate=Fate.CONFLICT))
    recount(change_set)
    record(scope, "changes.decided", subject=change_set, decision=made.pk, verdict=verdict, count=count, reason=comment)
    return made


def mark(rows: QuerySet[Change], made: Decision, **values: Any) -> None:
    """Put these changes under a decision."""
    decided = made.verdict != Verdict.UNDECIDED
    with without_nested_loops():
        rows.update(
            verdict=made.verdict,
            earlier_decision_id=F("decision_id"),
            decision_id=made.pk,
            decided_by=made.actor_id if decided else None,
            decided_at=Now() if decided else None,
            **values,
        )


def undo_decision(scope: Scope, *, change_set_id: int, id: int) -> Decision:
    """Take a decision back: the changes that it still rules return to what they were before it."""
    change_set = queries.change_set(scope, change_set_id, deed=DECIDE, lock=True)
    rules.require_open(change_set.state, "decide")
    made = Decision.objects.select_for_update().filter(tenant_id=scope.tenant_id, change_set=change_set, pk=id).first()
    if made is None:
        raise NotFound()
    if made.undone_at is not None:
        return made
    with connection.cursor() as cursor, without_nested_loops():
        cursor.execute(GO_BACK, {"set": change_set.pk, "decision": id})
        count = cursor.rowcount
    made.undone_at = timezone.now()
    made.save(update_fields=["undone_at"])
    recount(change_set)
    record(scope, "changes.decision_undone", subject=change_set, decision=id, count=count)
    return made


def release(scope: Scope, *, change_set_id: int, comment: str = "") -> ChangeSet:
    """Let a held set be decided on. Asking again is harmless."""
    change_set = queries.change_set(scope, change_set_id, deed=RELEASE, lock=True)
    state = rules.after_release(change_set.state)
    if state != change_set.state:
        move(change_set, state)
        codes = [hold["code"] for hold in change_set.holds]
        record(scope, "changes.released", subject=change_set, reason=comment, holds=codes)
    return change_set


def withdraw(scope: Scope, *, change_set_id: int, comment: str = "") -> ChangeSet:
    """Take a set back that nothing was applied of: one's own, or anybody's with the right to upload."""
    change_set = queries.change_set(scope, change_set_id, lock=True)
    if change_set.created_by is None or change_set.created_by != scope.actor_id:
        queries.require(scope, target_named(change_set.target), UPLOAD, change_set.limit_value)
    state = rules.after_withdrawal(change_set.state, applied=change_set.applied)
    if state != change_set.state:
        move(change_set, state)
        record(scope, "changes.withdrawn", subject=change_set, reason=comment)
    return change_set


def move(change_set: ChangeSet, state: str) -> None:
    change_set.state = State(state)
    change_set.version += 1
    change_set.save()


def recount(change_set: ChangeSet) -> None:
    """Bring the stored counts of verdicts and fates up to date, under the set's lock."""
    rows = Change.objects.filter(tenant_id=change_set.tenant_id, change_set=change_set)
    for name, number in counted(rows).items():
        setattr(change_set, name, number)
    change_set.version += 1
    change_set.save()


def counted(rows: QuerySet[Change]) -> dict[str, int]:
    """Changes by what they wait for: undecided, accepted, rejected, applied; and conflicts among the undecided."""
    counts = dict.fromkeys(("undecided", "accepted", "rejected", "applied", "conflicts"), 0)
    for row in rows.values("verdict", "fate").annotate(number=Count("id")).order_by():
        counts["applied" if row["fate"] == Fate.APPLIED else row["verdict"]] += row["number"]
        if row["fate"] == Fate.CONFLICT:
            counts["conflicts"] += row["number"]
    return counts
