"""A conflict that is accepted after all rests on the row as it is now: what it would do is worked out again."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import polars as pl
from django.db.models import QuerySet

from ridley.core.access.scope import Scope
from ridley.core.changes.models import Change, ChangeCell, ChangeSet, Kind
from ridley.core.changes.searching import NAME
from ridley.core.changes.storing import count_contents
from ridley.core.changes.targets import target_named
from ridley.core.search.services import forget
from ridley.engine.diff.hashing import record_hash

Record = dict[str, str]
REBASED = ("kind", "record", "before_version", "before_hash", "after_hash", "cell_count")
BATCH = 500


def rebase(scope: Scope, change_set: ChangeSet, conflicts: QuerySet[Change]) -> None:
    """Let these changes start from the current rows: kind, versions, hashes, record and cells."""
    waiting = list(conflicts.prefetch_related("cells"))
    target = target_named(change_set.target)
    place = target.place(scope, change_set.target_id)
    keys = [change.key for change in waiting]
    current, gone = (by_key(target.records(place, keys, live=live)) for live in (True, False))
    unknown = (change_set.report or {}).get("drift", {}).get("missing", [])
    cells: list[ChangeCell] = []
    for change in waiting:
        cells += rebase_one(change, current.get(change.key), gone.get(change.key), place.columns, unknown)
    Change.objects.bulk_update(waiting, REBASED, batch_size=BATCH)
    ChangeCell.objects.filter(tenant_id=change_set.tenant_id, change_set=change_set, change__in=waiting).delete()
    ChangeCell.objects.bulk_create(cells, batch_size=BATCH)
    count_contents(change_set)
    forget(scope, NAME, change_set.pk)


def by_key(rows: pl.DataFrame) -> dict[str, dict[str, Any]]:
    return {row["@key"]: row for row in rows.to_dicts()}


def rebase_one(
    change: Change,
    row: dict[str, Any] | None,
    gone: dict[str, Any] | None,
    columns: tuple[str, ...],
    unknown: Collection[str],
) -> list[ChangeCell]:
    """Work one change out again, from its live row or the row that was removed; returns its cells.

    `unknown`: the fields that the file had no column for, which keep their values.
    """
    now, last = present(row, columns), present(gone, columns)
    wanted = wanted_record(change, now if now is not None else last, unknown)
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
    of = {"tenant_id": change.tenant_id, "change_set_id": change.change_set_id, "change": change}
    return [ChangeCell(**of, column=column, old=old, new=new) for column, old, new in cells]


def present(row: dict[str, Any] | None, columns: tuple[str, ...]) -> Record | None:
    """The cells that a row has."""
    return None if row is None else {name: row[name] for name in columns if row[name] is not None}


def wanted_record(change: Change, base: Record | None, unknown: Collection[str]) -> Record | None:
    """The row as the change would have it, None if removed. `base`: the row as it is, or was when it was removed."""
    if change.kind == Kind.REMOVED:
        return None
    if change.kind == Kind.ADDED:
        absent = {name: value for name, value in (base or {}).items() if name in unknown}
        return {**absent, **(change.record or {})}
    merged = {**(base or {}), **{cell.column: cell.new for cell in change.cells.all()}}
    return {name: value for name, value in merged.items() if value is not None}


def differing(now: Record, wanted: Record) -> list[tuple[str, str | None, str | None]]:
    names = sorted(now.keys() | wanted.keys())
    return [(name, now.get(name), wanted.get(name)) for name in names if now.get(name) != wanted.get(name)]
