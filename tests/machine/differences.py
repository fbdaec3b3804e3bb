"""What turns the live rows into those of a file or an edit, and what of it looks like damage."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from tests.machine.records import Change, Record, Refused, Table, cells_between, without_nulls


def edited(table: Table, edits: Sequence[Mapping[str, Any]]) -> list[Change]:
    """What edits by hand come to. Raises Refused if one of them cannot be meant."""
    live = table.live()
    creates = table.keyed([edit["values"] for edit in edits if edit["kind"] == "create"], all_new=True)
    given = [edit for edit in edits if edit["kind"] != "create"]
    keys = [edit["key"] for edit in given] + ([key for key, _ in creates] if table.key else [])
    if len(set(keys)) < len(keys):
        raise Refused(422, "edited-twice")
    if table.key and any(key in live for key, _ in creates):
        raise Refused(409, "row-exists")
    for edit in given:
        if edit["key"] not in live:
            raise Refused(422, "no-such-row")
        if edit.get("version") not in (None, table.version(edit["key"])):
            raise Refused(409, "row-moved")
    found = [Change("added", key, record=record) for key, record in creates]
    for edit in given:
        key = edit["key"]
        if edit["kind"] == "delete":
            found.append(removal(table, key))
        elif cells := cells_between(live[key], without_nulls({**live[key], **edit["values"]})):
            found.append(Change("changed", key, cells=cells, before=table.version(key)))
    return found


def difference(table: Table, records: Sequence[Record], columns: Collection[str], *, removes: bool) -> list[Change]:
    """What turns the live rows into those of a file. A field that the file lacks keeps its value."""
    live, wanted = table.live(), dict(table.keyed(records))
    found = []
    for key, record in wanted.items():
        was = live.get(key, table.gone(key))
        whole = {name: value for name, value in was.items() if name not in columns} | record
        if key not in live:
            found.append(Change("added", key, record=whole))
        elif whole != was:
            found.append(Change("changed", key, cells=cells_between(was, whole), before=table.version(key)))
    if removes:
        found += [removal(table, key) for key in live if key not in wanted]
    return found


def removal(table: Table, key: str) -> Change:
    return Change("removed", key, record=table.live()[key], before=table.version(key))


def hold_reasons(table: Table, changes: Iterable[Change]) -> list[str]:
    """What looks like damage: more than a twentieth of the rows go, a whole group goes, or keys lost zeros or case."""
    live = table.live()
    removed = [change.key for change in changes if change.kind == "removed"]
    added = {bare(change.key) for change in changes if change.kind == "added"}
    found = []
    if len(removed) * 20 > len(live):
        found.append("removes-much")
    if table.grouping:
        groups = [{live[key].get(table.grouping) for key in keys} for keys in (removed, live.keys() - set(removed))]
        if groups[0] - groups[1] - {None, ""}:
            found.append("group-gone")
    if table.key and any(bare(key) in added for key in removed):
        found.append("keys-coincide")
    return found


def bare(key: str) -> str:
    return "|".join(part.strip().lower().lstrip("0") for part in key.split("|"))
