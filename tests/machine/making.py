"""What is done to tables in the machine's steps: files and edits, made from a few small numbers and the live rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from tests.machine.records import Record, Table

MODELS, PRICES = ("Swift", "SWIFT VXI", "Alto", None), ("500", "501", "7", None)
VALUES = {"model": MODELS, "price": PRICES, "size": PRICES}
# Keys that differ in a leading zero alone, and parts of keys with the sign that joins them.
CODES = ("1", "01", "2", "3", "a4", "A4", "5", "6")
PAIRS = [(make, year) for make in ("Audi", "A|B", "Fiat", "\\") for year in ("2024", "2025")]
RECORDS = [{"model": model, "size": size} for model in ("Swift", "Alto") for size in ("7", "8")]
SLOTS = 8

slots = st.integers(0, SLOTS - 1)
values = st.integers(0, 15)
file_steps = st.lists(st.tuples(slots, st.sampled_from(["put", "put", "put", "drop"]), values), min_size=1, max_size=4)
edit_steps = st.lists(
    st.tuples(slots, st.sampled_from(["create", "update", "update", "delete"]), values),
    min_size=1, max_size=3, unique_by=lambda step: step[0],
)  # fmt: skip


def tables() -> list[Table]:
    """One of few rows, one of many (a removal in it is no damage), one whose key has two columns, one without a key."""
    return [
        Table("few", ("code", "model", "price"), ("code",)),
        Table("many", ("code", "model", "price"), ("code",), grouping="model"),
        Table("pairs", ("make", "year", "price"), ("make", "year")),
        Table("loose", ("model", "size"), ()),
    ]


def first_rows(table: Table) -> list[Record]:
    """What a table begins with."""
    if table.name == "many":
        rest = [{"code": f"r{number}", "model": "Rest", "price": "1"} for number in range(20)]
        return [{"code": code, "model": "Swift", "price": "500"} for code in CODES[2:5]] + rest
    if table.name == "pairs":
        return [{"make": make, "year": year, "price": "500"} for make, year in PAIRS[:4]]
    return []


def identity(table: Table, slot: int) -> Record:
    """The key fields of a slot."""
    parts = PAIRS[slot] if len(table.key) == 2 else (CODES[slot],)
    return dict(zip(table.key, parts, strict=True))


def with_value(table: Table, record: Record, value: int) -> Record:
    """The record with another value, or none, in one of its fields."""
    others = [name for name in table.fields if name not in table.key]
    name = others[value % len(others)]
    found = VALUES[name][value // 4]
    rest = {key: was for key, was in record.items() if key != name}
    return rest if found is None else {**rest, name: found}


def file_rows(table: Table, steps: Sequence[tuple[int, str, int]], *, whole: bool) -> list[Record]:
    """The rows of a file: the live ones with the steps taken; those that the steps put only, unless `whole`."""
    if not table.key:
        found = list(table.live().values()) if whole else []
        for slot, step, _ in steps:
            record = RECORDS[slot % len(RECORDS)]
            if step == "put":
                found.append(record)
            elif record in found:
                found.remove(record)
        return found or RECORDS[:1]
    rows, put = dict(table.live()), set()
    for slot, step, value in steps:
        key = table.key_of(identity(table, slot))
        if step == "put":
            rows[key] = with_value(table, rows.get(key, identity(table, slot)), value)
            put.add(key)
        else:
            rows.pop(key, None)
    wanted = [record for key, record in rows.items() if whole or key in put]
    return wanted or [identity(table, 0)]


def edits(table: Table, steps: Sequence[tuple[int, str, int]], *, willing: bool) -> list[dict[str, Any]]:
    """Edits of single rows. `willing`: of such kinds as the rows that are there allow."""
    return [edit(table, *step, willing=willing) for step in steps]


def edit(table: Table, slot: int, kind: str, value: int, *, willing: bool) -> dict[str, Any]:
    live = table.live()
    if not table.key:
        if kind == "create" or len(live) <= slot:
            return {"kind": "create", "values": RECORDS[slot % len(RECORDS)]}
        return {"kind": "delete", "key": sorted(live)[slot]}
    key = table.key_of(identity(table, slot))
    if willing and (kind == "create") == (key in live):
        kind = "update" if key in live else "create"
    if kind == "create":
        return {"kind": kind, "values": with_value(table, identity(table, slot), value)}
    seen = table.version(key)
    stale = {"version": seen + 1} if seen and not willing and value % 2 else {"version": seen} if seen else {}
    if kind == "delete":
        return {"kind": kind, "key": key, **stale}
    was, now = live.get(key, {}), with_value(table, live.get(key, {}), value)
    changed = {name: now.get(name) for name in was.keys() | now.keys() if was.get(name) != now.get(name)}
    return {"kind": kind, "key": key, "values": changed, **stale}


def filters(kind: str, which: int, people: Sequence[str]) -> dict[str, str]:
    """A filter on changes, as people give it; `decided_by` holds a person's name."""
    choices: dict[str, Sequence[str]] = {
        "all": [""], "kind": ["added", "removed", "changed"], "decision": ["undecided", "accepted", "rejected"],
        "fate": ["waiting", "conflict"], "column": ["price", "model"], "key": CODES[:4], "text": ["swift", "5", "vx S"],
        "decided_by": people,
    }  # fmt: skip
    found = choices[kind]
    return {} if kind == "all" else {kind: found[which % len(found)]}
