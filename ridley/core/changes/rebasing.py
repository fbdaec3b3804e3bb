"""A conflict that is accepted after all rests on the row as it is now: what it would do is worked out again."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from ridley.core.access.scope import Scope
from ridley.core.changes.models import Change, ChangeCell, ChangeSet, Kind
from ridley.core.changes.targets import target_named
from ridley.engine.diff.hashing import record_hash


def rebase(scope: Scope, change_set: ChangeSet, conflicts: QuerySet[Change]) -> None:
    """Let these changes start from the current rows: kind, versions, hashes, record and cells."""
    waiting = list(conflicts.prefetch_related("cells"))
    if not waiting:
        return
    target = target_named(change_set.target)
    place = target.place(scope, change_set.target_id)
    rows = target.records(place, [change.key for change in waiting]).to_dicts()
    current = {row["@key"]: row for row in rows}
    for change in waiting:
        rebase_one(change, current.get(change.key), place.columns)


def rebase_one(change: Change, row: dict[str, Any] | None, columns: tuple[str, ...]) -> None:
    now = {name: row[name] for name in columns if row[name] is not None} if row is not None else None
    wanted = wanted_record(change, now)
    cells = [] if now is None or wanted is None else differing(now, wanted)
    if wanted is None:
        change.kind, change.record = Kind.REMOVED, now
    elif now is None:
        change.kind, change.record = Kind.ADDED, wanted
    else:
        change.kind, change.record = Kind.CHANGED, None
    change.before_version = row["@version"] if row is not None else None
    change.before_hash = row["@hash"] if row is not None else None
    change.after_hash = record_hash(wanted) if wanted is not None else None
    change.cell_count = len(cells)
    change.save()
    ChangeCell.objects.filter(tenant_id=change.tenant_id, change=change).delete()
    ChangeCell.objects.bulk_create(
        ChangeCell(
            tenant_id=change.tenant_id, change_set_id=change.change_set_id, change=change, column=c, old=o, new=n
        )
        for c, o, n in cells
    )


def wanted_record(change: Change, now: dict[str, str] | None) -> dict[str, str] | None:
    """The row as the change would have it, None if removed. A changed row that is gone keeps the cells it brought."""
    if change.kind == Kind.REMOVED:
        return None
    if change.kind == Kind.ADDED:
        return {name: value for name, value in (change.record or {}).items() if value is not None}
    merged = {**(now or {}), **{cell.column: cell.new for cell in change.cells.all()}}
    return {name: value for name, value in merged.items() if value is not None}


def differing(now: dict[str, str], wanted: dict[str, str]) -> list[tuple[str, str | None, str | None]]:
    names = sorted(now.keys() | wanted.keys())
    return [(name, now.get(name), wanted.get(name)) for name in names if now.get(name) != wanted.get(name)]
