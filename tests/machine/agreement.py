"""Everything that Ridley shows and stores of a tenant, beside what the model says of it."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from django.db import connection

from ridley.core.database.pin import pinned
from tests.machine.desk import Desk
from tests.machine.model import Model
from tests.machine.records import HELD, PENDING, UNDONE, Change, ChangeSet, Table, Version, as_text, numbered, waiting

ROWS = "SELECT table_id, key, version, live, data, change_set_id FROM assistant_row"
CHANGES = """
SELECT c.change_set_id, c.key, c.kind, c.verdict, c.fate, c.before_version, c.after_version, c.record, c.decided_by,
       (SELECT jsonb_object_agg(l."column", jsonb_build_array(l.old, l.new)) FROM changes_changecell l
         WHERE l.change_set_id = c.change_set_id AND l.change_id = c.id)
  FROM changes_change c
"""
SETS = """
SELECT json_agg(row_to_json(s)) FROM (SELECT *, undoes_id AS undoes FROM changes_changeset) s
"""
DECISIONS = (
    "SELECT change_set_id, id, verdict, count, actor_id, undone_at IS NOT NULL FROM changes_decision ORDER BY id"
)
EVENTS = "SELECT subject_id, count(*) FROM audit_event WHERE kind = 'changes.applied' GROUP BY subject_id"
# Everything of a tenant that changes can reach, as one text.
TRACES = " || ".join(
    f"(SELECT count(*) || coalesce(md5(string_agg(t::text, '' ORDER BY t::text)), '') FROM {table} t)"
    for table in (
        "assistant_table", "assistant_row", "assistant_rowversion", "changes_changeset", "changes_change",
        "changes_changecell", "changes_decision", "audit_event", "jobs_job", "files_upload",
    )
)  # fmt: skip
COUNTS = ("undecided", "accepted", "rejected")


def newest(tenant_id: int) -> tuple[int, ...]:
    """The last event and the last job of a tenant: equal, nothing was recorded or begun."""
    with pinned(tenant_id), connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT coalesce(max(id), 0) FROM audit_event), (SELECT coalesce(max(id), 0) FROM jobs_job)"
        )
        return tuple(cursor.fetchone())


def traces(tenant_id: int) -> str:
    """A mark of all that a tenant has: equal marks, nothing changed."""
    with pinned(tenant_id), connection.cursor() as cursor:
        cursor.execute(f"SELECT {TRACES}")
        return str(cursor.fetchone()[0])


class Agreement:
    """Compares a tenant with its model. Keys of rows without key fields are learned by their content."""

    def __init__(self, desk: Desk, model: Model) -> None:
        self.desk, self.model = desk, model
        self.texts: dict[str, str] = {}  # the first part of such a key -> the row's text
        self.by_id = {table.id: table for table in model.tables}

    def key(self, table: Table, key: str, record: dict[str, str] | None) -> str:
        """The model's name of a key that Ridley shows."""
        if table.key:
            return key
        mark, number = numbered(key)
        if record is not None:
            assert self.texts.setdefault(mark, as_text(record)) == as_text(record), "two rows share a mark"
        return f"{self.texts[mark]}.{number}"

    def shown_key(self, table: Table, key: str) -> str:
        """Ridley's name of a key of the model."""
        if table.key:
            return key
        text, number = numbered(key)
        return next(f"{mark}.{number}" for mark, was in self.texts.items() if was == text)

    # Stored

    def stored(self) -> None:
        """All rows and changes of the tenant, and the events of its applies."""
        with pinned(self.desk.world.tenant.pk), connection.cursor() as cursor:
            cursor.execute(ROWS)
            rows = cursor.fetchall()
            cursor.execute(CHANGES)
            changes = cursor.fetchall()
            cursor.execute(SETS)
            kept_sets = loads(cursor.fetchone()[0]) or []
            cursor.execute(DECISIONS)
            decisions = cursor.fetchall()
            cursor.execute(EVENTS)
            applied = {int(set_id): count for set_id, count in cursor.fetchall()}
        tables = {
            (id, self.key(self.by_id[id], key, loads(data))): (version, live, loads(data), of)
            for id, key, version, live, data, of in rows
        }
        same(tables, {(t.id, key): version(v[-1]) for t in self.model.tables for key, v in t.rows.items()})
        sets = {one.id: one for one in self.model.sets}
        same({item["id"]: self.told(item) for item in kept_sets}, {one.id: summary(one) for one in self.model.sets})
        self.rulings(decisions)
        kept = {}
        for set_id, key, kind, verdict, fate, before, after, record, by, cells in changes:
            name = self.key(sets[set_id].table, key, loads(record))
            known = self.desk.names[str(by)] if by else None
            pairs = {column: tuple(pair) for column, pair in (loads(cells) or {}).items()}
            kept[set_id, name] = (kind, verdict, fate, before, after, loads(record), known, pairs)
        same(kept, {(one.id, key): change(c) for one in self.model.sets for key, c in one.changes.items()})
        same(applied, {one.id: one.times_applied for one in self.model.sets if one.times_applied})

    def rulings(self, stored: list[tuple[Any, ...]]) -> None:
        """All decisions of all sets; the model learns their numbers."""
        told = [(of, verdict, count, self.desk.names[str(by)], undone) for of, _, verdict, count, by, undone in stored]
        known = [(one.id, made) for one in self.model.sets for made in one.decisions]
        wanted = [(of, made.verdict, made.count, made.by, made.undone) for of, made in known]
        assert sorted(told) == sorted(wanted)
        numbers = {one.id: [id for of, id, *_ in stored if of == one.id] for one in self.model.sets}
        for one in self.model.sets:
            for made, number in zip(one.decisions, numbers[one.id], strict=True):
                made.id = number

    # Shown

    def sets(self) -> None:
        """The list of all change sets, with their stored counts."""
        found = {item["id"]: self.told(item) for item in self.desk.get("change-sets/", limit=1000)["items"]}
        same(found, {one.id: summary(one) for one in self.model.sets})

    def told(self, item: dict[str, Any]) -> dict[str, Any]:
        """A set as it is shown, in the model's words."""
        names = (
            "state", "origin", "mode", "four_eyes", "undoes", "rows_before", "rows_after", "added", "removed",
            "changed", "cells", "columns", "applied", "conflicts", *COUNTS,
        )  # fmt: skip
        people = {name: self.desk.names.get(item[name]) for name in ("created_by", "apply_by")}
        problem = (item["problem"] or {}).get("code")
        holds = [hold["code"] for hold in item["holds"]]
        found = {name: item[name] for name in names}
        return {**found, **people, "problem": problem, "holds": holds, "has_moment": item["apply_at"] is not None}

    def changes(self, one: ChangeSet) -> None:
        """The changes of one set, in the order of their keys; the model learns their numbers."""
        items = self.desk.get(f"change-sets/{one.id}/changes/", limit=1000)["items"]
        if one.table.key:
            assert one.origin == "undo" or [i["key"] for i in items] == sorted(i["key"] for i in items)
        found = {}
        for item in items:
            key = self.key(one.table, item["key"], item["record"])
            cells = {cell["column"]: (cell["old"], cell["new"]) for cell in item["cells"]}
            names = ("kind", "decision", "fate", "before_version", "after_version", "record")
            by = self.desk.names.get(item["decided_by"])
            found[key] = (*(item[name] for name in names), by, cells)
            if key in one.changes:
                one.changes[key].id = item["id"]
                ruling = one.changes[key].ruling
                if one.changes[key].verdict != "undecided":
                    assert item["decision_id"] == (ruling.id if ruling else None), (key, item)
        same(found, {key: change(c) for key, c in one.changes.items()})

    def summary(self, one: ChangeSet) -> None:
        """One set in numbers, counted by Ridley when asked."""
        found = self.desk.get(f"change-sets/{one.id}/summary/")
        told = {(c["kind"], c["decision"], c["fate"]): c["count"] for c in found["counts"]}
        same(told, Counter((c.kind, c.verdict, c.fate) for c in one.changes.values()))
        columns = Counter(column for c in one.changes.values() for column in c.cells)
        same({c["column"]: c["count"] for c in found["columns"]}, columns)

    def rows(self, table: Table) -> None:
        items = self.desk.get(f"assistant/tables/{table.id}/rows/", live="all", limit=1000)["items"]
        found = {
            self.key(table, item["key"], item["data"]): tuple(
                item[name] for name in ("version", "live", "data", "change_set_id")
            )
            for item in items
        }  # fmt: skip
        same(found, {key: version(versions[-1]) for key, versions in table.rows.items()})

    def as_of(self, table: Table, moment: str, then: dict[str, dict[str, str]]) -> None:
        """The table as it was at a moment."""
        items = self.desk.get(f"assistant/tables/{table.id}/rows/", as_of=moment, limit=1000)["items"]
        same({self.key(table, item["key"], item["data"]): item["data"] for item in items}, then)

    def history(self, table: Table, key: str) -> None:
        """All versions of one row, each from when the one before it ended."""
        (row,) = self.desk.get(
            f"assistant/tables/{table.id}/rows/", live="all", key=self.shown_key(table, key)
        )["items"]  # fmt: skip
        found = self.desk.get(f"assistant/rows/{row['id']}/history/")["versions"]
        assert [v["until"] for v in found] == [None, *(v["since"] for v in found[:-1])]
        told = [
            (v["version"], v["live"], v["data"], v["change_set_id"], self.desk.names.get(v["actor_id"])) for v in found
        ]
        wanted = [(*version(v), v.by) for v in reversed(table.rows[key])]
        assert told == wanted, f"history of {key}: shown {told}, wanted {wanted}"

    def decisions(self, one: ChangeSet) -> None:
        items = self.desk.get(f"change-sets/{one.id}/decisions/", limit=1000)["items"]
        told = [(i["verdict"], i["count"], self.desk.names[i["actor_id"]], i["undone_at"] is not None) for i in items]
        assert told == [(d.verdict, d.count, d.by, d.undone) for d in one.decisions]

    def stats(self) -> None:
        """Counts per table, and the tables themselves."""
        lines = {line["table_id"]: line for line in self.desk.get("assistant/stats/")["tables"]}
        found = {
            id: (line["rows"], line["pending"], *(line[name] for name in ("conflicts", "held", "applied", "rejected")))
            for id, line in lines.items()
        }
        same(found, {table.id: self.line(table) for table in self.model.tables})
        items = {item["id"]: item for item in self.desk.get("assistant/tables/", limit=1000)["items"]}
        told = {id: (item["row_count"], item["revision"], item["four_eyes"]) for id, item in items.items()}
        same(told, {t.id: (len(t.live()), t.revision, t.four_eyes) for t in self.model.tables})

    def line(self, table: Table) -> tuple[Any, ...]:
        sets = [one for one in self.model.sets if one.table is table]
        kinds = waiting(sets)
        pending = {kind: kinds[kind] for kind in ("added", "removed", "changed")}
        conflicts = sum(one.fates("conflict") for one in sets if one.state in PENDING)
        applied = sum(one.fates("applied") for one in sets if one.state != UNDONE and one.origin != "undo")
        rejected = sum(one.count("rejected") for one in sets)
        held = sum(one.state == HELD for one in sets)
        return len(table.live()), pending, conflicts, held, applied, rejected


