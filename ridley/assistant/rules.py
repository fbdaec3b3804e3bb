"""Pure decisions of the Assistant: values in, a decision out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ridley.core.access.errors import Conflict, Invalid

NOT_LOOKED_AT, MAPPED, NOTHING_FOUND, NOT_APPLICABLE = "not_looked_at", "mapped", "nothing_found", "not_applicable"

Field = Mapping[str, Any]  # {"name", "title", "type"}


# Datasets and tables


def require_schema(fields: Sequence[Field], key_fields: Sequence[str]) -> None:
    """Raise Invalid unless names and titles are clear and every key field is a field."""
    names = [field["name"] for field in fields]
    if twice := first_twice(names):
        raise Invalid(f"fields: two are named {twice!r}. Each name is wanted once.", code="field-twice")
    if twice := first_twice([field["title"] for field in fields if field.get("title")]):
        raise Invalid(f"fields: two have the title {twice!r}. A file's column could be either.", code="title-twice")
    if twice := first_twice(key_fields):
        raise Invalid(f"key_fields: {twice!r} is there twice.", code="field-twice")
    for name in key_fields:
        require_field("key_fields", name, names)


def first_twice(values: Iterable[str]) -> str | None:
    """The first value that was there before."""
    seen: set[str] = set()
    for value in values:
        if value in seen:
            return value
        seen.add(value)
    return None


def require_field(where: str, name: str, names: Collection[str]) -> None:
    """Raise Invalid unless `name` is a field of the dataset."""
    if name not in names:
        raise Invalid(f"{where}: {name!r} is no field. Fields: {', '.join(names) or 'none'}.", code="unknown-field")


def require_columns(columns: Mapping[str, str], names: Collection[str]) -> None:
    """Raise Invalid unless remembered headers lead to fields, and no two to the same."""
    for field in columns.values():
        require_field("columns", field, names)
    if twice := first_twice(columns.values()):
        raise Invalid(f"columns: two headers lead to the field {twice!r}.", code="field-twice")


def require_same_shape(
    *, before: Sequence[Field], after: Sequence[Field], key_before: Sequence[str], key_after: Sequence[str]
) -> None:
    """Raise Conflict unless rows that exist still fit: fields may be added or retitled, names and the key stay."""
    names = [field["name"] for field in after]
    if gone := [field["name"] for field in before if field["name"] not in names]:
        raise Conflict(
            f"fields: there are rows with {gone[0]!r} already; it must stay. Add or retitle fields.",
            code="field-in-use",
        )
    if list(key_before) != list(key_after):
        was = ", ".join(key_before) or "none"
        raise Conflict(f"key_fields: rows are told apart by {was} already; that must stay.", code="key-in-use")


def require_unused(gone: Collection[str], *, table: str, grouping_field: str, columns: Mapping[str, str]) -> None:
    """Raise Conflict if a table's set-up names a field that is to go."""
    if used := sorted(set(gone) & {grouping_field, *columns.values()}):
        raise Conflict(f"fields: the table {table} is set up with {used[0]!r}. Change that first.", code="field-in-use")


def require_none_open(count: int, *, what: str, below: str) -> None:
    """Raise Conflict if something that rests on a record is still open, so that it cannot be archived."""
    if count:
        noun, code = f"{below}{'s' if count > 1 else ''}", f"{what}-has-{below.replace(' ', '-')}s"
        raise Conflict(f"This {what} has {count} open {noun}. See to them first.", code=code, count=count)


# Mapping


def require_mappable(*, is_master: bool, archived: bool) -> None:
    """Raise unless a row can be said to mean a master row."""
    if is_master:
        raise Invalid("This is a row of the master: others mean it, it means itself.", code="master-row")
    if archived:
        raise Conflict("The row's table is archived.", code="table-archived")


def require_target(state: str, master_row_id: int | None) -> None:
    """Raise Invalid unless a master row is given exactly when the state is mapped."""
    if state == MAPPED and master_row_id is None:
        raise Invalid("master_row_id: wanted, since the state is mapped.", code="master-row-missing")
    if state != MAPPED and master_row_id is not None:
        raise Invalid(f"master_row_id: the state {state} has none.", code="master-row-unwanted")


def require_master(live: bool | None, master_row_id: int) -> None:
    """Raise unless the master row is there and live. None: not a row of this dataset's master."""
    if live is None:
        raise Invalid(
            f"master_row_id: there is no row {master_row_id} in the master of this dataset.", code="unknown-reference"
        )
    if not live:
        raise Conflict(
            f"master_row_id: the row {master_row_id} was removed from the master.", code="master-row-removed"
        )


def require_seen(current: int | None, seen: int | None) -> None:
    """Raise Conflict if the current mapping is not the one that the caller saw (None: none)."""
    if current != seen:
        raise Conflict(
            f"You saw the mapping {seen or 'none'}, it is {current or 'none'} now. Nothing was changed.",
            code="mapping-moved", current=current,
        )  # fmt: skip


def standing(history: Iterable[tuple[int, int | None]]) -> list[int]:
    """The decisions on a row that stand, the ruling one last, from its mappings (id, the one it undoes) in order."""
    found: list[int] = []
    for mapping, undone in history:
        if undone is None:
            found.append(mapping)
        else:
            found.remove(undone)
    return found


def require_undoable(decisions: Sequence[int]) -> None:
    if not decisions:
        raise Conflict("No decision on this row stands, so there is none to undo.", code="nothing-to-undo")


def is_active(*, live: bool, state: str, master_live: bool) -> bool:
    """Whether a record can be used for business: it is live, mapped, and what it means is live too."""
    return why_inactive(live=live, state=state, master_live=master_live) is None


def why_inactive(*, live: bool, state: str, master_live: bool) -> str | None:
    """Why a record cannot be used for business, in a stable word; None if it can."""
    if not live:
        return "removed"
    if state != MAPPED:
        return "not_mapped"
    return None if master_live else "master_removed"


# Stats


def attention(
    *, held: int, conflicts: int, oldest_waiting_at: datetime | None, not_looked_at: int
) -> tuple[bool, bool, float, int]:
    """What sorts first needs people most: held or conflicting, then waiting longest, then most unmapped."""
    waits = oldest_waiting_at.timestamp() if oldest_waiting_at else 0.0
    return (not (held or conflicts), oldest_waiting_at is None, waits, -not_looked_at)


def share(part: int, whole: int) -> float | None:
    """A part of the whole, to four digits; None of nothing."""
    return round(part / whole, 4) if whole else None
