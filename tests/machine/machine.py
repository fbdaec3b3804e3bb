"""The steps: each is taken in Ridley, over REST, and in the model, and then the two must agree."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.machine import making
from tests.machine.desk import PEOPLE, as_csv
from tests.machine.records import APPLIED, FAILED, HELD, OPEN, READING, SCHEDULED, Change, ChangeSet, Table
from tests.machine.walk import Haste, Walker, deaths, deed, hastes, pick

people, which = st.sampled_from(PEOPLE), st.integers(0, 40)
verdicts = st.sampled_from(["accepted", "accepted", "rejected", "undecided"])
FILTERS = ["all", "kind", "decision", "fate", "column", "key", "text", "decided_by"]


class Machine(Walker):
    """The deeds that a walk takes."""

    # Files

    @deed(
        3,
        who=people,
        number=which,
        steps=making.file_steps,
        mode=st.sampled_from(["snapshot", "delta"]),
        shape=st.integers(0, 9),
        haste=hastes,
    )
    def upload(self, who: str, number: int, steps: Any, mode: str, shape: int, haste: Haste) -> None:
        """A file that says what the table has, with a few rows otherwise. Sometimes turned round, partial or broken."""
        self.count("upload")
        table = self.pick_table(number)
        rows = making.file_rows(table, steps, whole=mode == "snapshot")
        columns = table.fields[::-1] if shape == 1 else table.fields
        if shape in (2, 3) and table.key:
            columns = table.fields[:-1]
        broken = shape == 9 and bool(table.key)
        content = as_csv([*rows, *rows[:1]] if broken else rows, columns)
        rows = [{name: row.get(name, "") for name in columns} for row in rows]
        self.send(who, table, mode, content, haste, rows=rows, columns=columns, broken=broken)

    @deed(2, lambda self: any(one.content for one in self.model.sets), who=people, number=which, haste=hastes)
    def upload_again(self, who: str, number: int, haste: Haste) -> None:
        """A file that came before, perhaps the one that was applied last."""
        self.count("upload again")
        sets = [one for one in self.model.sets if one.content]
        newest = [one for one in sets if one.settled and one.settled[0] == one.table.revision]
        one = pick(newest if newest and number % 3 else sets, number)
        self.send(
            who, one.table, one.mode, one.content, haste, rows=one.records, columns=one.columns, broken=one.broken
        )

    def send(self, who: str, table: Table, mode: str, content: bytes, haste: Haste, **known: Any) -> None:
        answer, found = self.desk.upload(who, table, content, mode)
        made = self.model.upload(table, known["rows"], known["columns"], content, mode=mode, by=who,
                                 broken=known["broken"])  # fmt: skip
        made.id = found["change_set"]["id"]
        assert (answer, found["change_set"]["state"], found["job"] is None) == (
            (202, None), made.state, made.state != READING,
        )  # fmt: skip
        if made.state != READING:
            self.count("answered at once")
        self.touch(made)
        self.hasten(haste)

    # Edits

    @deed(3, who=people, number=which, steps=making.edit_steps, apply=st.booleans(), willing=st.integers(0, 4))
    def edit(self, who: str, number: int, steps: Any, apply: bool, willing: int) -> None:
        """Rows made, updated and deleted by hand, proposed or applied at once."""
        self.count("edit and apply" if apply else "edit")
        table = self.pick_table(number)
        found = making.edits(table, steps, willing=willing > 0)
        self.edit_rows(who, table, found, apply)

    def edit_rows(self, who: str, table: Table, edits: list[dict[str, Any]], apply: bool) -> None:
        shown = [
            {**edit, "key": self.agreement.shown_key(table, edit["key"])} if "key" in edit and not table.key else edit
            for edit in edits
        ]
        made, answer = self.ask(
            who, f"assistant/tables/{table.id}/edits/", {"changes": shown, "apply": apply},
            lambda: self.model.edit(table, edits, by=who, apply=apply), status=201,
        )  # fmt: skip
        self.table = table
        if made is not None:
            made.id = answer["id"]
            self.touch(made)

    # Decisions

    @deed(
        2,
        lambda self: self.having(OPEN),
        who=people,
        number=which,
        verdict=verdicts,
        kind=st.sampled_from(FILTERS),
        of=which,
        seen=st.integers(0, 4),
    )
    def decide(self, who: str, number: int, verdict: str, kind: str, of: int, seen: int) -> None:
        """A verdict on all that a filter names; sometimes with the number that was seen."""
        self.count("decide by filter")
        one = self.pick_set(number, OPEN)
        wanted = making.filters(kind, of, PEOPLE)
        expected = len(self.model.meant(one, meant(wanted))) + (seen == 1) if seen < 2 else None
        self.note_conflicts(self.model.meant(one, meant(wanted)), verdict)
        body = {"decision": verdict, "filter": self.named(wanted)}
        self.ask(
            who, f"change-sets/{one.id}/decisions/", body if expected is None else {**body, "expected": expected},
            lambda: self.model.decide(one, verdict, meant(wanted), by=who, expected=expected), status=201, of=one,
        )  # fmt: skip

    @deed(
        2,
        lambda self: self.having(OPEN),
        who=people,
        number=which,
        verdict=verdicts,
        steps=st.sets(making.slots, min_size=1, max_size=3),
    )
    def decide_on_some(self, who: str, number: int, verdict: str, steps: set[int]) -> None:
        """A verdict on changes that are named one by one."""
        self.count("decide by ids")
        one = self.pick_set(number, OPEN, having_changes=True)
        self.agreement.changes(one)
        changes = list(one.changes.values())
        chosen = list({id(found): found for found in (changes[step % len(changes)] for step in steps)}.values())
        self.note_conflicts(chosen, verdict)
        self.ask(
            who, f"change-sets/{one.id}/decisions/", {"decision": verdict, "ids": [change.id for change in chosen]},
            lambda: self.model.decide_on(one, verdict, chosen, by=who), status=201, of=one,
        )  # fmt: skip

    @deed(2, lambda self: any(one.decisions for one in self.having(OPEN)), who=people, number=which, nth=which)
    def undo_decision(self, who: str, number: int, nth: int) -> None:
        """A decision is taken back, mostly the last one."""
        self.count("undo a decision")
        decided = [one for one in self.model.sets if one.decisions]
        still_open = [one for one in decided if one.state == OPEN]
        one = pick(still_open if still_open and number % 8 else decided, number)
        made = one.decisions[-1] if nth % 2 else pick(one.decisions, nth // 2)
        self.ask(
            who, f"change-sets/{one.id}/decisions/{made.id}/undo/", {},
            lambda: self.model.undo_decision(one, made), of=one,
        )  # fmt: skip

    # Whole sets

    @deed(
        3,
        lambda self: self.model.sets,
        who=people,
        number=which,
        rest=st.sampled_from(["refuse", "wait", "reject"]),
        later=st.integers(0, 3),
        haste=hastes,
    )
    def apply(self, who: str, number: int, rest: str, later: int, haste: Haste) -> None:
        """Asked to be applied, now or at a moment."""
        self.count("apply at a moment" if later == 0 else "apply")
        self.ask_to_apply(who, self.pick_set(number, OPEN), rest, later == 0)
        self.hasten(haste)

    def ask_to_apply(self, who: str, one: ChangeSet, rest: str, later: bool = False) -> None:
        body = {"rest": rest}
        if later:
            body["at"] = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        self.ask(
            who, f"change-sets/{one.id}/apply/", body,
            lambda: self.model.request_apply(one, by=who, rest=rest, later=later), status=202, of=one,
        )  # fmt: skip

    @deed(3, lambda self: self.having(OPEN, HELD), number=which, first=people, later=st.integers(0, 4), haste=hastes)
    def see_through(self, number: int, first: str, later: int, haste: Haste) -> None:
        """Released, accepted as a whole by one and applied by the other, now or at a moment."""
        self.count("see through")
        one = pick(self.having(OPEN, HELD), number)
        address, second = f"change-sets/{one.id}/", PEOPLE[first == PEOPLE[0]]
        self.note_conflicts(list(one.changes.values()), "accepted")
        if one.state == HELD:
            self.count("release")
        self.ask(second, f"{address}release/", {}, lambda: self.model.release(one), of=one)
        self.ask(
            first, f"{address}decisions/", {"decision": "accepted"},
            lambda: self.model.decide(one, "accepted", meant({}), by=first), status=201, of=one,
        )  # fmt: skip
        self.ask_to_apply(second, one, "refuse", later == 0)
        self.hasten(haste)

    @deed(3, lambda self: self.having(SCHEDULED), number=which, who=people, haste=hastes)
    def moment_comes(self, number: int, who: str, haste: Haste) -> None:
        """The moment of a scheduled apply comes."""
        self.count("the moment comes")
        one = pick(self.having(SCHEDULED), number)
        self.desk.come_due(one.id)
        for job in self.model.queue:
            job.due = job.due or job.of is one
        self.touch(one)
        self.hasten(haste)

    def note_conflicts(self, changes: Sequence[Change], verdict: str) -> None:
        if verdict == "accepted" and any(change.fate == "conflict" for change in changes):
            self.count("conflicts accepted")

    @deed(
        2,
        lambda self: self.having(SCHEDULED, HELD, READING, FAILED),
        who=people,
        number=which,
        name=st.sampled_from(["cancel", "release", "withdraw"]),
    )
    def small_deed(self, who: str, number: int, name: str) -> None:
        """A scheduled apply is taken back, a held set is let go, or a set is taken back."""
        deeds = {
            "cancel": ("apply/cancel", self.model.cancel, [SCHEDULED]),
            "release": ("release", self.model.release, [HELD]),
            "withdraw": ("withdraw", self.model.withdraw, [HELD, READING, FAILED]),
        }
        sensible = [deed for deed, (_, _, states) in deeds.items() if self.having(*states)]
        if name not in sensible and sensible and number % 4:
            name = pick(sensible, number)
        self.count(name)
        path, known, states = deeds[name]
        one = self.pick_set(number, *states)
        self.ask(who, f"change-sets/{one.id}/{path}/", {}, lambda: known(one), of=one)

    @deed(3, lambda self: self.having(APPLIED), who=people, number=which, again=st.booleans(), haste=hastes)
    def undo(self, who: str, number: int, again: bool, haste: Haste) -> None:
        """An applied set is undone; with `again`, an undo is (a redo)."""
        applied = self.having(APPLIED)
        undos = [one for one in applied if one.undoes is not None]
        one = pick(undos if again and undos else applied if number % 8 else self.model.sets, number)
        self.count("redo" if one.undoes is not None else "undo")
        made, answer = self.ask(
            who, f"change-sets/{one.id}/undo/", {}, lambda: self.model.request_undo(one, by=who), status=202, of=one
        )
        if made is not None:
            made.id = answer["change_set"]["id"]
            self.touch(made)
        self.hasten(haste)

    @deed(1, number=which)
    def switch_four_eyes(self, number: int) -> None:
        """A table asks for four eyes, or does no more."""
        self.count("four eyes")
        table = self.pick_table(number)
        table.four_eyes = not table.four_eyes
        self.desk.patch("ann", f"assistant/tables/{table.id}/", {"four_eyes": table.four_eyes})
        self.table = table

    # Workers

    @deed(1, lambda self: self.model.next_job())
    def work(self) -> None:
        """A worker does the job that has waited longest."""
        self.count("work")
        self.work_once()

    @deed(2, lambda self: self.model.next_job(), haste=deaths)
    def kill(self, haste: Haste) -> None:
        """A worker, or its database connection, dies at a statement; nothing is half done, and another goes on."""
        self.hasten(haste)


def meant(wanted: Mapping[str, str]) -> Callable[[Change], bool]:
    """What a filter names."""
    tests: dict[str, Callable[[Change, str], bool]] = {
        "kind": lambda change, value: change.kind == value,
        "decision": lambda change, value: change.verdict == value,
        "fate": lambda change, value: change.fate == value,
        "column": lambda change, value: value in change.cells,
        "key": lambda change, value: change.key == value,
        "text": lambda change, value: change.shows(value),
        "decided_by": lambda change, value: change.by == value,
    }
    return lambda change: all(tests[name](change, value) for name, value in wanted.items())