def loads(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def version(one: Version) -> tuple[int, bool, dict[str, str], int]:
    return one.number, one.live, one.data, one.of.id


def change(one: Change) -> tuple[Any, ...]:
    return one.kind, one.verdict, one.fate, one.before, one.after, one.record, one.by, one.cells


def summary(one: ChangeSet) -> dict[str, Any]:
    """A set as it ought to be shown, everything counted anew."""
    changes = one.changes.values()
    kinds = Counter(change.kind for change in changes)
    columns = Counter(column for change in changes for column in change.cells)
    return {
        "state": one.state, "origin": one.origin, "mode": one.mode, "four_eyes": one.four_eyes,
        "undoes": one.undoes.id if one.undoes else None, "rows_before": one.rows_before, "rows_after": one.rows_after,
        "added": kinds["added"], "removed": kinds["removed"], "changed": kinds["changed"],
        "cells": columns.total(), "columns": dict(columns), "applied": one.fates("applied"),
        "conflicts": one.fates("conflict"), **{verdict: one.count(verdict) for verdict in COUNTS},
        "created_by": one.by, "apply_by": one.apply_by, "problem": one.problem, "holds": one.holds,
        "has_moment": one.scheduled_once,
    }  # fmt: skip


def same(found: dict[Any, Any], wanted: dict[Any, Any]) -> None:
    """Raise, naming what differs only."""
    if found != wanted:
        names = [name for name in found.keys() | wanted.keys() if found.get(name) != wanted.get(name)]
        raise AssertionError("\n".join(f"{n}: shown {found.get(n)}, wanted {wanted.get(n)}" for n in names))
