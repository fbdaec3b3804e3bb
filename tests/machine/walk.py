"""A walk through one tenant: what its steps share, and the agreement after each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.db import connection
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.machine import making
from tests.machine.agreement import Agreement, newest, traces
from tests.machine.desk import AT_THE_END, Desk
from tests.machine.model import Model
from tests.machine.records import ChangeSet, Refused, Table
from tests.world import World, make_world

LAST_STATEMENT = 45
MOST_DEATHS = 5  # of one job; after ten it is given up
# When a job is done: later, at once, or by a worker that dies at a statement first.
deaths = st.tuples(
    st.sampled_from([*range(1, LAST_STATEMENT), *[AT_THE_END] * 10]),
    st.sampled_from(["process", "process", "database"]),
)
hastes = st.one_of(st.none(), st.just((0, "")), st.just((0, "")), deaths)
Haste = tuple[int, str] | None


def deed(often: int, when: Callable[[Any], Any] = lambda walker: True, **arguments: st.SearchStrategy[Any]) -> Any:
    """A deed that a walk takes: how often beside the others, when it can be taken, and with what."""

    def mark(function: Callable[..., None]) -> Callable[..., None]:
        function.deed = (often, when, st.fixed_dictionaries(arguments))  # type: ignore[attr-defined]
        return function

    return mark


class Walker(RuleBasedStateMachine):
    """One tenant through many deeds; another tenant beside it, with the same keys, must not feel anything."""

    other: ClassVar[World]
    others_mark: ClassVar[str]
    counts: ClassVar[Counter[str]] = Counter()

    @initialize()
    def begin(self) -> None:
        """A new tenant with four tables."""
        self.model = Model(making.tables())
        self.desk = Desk(make_world())
        furnish(self.desk, self.model)
        self.agreement = Agreement(self.desk, self.model)
        self.table, self.one = self.model.tables[0], None
        self.moments: list[tuple[str, Table, dict[str, dict[str, str]]]] = []
        self.step, self.mark = 0, ""
        self.deaths: Counter[int] = Counter()

    @rule(data=st.data())
    def take_a_step(self, data: st.DataObject) -> None:
        """One of the deeds that can be taken now. (As a rule each, a walk would leave out half of them all along.)"""
        deeds = {name: found.deed for name, found in vars(type(self)).items() if hasattr(found, "deed")}
        possible = [name for name, (often, when, _) in deeds.items() for _ in range(often) if when(self)]
        turn = self.step * 7 % len(possible)  # so that the simplest choices are not one deed over and over
        name = data.draw(st.sampled_from(possible[turn:] + possible[:turn]), label="deed")
        getattr(self, name)(**data.draw(deeds[name][2], label=name))

    def hasten(self, haste: Haste) -> None:
        """What waits is done now, or tried by a worker that dies and then, at odd statements, done."""
        if haste is None:
            return
        after, how = haste
        if after and self.model.next_job():
            self.count("kill")
            self.work_once(after, how)
        if not after or after % 2:
            self.work_off()

    def work_off(self) -> None:
        """Workers do all that waits."""
        while self.model.next_job():
            self.work_once()
        assert self.desk.next_job() is None

    def work_once(self, after: int | None = None, how: str = "process") -> None:
        job = self.model.next_job()
        assert job is not None
        if after is not None and self.deaths[id(job)] >= MOST_DEATHS:
            after = None
        done = self.desk.work(after, how)
        assert done is not None, "the model has a job, and Ridley has none"
        outcome, number = done
        self.touch(job.of)
        if outcome == "done":
            self.model.work()
            if job.kind != "read" and job.of.fates("conflict"):
                self.count("conflicts met")
            assert self.desk.told(number) == ("done", job.of.state)
            return
        self.deaths[id(job)] += 1
        committed = self.desk.get(f"change-sets/{job.of.id}/")["state"] != job.of.state
        self.count(f"died {'after' if committed else 'before'} the commit of {job.kind}, by the {how}")
        if self.desk.wrote_rows and not committed:
            self.count("died with rows half written")
        if committed:
            self.model.finish(job)

    def count(self, name: str) -> None:
        self.counts[name] += 1

    def touch(self, one: ChangeSet) -> None:
        self.one, self.table = one, one.table

    def having(self, *states: str) -> list[ChangeSet]:
        return [one for one in self.model.sets if one.state in states]

    def pick_table(self, number: int) -> Table:
        return self.model.tables[(0, 0, 1, 1, 2, 3)[number % 6]]

    def pick_set(self, number: int, *states: str, having_changes: bool = False) -> ChangeSet:
        """One of the sets in these states, if there is any; else, and now and then, any set."""
        sets = [one for one in self.model.sets if one.changes or not having_changes]
        fitting = [one for one in sets if one.state in states]
        return pick(fitting if fitting and number % 8 else sets, number)

    def named(self, wanted: Mapping[str, str]) -> dict[str, str]:
        """A filter with people's ids for their names."""
        return {name: str(self.desk.people[value].user.pk) if name == "decided_by" else value  # type: ignore[union-attr]
                for name, value in wanted.items()}  # fmt: skip

    def ask(
        self, who: str, path: str, body: Mapping[str, Any], known: Callable[[], Any], *, status: int = 200,
        of: ChangeSet | None = None,
    ) -> tuple[Any, Any]:  # fmt: skip
        """Ask Ridley and the model. They carry it out both, or refuse it both for the same reason."""
        if of is not None:
            self.touch(of)
        before = newest(self.desk.world.tenant.pk)
        answer, found = self.desk.post(who, path, body)
        refusal = None
        try:
            result = known()
        except Refused as refused:
            refusal = refused
        if refusal is None:
            assert answer == (status, None), found
            return result, found
        assert answer == (refusal.status, refusal.code), found
        assert newest(self.desk.world.tenant.pk) == before, f"refused with {refusal}, and something was recorded"
        self.count(f"refused: {refusal.code}")
        return None, None

    @invariant()
    def agrees(self) -> None:
        """All that Ridley stores equals the model; every third time, so does one of the pages that it shows."""
        self.step += 1
        self.count("steps" if self.step > 1 else "tenants")
        self.agreement.stored()
        if self.step % 3 == 0:
            self.in_turn(self.step // 3)
            assert traces(self.other.tenant.pk) == self.others_mark, "another tenant has changed"
        self.moments.append((now(), self.table, self.table.live()))

    def teardown(self) -> None:
        assert traces(self.other.tenant.pk) == self.others_mark, "another tenant has changed"

    def in_turn(self, step: int) -> None:
        """One of Ridley's pages about what was touched, beside the model."""
        turn, one = step % 8, self.one
        if turn == 0:
            self.agreement.stats()
        elif turn == 1:
            self.agreement.rows(self.table)
        elif turn == 2:
            self.agreement.sets()
        elif turn in (3, 7) and self.moments:
            moment, table, then = self.moments[step * 7 % len(self.moments)]
            self.agreement.as_of(table, moment, then)
        elif turn == 4 and self.table.rows:
            self.agreement.history(self.table, pick(sorted(self.table.rows), step))
        elif one is not None:
            pages = (self.agreement.changes, self.agreement.decisions, self.agreement.summary)
            pages[step // 8 % 3](one)


def furnish(desk: Desk, model: Model) -> None:
    """The tables with their first rows."""
    desk.set_up(model.tables)
    for table in model.tables:
        if rows := making.first_rows(table):
            edits = [{"kind": "create", "values": row} for row in rows]
            answer, found = desk.post("ann", f"assistant/tables/{table.id}/edits/", {"changes": edits, "apply": True})
            assert answer == (201, None), found
            model.edit(table, edits, by="ann", apply=True).id = found["id"]


def pick(found: Any, number: int) -> Any:
    """One of these; small numbers mean the newest."""
    return found[-1 - number % len(found)]


def now() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
        return str(cursor.fetchone()[0])
