"""What Ridley keeps of a table and its change sets, as plain dicts and lists: rows with versions, changes, decisions.

Written from docs/ and the words of the design, as a second opinion; nothing of ridley is imported here.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

Record = dict[str, str]
READING, FAILED, EQUAL, HELD, OPEN, SCHEDULED, APPLYING, APPLIED, REJECTED, UNDONE, WITHDRAWN = (
    "reading", "failed", "equal", "held", "open", "scheduled", "applying", "applied", "rejected", "undone", "withdrawn",
)  # fmt: skip
PENDING = (HELD, OPEN, SCHEDULED, APPLYING)


class Refused(Exception):
    """The deed is refused with this status and code, and nothing has changed."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.status, self.code = status, code


@dataclass(eq=False)
class Version:
    number: int
    data: Record
    live: bool
    by: str
    of: ChangeSet


@dataclass(eq=False)
class Table:
    """Rows by key, each with all its versions. Without key fields a row is its own key, and equal rows are numbered."""

    name: str
    fields: tuple[str, ...]
    key: tuple[str, ...]
    grouping: str = ""
    id: int = 0
    four_eyes: bool = False
    revision: int = 0
    learned: frozenset[str] = frozenset()
    rows: dict[str, list[Version]] = field(default_factory=dict)

    def live(self) -> dict[str, Record]:
        return {key: versions[-1].data for key, versions in self.rows.items() if versions[-1].live}

    def gone(self, key: str) -> Record:
        """What a removed row was last; nothing of one that never was."""
        return self.rows[key][-1].data if key in self.rows else {}

    def version(self, key: str) -> int | None:
        """The version of a live row."""
        return self.rows[key][-1].number if key in self.live() else None

    def key_of(self, record: Record) -> str:
        """A key of one column is its value; one of several is their values joined by |, which is escaped in them."""
        if len(self.key) == 1:
            return record[self.key[0]]
        return "|".join(record[name].replace("\\", "\\\\").replace("|", "\\|") for name in self.key)

    def keyed(self, records: Iterable[Record], *, all_new: bool = False) -> list[tuple[str, Record]]:
        """Rows under their keys. Equal rows without one pair off with the live ones in order; the rest are numbered on.

        `all_new`: they pair off with none.
        """
        if self.key:
            return [(self.key_of(record), record) for record in records]
        seen: Counter[str] = Counter()
        found = []
        for record in records:
            text = as_text(record)
            numbers = sorted(number for was, number in map(numbered, self.live()) if was == text)
            nth = seen[text] + (len(numbers) if all_new else 0)
            seen[text] += 1
            last = numbers[-1] if numbers else -1
            number = numbers[nth] if nth < len(numbers) else last + 1 + nth - len(numbers)
            found.append((f"{text}.{number}", record))
        return found


def words(text: str) -> list[str]:
    """What stands between blanks, punctuation and other marks, in small letters."""
    return re.findall(r"[^\W_]+", text.lower())


def as_text(record: Record) -> str:
    return json.dumps(record, sort_keys=True)


def numbered(key: str) -> tuple[str, int]:
    """The row's text and number in the key of a row without key fields."""
    text, _, number = key.rpartition(".")
    return text, int(number)


@dataclass(eq=False)
class Decision:
    verdict: str
    by: str
    count: int
    id: int = 0
    undone: bool = False


