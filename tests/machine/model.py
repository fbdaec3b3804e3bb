"""The deeds of people and workers on the plain records: what Ridley is to answer, and what is to be so afterwards.

Each deed either changes the records and returns, or raises Refused and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.machine.differences import difference, edited, hold_reasons
from tests.machine.records import (
    APPLIED,
    APPLYING,
    EQUAL,
    FAILED,
    HELD,
    OPEN,
    READING,
    REJECTED,
    SCHEDULED,
    UNDONE,
    WITHDRAWN,
    Change,
    ChangeSet,
    Decision,
    Job,
    Record,
    Refused,
    Table,
    Version,
)

Wanted = Callable[[Change], bool]


@dataclass(eq=False)
class Model:
    tables: list[Table]
    sets: list[ChangeSet] = field(default_factory=list)
    queue: list[Job] = field(default_factory=list)

    def opened(self, made: ChangeSet) -> ChangeSet:
        made.four_eyes = made.four_eyes or made.table.four_eyes
        self.sets.append(made)
        return made

    # Files

    def upload(
        self, table: Table, records: Sequence[Record], columns: Sequence[str], content: bytes, *, mode: str, by: str,
        broken: bool = False,
    ) -> ChangeSet:  # fmt: skip
        """A file that the table is known to equal is answered at once; any other waits to be read."""
        known = any(
            (one.content, one.mode, one.settled) == (content, mode, (table.revision, table.learned))
            for one in self.sets
            if one.table is table
        )
        made = self.opened(ChangeSet(
            table, "upload", mode, by, content=content, records=list(records), columns=tuple(columns), broken=broken
        ))  # fmt: skip
        if known:
            made.state, made.settled = EQUAL, (table.revision, table.learned)
            made.rows_before = made.rows_after = len(table.live())
        else:
            self.queue.append(Job("read", made))
        return made

    def read(self, one: ChangeSet) -> None:
        if one.state != READING:
            return
        if one.broken:
            one.state, one.problem = FAILED, "duplicate-key"
            return
        table = one.table
        keys = {key for key, _ in table.keyed(one.records)}
        one.rows_before = len(table.live())
        one.rows_after = len(keys if one.mode == "snapshot" else keys | table.live().keys())
        self.compared(one, difference(table, one.records, one.columns, removes=one.mode == "snapshot"))
        table.learned |= frozenset(one.columns)

    def compared(self, one: ChangeSet, changes: Sequence[Change]) -> None:
        """Its changes are known: it is held, open, or equal to what is there."""
        one.changes = {change.key: change for change in changes}
        one.holds, one.compared = hold_reasons(one.table, changes), one.table.revision
        one.state = EQUAL if not changes else HELD if one.holds else OPEN
        if one.state == EQUAL:
            one.settled = (one.table.revision, one.table.learned)

    # Edits

    def edit(self, table: Table, edits: Sequence[Mapping[str, Any]], *, by: str, apply: bool) -> ChangeSet:
        """Rows made, updated and deleted by hand, all of them or none."""
        if apply and table.four_eyes:
            raise Refused(403, "four-eyes")
        changes = edited(table, edits)
        made = self.opened(ChangeSet(table, "edit", "delta", by))
        kinds = [edit["kind"] for edit in edits]
        made.rows_before = len(table.live())
        made.rows_after = made.rows_before + kinds.count("create") - kinds.count("delete")
        self.compared(made, changes)
        if apply and made.state in (HELD, OPEN):  # who applies may release as well, and is not held up
            made.state, made.apply_by = OPEN, by
            self.rule(made, Decision("accepted", by, 0), lambda change: True)
            self.carry_out(made)
        return made

    # Decisions

    def require_open(self, one: ChangeSet) -> None:
        if one.state != OPEN:
            raise Refused(409, one.state if one.state in (HELD, READING) else "not-open")

    def decide(self, one: ChangeSet, verdict: str, wanted: Wanted, *, by: str, expected: int | None = None) -> Decision:
        self.require_open(one)
        if expected is not None and expected != len(self.meant(one, wanted)):
            raise Refused(409, "count-differs")
        return self.rule(one, Decision(verdict, by, 0), wanted)

    def decide_on(self, one: ChangeSet, verdict: str, chosen: Sequence[Change], *, by: str) -> Decision:
        """Decide on these very changes."""
        self.require_open(one)
        if any(change.fate == "applied" for change in chosen):
            raise Refused(404, "not-found")
        return self.rule(one, Decision(verdict, by, 0), lambda change: change in chosen)

    def meant(self, one: ChangeSet, wanted: Wanted) -> list[Change]:
        return [change for change in one.changes.values() if change.fate != "applied" and wanted(change)]

    def rule(self, one: ChangeSet, made: Decision, wanted: Wanted) -> Decision:
        """A verdict on the changes meant. A conflict that is accepted starts from the row as it is now."""
        chosen = self.meant(one, wanted)
        for change in chosen:
            if change.fate == "conflict" and made.verdict != "undecided":
                change.fate = "waiting"
                if made.verdict == "accepted":
                    change.start_anew(one.table, one.lacking)
            change.decide(made)
        made.count = len(chosen)
        one.decisions.append(made)
        return made

    def undo_decision(self, one: ChangeSet, made: Decision) -> None:
        """What it still rules goes back to what it was before it. Asking twice is harmless."""
        self.require_open(one)
        if made.undone:
            return
        made.undone = True
        for change in one.changes.values():
            if change.ruling is made and change.fate != "applied":
                change.go_back()

    # Whole sets

    def release(self, one: ChangeSet) -> None:
        if one.state not in (HELD, OPEN):
            raise Refused(409, "not-held")
        one.state = OPEN

    def withdraw(self, one: ChangeSet) -> None:
        if one.state == WITHDRAWN:
            return
        if one.state not in (READING, HELD, OPEN, FAILED) or one.fates("applied"):
            raise Refused(409, "not-withdrawable")
        one.state = WITHDRAWN

    def request_apply(self, one: ChangeSet, *, by: str, rest: str, later: bool = False) -> None:
        if one.state in (APPLYING, APPLIED):
            return
        if one.state == SCHEDULED:
            raise Refused(409, "scheduled")
        self.require_open(one)
        undecided, accepted = one.count("undecided"), one.count("accepted")
        if undecided and rest == "refuse":
            raise Refused(409, "undecided")
        if undecided and rest == "wait" and not accepted:
            raise Refused(409, "nothing-accepted")
        four_eyes = one.four_eyes or one.table.four_eyes
        if accepted and four_eyes and all(change.by == by for change in self.to_apply(one)):
            raise Refused(403, "four-eyes")
        one.four_eyes = four_eyes
        if undecided and rest == "reject":
            self.rule(one, Decision("rejected", by, 0), lambda change: change.verdict == "undecided")
        if not accepted:
            self.end(one, APPLIED if one.fates("applied") else REJECTED)
            return
        one.state, one.apply_by, one.scheduled_once = SCHEDULED if later else APPLYING, by, later
        self.queue.append(Job("apply", one, due=not later))

    def cancel(self, one: ChangeSet) -> None:
        if one.state == OPEN:
            return
        if one.state != SCHEDULED:
            raise Refused(409, "not-scheduled")
        one.state, one.apply_by, one.scheduled_once = OPEN, None, False
        self.queue = [job for job in self.queue if job.of is not one]

    def to_apply(self, one: ChangeSet) -> list[Change]:
        return [change for change in one.changes.values() if change.verdict == "accepted" and change.fate == "waiting"]

    def carry_out(self, one: ChangeSet) -> None:
        """Apply what is accepted; with four eyes, only what somebody else decided. Rows that moved are conflicts."""
        table, settles = one.table, one.compared == one.table.revision
        one.four_eyes = one.four_eyes or table.four_eyes
        for change in self.to_apply(one):
            if one.four_eyes and change.by == one.apply_by:
                continue
            row = table.rows.get(change.key)
            if change.moved(row):
                change.fate = "conflict"
                change.forget_decisions()
                continue
            change.fate = "applied"
            if not change.idle:
                self.write(one, change)
        table.revision += 1
        one.times_applied += 1
        if settles:
            one.compared = table.revision
        waits = one.count("undecided") or one.count("accepted")
        self.end(one, OPEN if waits else APPLIED if one.fates("applied") else REJECTED)
        if settles and one.origin == "upload" and one.state == APPLIED and not one.count("rejected"):
            one.settled = (table.revision, table.learned)

    def write(self, one: ChangeSet, change: Change) -> None:
        versions = one.table.rows.setdefault(change.key, [])
        was = versions[-1].data if versions else {}
        data = was if change.kind == "removed" else change.wanted({} if change.kind == "added" else was, ()) or {}
        change.after = len(versions) + 1
        versions.append(Version(change.after, dict(data), change.kind != "removed", one.apply_by or "", one))

    def end(self, one: ChangeSet, state: str) -> None:
        """An undo that is applied marks what it undid as undone, what that one had undone as applied, and so on."""
        one.state = state
        earlier, now = one.undoes, UNDONE
        while state == APPLIED and earlier is not None:
            earlier.state, earlier, now = now, earlier.undoes, APPLIED if now == UNDONE else UNDONE

    # Undo

    def undos(self, one: ChangeSet) -> list[ChangeSet]:
        return [other for other in self.sets if other.undoes is one]

    def request_undo(self, one: ChangeSet, *, by: str) -> ChangeSet:
        if any(redo.state == APPLIED for undo in self.undos(one) if undo.state == UNDONE for redo in self.undos(undo)):
            raise Refused(409, "redone")
        if one.state != APPLIED or any(not undo.over for undo in self.undos(one)):
            raise Refused(409, "not-undoable")
        made = self.opened(ChangeSet(one.table, "undo", "delta", by, undoes=one, four_eyes=one.four_eyes))
        self.queue.append(Job("undo", made))
        return made

    def mirror(self, one: ChangeSet) -> None:
        """Turn round what was written, in the name of who asked; with four eyes somebody else must apply it."""
        if one.state != READING or one.undoes is None:
            return
        turned = {"added": "removed", "removed": "added", "changed": "changed"}
        for change in one.undoes.changes.values():
            if change.fate == "applied" and change.after is not None:
                cells = {name: (new, old) for name, (old, new) in change.cells.items()}
                one.changes[change.key] = Change(
                    turned[change.kind], change.key, change.record, cells, before=change.after, verdict="accepted",
                    by=one.by,
                )  # fmt: skip
        if one.four_eyes:
            one.state = OPEN
        else:
            one.apply_by = one.by
            self.carry_out(one)

    # Workers

    def next_job(self) -> Job | None:
        return next((job for job in self.queue if job.due), None)

    def work(self) -> None:
        """Do the job that has waited longest."""
        job = self.next_job()
        assert job is not None
        self.queue.remove(job)
        self.finish(job)

    def finish(self, job: Job) -> None:
        """Do a job's work, which does nothing the second time."""
        if job.kind != "apply":
            {"read": self.read, "undo": self.mirror}[job.kind](job.of)
        elif job.of.state in (APPLYING, SCHEDULED):
            self.carry_out(job.of)
