"""Edits of single rows by people: proposed as a change set like any other, and applied at once by those who may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from ridley.core.access.errors import Conflict, Denied, Invalid
from ridley.core.access.scope import Scope
from ridley.core.audit.services import record
from ridley.core.changes import queries
from ridley.core.changes.difference import (
    Difference,
    as_removed,
    cell_changes,
    incoming_rows,
    with_fresh_keys,
)
from ridley.core.changes.models import ChangeSet, Mode, Origin, State, Verdict
from ridley.core.changes.services.applying import apply_now
from ridley.core.changes.services.deciding import give_verdict, release
from ridley.core.changes.services.opening import LONGEST_KEY, finish_reading, hold_reasons
from ridley.core.changes.targets import APPLY, EDIT, RELEASE, Place, Target, permission, target_named

CREATE, UPDATE, DELETE = "create", "update", "delete"


def open_edits(
    scope: Scope,
    *,
    target: str,
    target_id: int,
    edits: Sequence[Mapping[str, Any]],
    comment: str = "",
    apply: bool = False,
) -> ChangeSet:
    """Propose edits [{"kind", "key", "version", "values"}] as one set; with `apply`, accept and apply them as well.

    One who may release is not held up by their own edits; for others a set that removes much waits for a release.
    All or nothing: a key that exists (create) or does not (update, delete), or a version that moved, refuses the call.
    """
    where = target_named(target)
    place = where.place(scope, target_id, lock=True)
    queries.require(scope, where, EDIT, place.limit_value)
    if apply:
        queries.require(scope, where, APPLY, place.limit_value)
        if place.four_eyes:
            raise Denied(
                "Four eyes: somebody else must apply your edits. Propose them without apply.", code="four-eyes"
            )
    found = edited(where, place, edits)
    change_set = ChangeSet.objects.create(
        tenant_id=scope.tenant_id, target=target, target_id=target_id, limit_value=place.limit_value,
        origin=Origin.EDIT, mode=Mode.DELTA, state=State.READING, title=comment[:300], comment=comment,
        four_eyes=place.four_eyes, created_by=scope.actor_id,
    )  # fmt: skip
    record(scope, "changes.opened", subject=change_set, target=target, target_id=target_id, edits=len(edits))
    finish_reading(scope, change_set, place, found, holds=hold_reasons(where, place, found))
    if apply and change_set.state == State.HELD and scope.can(permission(where, RELEASE)):
        release(scope, change_set_id=change_set.pk, comment=comment)
        change_set.refresh_from_db()
    if apply and change_set.state == State.OPEN:
        give_verdict(scope, change_set, verdict=Verdict.ACCEPTED, comment=comment, filter={})
        change_set.apply_by = scope.actor_id
        apply_now(scope, change_set)
    return change_set


def edited(target: Target, place: Place, edits: Sequence[Mapping[str, Any]]) -> Difference:
    """What the edits come to, against the rows as they are. Raises Invalid or Conflict, naming the edit by number."""
    creates = [keyed(number, edit, place) for number, edit in enumerate(edits) if edit["kind"] == CREATE]
    given = [(number, edit, edit.get("key")) for number, edit in enumerate(edits) if edit["kind"] != CREATE]
    for number, _, key in given:
        if not key:
            raise Invalid(f"changes.{number}.key: wanted the key of the row.", code="key-missing")
    made = [key for _, _, key in creates] if place.key else []  # without key fields equal rows may stand side by side
    keys = made + [str(key) for _, _, key in given]
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        raise Invalid(f"The row {twice[0]!r} is edited twice in one call.", code="edited-twice")
    live = target.records(place, keys)
    rows = {row["@key"]: row for row in live.to_dicts()}
    for number, _, key in creates:
        if place.key and key in rows:
            raise Conflict(f"changes.{number}: there is a row {key!r} already.", code="row-exists")
    for number, edit, key in given:
        require_current(number, edit, rows.get(str(key)))
    added = pl.DataFrame([edit["values"] for _, edit, _ in creates], schema=texts(place))
    created = incoming_rows(added, place)
    if not place.key:
        created = with_fresh_keys(target.hashes(place), created)
    updates = [(n, e, str(k)) for n, e, k in given if e["kind"] == UPDATE]
    after = updated(updates, rows, place)
    changed, cells = cell_changes(place, live.join(after, on="@key", how="semi"), after)
    deletes = [str(key) for _, edit, key in given if edit["kind"] == DELETE]
    return Difference(
        rows_before=place.row_count,
        rows_after=place.row_count + added.height - len(deletes),
        added=created.rename({"@hash": "@after"}).sort("@key"),
        removed=as_removed(live.filter(pl.col("@key").is_in(deletes))),
        changed=changed,
        cells=cells,
    )


def keyed(number: int, edit: Mapping[str, Any], place: Place) -> tuple[int, Mapping[str, Any], str]:
    """A new row with its key, made from its key fields."""
    values = known_values(number, edit, place)
    if missing := [name for name in place.key if not values.get(name)]:
        raise Invalid(f"changes.{number}.values.{missing[0]}: a key field needs a value.", code="key-missing")
    row = pl.DataFrame([values], schema=texts(place))
    key = str(incoming_rows(row, place)["@key"][0])
    if len(key.encode()) > LONGEST_KEY:
        raise Invalid(f"changes.{number}.values: a key has at most {LONGEST_KEY} bytes.", code="key-too-long")
    return number, edit, key


def texts(place: Place) -> dict[str, type[pl.String]]:
    """The schema of a frame of the table's rows."""
    return dict.fromkeys(place.columns, pl.String)


def known_values(number: int, edit: Mapping[str, Any], place: Place) -> Mapping[str, str]:
    values: Mapping[str, str] = edit.get("values") or {}
    if unknown := sorted(set(values) - set(place.columns)):
        known = ", ".join(place.columns)
        raise Invalid(f"changes.{number}.values: {unknown[0]!r} is no field. Fields: {known}.", code="unknown-field")
    return values


def require_current(number: int, edit: Mapping[str, Any], row: Mapping[str, Any] | None) -> None:
    if row is None:
        raise Invalid(f"changes.{number}: there is no row {edit.get('key')!r}.", code="no-such-row")
    if edit.get("version") is not None and edit["version"] != row["@version"]:
        raise Conflict(
            f"changes.{number}: you saw version {edit['version']}, the row is at {row['@version']} now.",
            code="row-moved", version=row["@version"],
        )  # fmt: skip


def updated(
    updates: Sequence[tuple[int, Mapping[str, Any], str]], rows: Mapping[str, Mapping[str, Any]], place: Place
) -> pl.DataFrame:
    """The rows as they would be after the updates."""
    after = []
    for number, edit, key in updates:
        values = known_values(number, edit, place)
        fixed = place.key or place.columns  # a row without a key is its own
        if touched := [name for name in fixed if name in values and values[name] != rows[key][name]]:
            raise Invalid(
                f"changes.{number}.values.{touched[0]}: a key does not change. Delete and create.", code="key-fixed"
            )
        after.append({"@key": key, **{name: values.get(name, rows[key][name]) for name in place.columns}})
    return pl.DataFrame(after, schema={"@key": pl.String, **texts(place)})
