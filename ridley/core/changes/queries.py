"""Reads of change sets, within what a person's reach covers."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet

from ridley.core.access.errors import Denied, NotFound
from ridley.core.access.scope import Scope
from ridley.core.changes.models import Change, ChangeCell, ChangeSet, Decision, Fate
from ridley.core.changes.targets import VIEW, Target, all_targets, permission, target_named


def change_sets(scope: Scope) -> QuerySet[ChangeSet]:
    """The sets of all targets that the person may view, within reach."""
    condition = Q(pk__in=[])
    for target in all_targets():
        if scope.can(permission(target, VIEW)):
            condition |= within(scope, target)
    return ChangeSet.objects.filter(condition, tenant_id=scope.tenant_id)


def within(scope: Scope, target: Target) -> Q:
    values = scope.reach(permission(target, VIEW)).values(target.limit_kind)
    condition = Q(target=target.name)
    return condition if values is None else condition & Q(limit_value__in=values)


def change_set(scope: Scope, id: int, *, deed: str = VIEW, lock: bool = False) -> ChangeSet:
    """One set. Raises NotFound if the person may not view it, Denied if they may view but not do the deed."""
    rows = change_sets(scope)
    found = (rows.select_for_update() if lock else rows).filter(pk=id).first()
    if found is None:
        raise NotFound()
    require(scope, target_named(found.target), deed, found.limit_value)
    return found


def require(scope: Scope, target: Target, deed: str, limit_value: str) -> None:
    """Raise Denied unless the deed on this target is permitted and within reach."""
    needed = permission(target, deed)
    if not scope.reach(needed).covers(target.limit_kind, limit_value or None):
        raise Denied(f"Your permission {needed} does not extend to this {target.limit_kind}.", permission=needed)


def changes(scope: Scope, id: int) -> QuerySet[Change]:
    """The changes of a set, in the order of their keys."""
    found = change_set(scope, id)
    return Change.objects.filter(tenant_id=scope.tenant_id, change_set_id=found.pk)


def listed_changes(scope: Scope, id: int) -> QuerySet[Change]:
    """The changes of a set with their cells: two queries for a page of any size."""
    return changes(scope, id).prefetch_related("cells")


def change(scope: Scope, id: int, change_id: int) -> Change:
    """One change. Raises NotFound."""
    found = listed_changes(scope, id).filter(pk=change_id).first()
    if found is None:
        raise NotFound()
    return found


def current_record(scope: Scope, change: Change) -> dict[str, Any] | None:
    """The row that a change is about as it is now: {"version", "data"}; None if there is no live one."""
    target = target_named(change.change_set.target)
    try:
        place = target.place(scope, change.change_set.target_id)
    except NotFound:
        return None  # an archived table takes no changes: there is nothing to compare with
    found = target.records(place, [change.key]).to_dicts()
    if not found:
        return None
    row = found[0]
    return {"version": row["@version"], "data": {c: row[c] for c in place.columns if row[c] is not None}}


def decisions(scope: Scope, id: int) -> QuerySet[Decision]:
    """Who decided what, newest last."""
    return Decision.objects.filter(tenant_id=scope.tenant_id, change_set_id=change_set(scope, id).pk)


def summary(scope: Scope, id: int) -> dict[str, Any]:
    """Counts per kind, decision and column, counted now."""
    found = change_set(scope, id)
    rows = Change.objects.filter(tenant_id=scope.tenant_id, change_set_id=found.pk)
    counted = rows.values("kind", "verdict", "fate").annotate(count=Count("id")).order_by("kind", "verdict", "fate")
    cells = ChangeCell.objects.filter(tenant_id=scope.tenant_id, change_set_id=found.pk)
    columns = cells.values("column").annotate(count=Count("change_id")).order_by("-count", "column")
    return {
        "counts": [{**row, "decision": row["verdict"]} for row in counted],
        "columns": list(columns),
        "conflicts": rows.filter(fate=Fate.CONFLICT).count(),
    }