@dataclass(eq=False)
class Change:
    """What would happen to one row: `record` is the whole row if added or removed, `cells` are those that change.

    `before` is the version that it starts from, `after` the one that it made.
    """

    kind: str
    key: str
    record: Record | None = None
    cells: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    before: int | None = None
    after: int | None = None
    verdict: str = "undecided"
    fate: str = "waiting"
    by: str | None = None
    ruling: Decision | None = None
    earlier: Decision | None = None
    id: int = 0

    def shows(self, text: str) -> bool:
        """Whether each word of a text begins a word of the key, the record or a cell, whatever the case."""
        values = [
            self.key,
            *(self.record or {}).values(),
            *(value or "" for cell in self.cells.values() for value in cell),
        ]
        found = {word for value in values for word in words(value)}
        return all(any(one.startswith(word) for one in found) for word in words(text))

    def decide(self, decision: Decision) -> None:
        self.verdict, self.by = decision.verdict, decision.by if decision.verdict != "undecided" else None
        self.ruling, self.earlier = decision, self.ruling

    def go_back(self) -> None:
        """One step: to the decision before, if that one stands; else undecided."""
        self.ruling, self.earlier = self.earlier, None
        stands = self.ruling is not None and not self.ruling.undone and self.ruling.verdict != "undecided"
        self.verdict, self.by = (self.ruling.verdict, self.ruling.by) if stands and self.ruling else ("undecided", None)

    def forget_decisions(self) -> None:
        self.verdict, self.by, self.ruling, self.earlier = "undecided", None, None, None

    def moved(self, row: list[Version] | None) -> bool:
        """Whether the row is not at the version that this starts from, or is there although it starts from none."""
        live = row is not None and row[-1].live
        if self.kind == "added":
            return live or (self.before is not None and (row is None or row[-1].number != self.before))
        if self.before is None:
            return live
        return not live or row is None or row[-1].number != self.before

    @property
    def idle(self) -> bool:
        """The row is as wanted already: nothing is to be written."""
        return (self.kind == "removed" and self.before is None) or (self.kind == "changed" and not self.cells)

    def wanted(self, base: Record, lacking: Collection[str]) -> Record | None:
        """The row as this would have it, from what it is (or was last); None if removed."""
        if self.kind == "removed":
            return None
        if self.kind == "added":
            return {name: value for name, value in base.items() if name in lacking} | (self.record or {})
        return without_nulls({**base, **{name: new for name, (_, new) in self.cells.items()}})

    def start_anew(self, table: Table, lacking: Collection[str]) -> None:
        """Rest on the row as it is now: what this would do is worked out again."""
        now = table.live().get(self.key)
        wanted = self.wanted(now if now is not None else table.gone(self.key), lacking)
        self.before, self.cells, self.record = table.version(self.key), {}, None
        if wanted is None:
            self.kind, self.record = "removed", now
        elif now is None:
            self.kind, self.record = "added", wanted
        else:
            self.kind, self.cells = "changed", cells_between(now, wanted)


def without_nulls(record: dict[str, str | None]) -> Record:
    return {name: value for name, value in record.items() if value is not None}


def cells_between(old: Record, new: Record) -> dict[str, tuple[str | None, str | None]]:
    return {
        name: (old.get(name), new.get(name)) for name in old.keys() | new.keys() if old.get(name) != new.get(name)
    }  # fmt: skip


@dataclass(eq=False)
class ChangeSet:
    table: Table
    origin: str
    mode: str
    by: str
    state: str = READING
    changes: dict[str, Change] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    holds: list[str] = field(default_factory=list)
    problem: str | None = None
    four_eyes: bool = False
    undoes: ChangeSet | None = None
    content: bytes = b""
    records: list[Record] = field(default_factory=list)
    columns: tuple[str, ...] = ()
    broken: bool = False
    apply_by: str | None = None
    scheduled_once: bool = False
    times_applied: int = 0
    rows_before: int = 0
    rows_after: int = 0
    compared: int | None = None
    settled: tuple[int, frozenset[str]] | None = None
    id: int = 0

    @property
    def lacking(self) -> list[str]:
        """The fields that its file has no column for."""
        return [name for name in self.table.fields if name not in self.columns] if self.origin == "upload" else []

    def count(self, verdict: str) -> int:
        return sum(change.verdict == verdict and change.fate != "applied" for change in self.changes.values())

    def fates(self, fate: str) -> int:
        return sum(change.fate == fate for change in self.changes.values())

    @property
    def over(self) -> bool:
        return self.state in (UNDONE, WITHDRAWN, REJECTED, FAILED)


@dataclass(eq=False)
class Job:
    kind: str
    of: ChangeSet
    due: bool = True


def waiting(sets: Iterable[ChangeSet]) -> Any:
    """Changes neither applied nor rejected in sets that are not over, by kind."""
    changes = (change for one in sets if one.state in PENDING for change in one.changes.values())
    return Counter(one.kind for one in changes if one.fate != "applied" and one.verdict != "rejected")
