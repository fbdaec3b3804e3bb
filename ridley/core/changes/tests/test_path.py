"""The whole path of a file through the rooms, at the services: read, decide, apply, conflict, undo."""

from __future__ import annotations

import csv
import io

import pytest

from ridley.assistant.models import Dataset, Row, RowVersion, Source, Table
from ridley.core.access.errors import Conflict, Denied, NotReady
from ridley.core.access.scope import Scope
from ridley.core.changes import services
from ridley.core.changes.models import Change, ChangeSet
from tests.world import World, run_jobs, upload

BEFORE = [("1", "Swift", "500"), ("2", "Baleno", "600"), ("3", "Alto", "300"), ("4", "Ciaz", "900")]
AFTER = [("1", "Swift", "550"), ("2", "Baleno", "600"), ("4", "Ciaz", "900"), ("5", "Dzire", "700")]


def as_csv(rows: list[tuple[str, ...]], header: tuple[str, ...] = ("code", "model", "price")) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([header, *rows])
    return out.getvalue().encode()


@pytest.fixture
def table(world: World) -> Table:
    return make_table(world)


def make_table(world: World, **fields: object) -> Table:
    with world.pinned():
        names = [{"name": name, "title": name.title(), "type": "text"} for name in ("code", "model", "price")]
        dataset = Dataset.objects.create(
            tenant=world.tenant, key="vehicles", name="V", fields=names, key_fields=["code"]
        )
        source = Source.objects.create(tenant=world.tenant, key="acme", name="Acme")
        return Table.objects.create(tenant=world.tenant, dataset=dataset, source=source, name="Acme vehicles", **fields)


def take_in(world: World, scope: Scope, table: Table, content: bytes, **options: object) -> ChangeSet:
    """Upload a file, open a set and let the job compare it."""
    sent = upload(world, scope, content)
    with world.pinned():
        made = services.open_upload(scope, target="assistant.table", target_id=table.pk, upload_id=sent.pk, **options)
    run_jobs()
    return reread(world, made)


def reread(world: World, change_set: ChangeSet) -> ChangeSet:
    with world.pinned():
        return ChangeSet.objects.get(pk=change_set.pk)


def accept_and_apply(world: World, scope: Scope, change_set: ChangeSet) -> ChangeSet:
    with world.pinned():
        services.decide(scope, change_set_id=change_set.pk, verdict="accepted")
        services.request_apply(scope, change_set_id=change_set.pk)
    run_jobs()
    return reread(world, change_set)


def contents(world: World) -> dict[str, tuple[str, int]]:
    with world.pinned():
        return {row.key: (row.data["price"], row.version) for row in Row.objects.filter(live=True).order_by("key")}


LOADED = {"1": ("500", 1), "2": ("600", 1), "3": ("300", 1), "4": ("900", 1)}


def test_a_file_becomes_rows_the_next_one_changes_and_undo_mirrors_it(world, table):
    scope = world.scope("assistant.admin")
    first = take_in(world, scope, table, as_csv(BEFORE))
    assert (first.state, first.added, first.removed, first.changed, first.undecided) == ("open", 4, 0, 0, 4)
    assert accept_and_apply(world, scope, first).state == "applied"
    assert contents(world) == LOADED

    second = take_in(world, scope, table, as_csv(AFTER))
    assert (second.state, [hold["code"] for hold in second.holds]) == ("held", ["removes-much"])
    assert (second.added, second.removed, second.changed, second.cells, second.columns) == (1, 1, 1, 1, {"price": 1})
    with world.pinned():
        with pytest.raises(NotReady):
            services.decide(scope, change_set_id=second.pk, verdict="accepted")
        services.release(scope, change_set_id=second.pk, comment="The insurer said so.")
    done = accept_and_apply(world, scope, second)
    assert (done.state, done.applied, done.undecided, done.accepted) == ("applied", 3, 0, 0)
    after = {"1": ("550", 2), "2": ("600", 1), "4": ("900", 1), "5": ("700", 1)}
    assert contents(world) == after
    with world.pinned():
        kept = RowVersion.objects.order_by("key").values_list("key", "version", "live", "data__price")
        assert list(kept) == [("1", 1, True, "500"), ("3", 1, True, "300")]

    with world.pinned():
        undo, _ = services.request_undo(scope, change_set_id=second.pk)
    run_jobs()
    assert (reread(world, undo).state, reread(world, second).state) == ("applied", "undone")
    assert contents(world) == {"1": ("500", 3), "2": ("600", 1), "3": ("300", 3), "4": ("900", 1)}
    with world.pinned():
        redo, _ = services.request_undo(scope, change_set_id=undo.pk)
    run_jobs()
    assert (reread(world, redo).state, reread(world, undo).state, reread(world, second).state) == (
        "applied", "undone", "applied",
    )  # fmt: skip
    assert {key: price for key, (price, _) in contents(world).items()} == {k: p for k, (p, _) in after.items()}


def test_the_hash_kept_for_a_row_is_that_of_its_record_after_every_deed(world, table):
    from ridley.engine.diff.hashing import record_hash

    scope = world.scope("assistant.admin")
    accept_and_apply(world, scope, take_in(world, scope, table, as_csv(BEFORE)))
    part = take_in(world, scope, table, as_csv([("2", "650"), ("9", "1")], ("code", "price")), mode="delta")
    assert (part.added, part.removed, part.changed) == (1, 0, 1)
    accept_and_apply(world, scope, part)
    with world.pinned():
        services.request_undo(scope, change_set_id=part.pk)
    run_jobs()
    with world.pinned():
        assert [row.hash for row in Row.objects.order_by("id")] == [
            record_hash(r.data) for r in Row.objects.order_by("id")
        ]


def test_the_same_file_again_is_equal_without_a_job_and_after_an_undo_proposes_again(world, table):
    scope = world.scope("assistant.admin")
    first = accept_and_apply(world, scope, take_in(world, scope, table, as_csv(BEFORE)))
    sent = upload(world, scope, as_csv(BEFORE))
    with world.pinned():
        again = services.open_upload(scope, target="assistant.table", target_id=table.pk, upload_id=sent.pk)
    assert (again.state, run_jobs()) == ("equal", 0)
    with world.pinned():
        services.request_undo(scope, change_set_id=first.pk)
    run_jobs()
    assert contents(world) == {}
    assert take_in(world, scope, table, as_csv(BEFORE)).added == 4


def test_a_row_that_moved_comes_back_as_a_conflict_and_can_be_taken_after_all(world, table):
    scope = world.scope("assistant.admin")
    accept_and_apply(world, scope, take_in(world, scope, table, as_csv(BEFORE)))
    slow = take_in(world, scope, table, as_csv([("1", "Swift", "510"), ("2", "Baleno", "610")]), mode="delta")
    with world.pinned():
        edit = [{"kind": "update", "key": "1", "values": {"price": "999", "model": "Swift!"}}]
        services.open_edits(scope, target="assistant.table", target_id=table.pk, edits=edit, apply=True)
    slow = accept_and_apply(world, scope, slow)
    assert (slow.state, slow.applied, slow.conflicts, slow.undecided) == ("open", 1, 1, 1)
    assert contents(world)["1"] == ("999", 2)
    slow = accept_and_apply(world, scope, slow)
    assert (slow.state, slow.applied, slow.conflicts) == ("applied", 2, 0)
    with world.pinned():
        assert Row.objects.get(key="1").data == {"code": "1", "model": "Swift!", "price": "510"}
        cells = Change.objects.get(change_set=slow, key="1").cells.values_list("column", "old", "new")
        assert list(cells) == [("price", "999", "510")]


def test_a_delta_never_removes_and_a_partial_file_leaves_the_other_fields(world, table):
    scope = world.scope("assistant.admin")
    accept_and_apply(world, scope, take_in(world, scope, table, as_csv(BEFORE)))
    part = take_in(world, scope, table, as_csv([("1", "501")], ("Code", "PRICE")), mode="delta")
    assert part.report["drift"]["missing"] == ["model"]
    accept_and_apply(world, scope, part)
    assert contents(world) == {**LOADED, "1": ("501", 2)}
    with world.pinned():
        assert Row.objects.get(key="1").data == {"code": "1", "model": "Swift", "price": "501"}


def test_duplicate_and_empty_keys_are_named_with_rows_and_nothing_is_taken_in(world, table):
    scope = world.scope("assistant.admin")
    refused = take_in(world, scope, table, as_csv([("1", "A", "1"), ("1", "B", "2"), ("", "C", "3")]))
    assert refused.state == "failed"
    assert {problem["type"] for problem in refused.report["problems"]} == {"duplicate-key", "empty-key"}
    assert {problem["row"] for problem in refused.report["problems"]} >= {3, 4}
    assert contents(world) == {}
    with world.pinned():
        assert Change.objects.count() == 0


def test_four_eyes_each_change_is_applied_by_somebody_who_did_not_decide_it(world):
    table = make_table(world, four_eyes=True)
    one, two = world.scope("assistant.admin"), world.scope("assistant.admin")
    opened = take_in(world, one, table, as_csv(BEFORE[:2]))
    with world.pinned():
        services.decide(one, change_set_id=opened.pk, verdict="accepted", filter={"key": "1"})
        services.decide(two, change_set_id=opened.pk, verdict="accepted", filter={"key": "2"})
        services.request_apply(two, change_set_id=opened.pk)
    run_jobs()
    assert contents(world) == {"1": ("500", 1)}
    assert (reread(world, opened).state, reread(world, opened).accepted) == ("open", 1)
    with world.pinned(), pytest.raises(Denied):
        services.request_apply(two, change_set_id=opened.pk)
    with world.pinned():
        services.request_apply(one, change_set_id=opened.pk)
    run_jobs()
    assert (reread(world, opened).state, sorted(contents(world))) == ("applied", ["1", "2"])


def test_a_decision_can_be_undone_back_to_the_one_before(world, table):
    scope = world.scope("assistant.admin")
    opened = take_in(world, scope, table, as_csv(BEFORE))
    with world.pinned():
        services.decide(scope, change_set_id=opened.pk, verdict="rejected", filter={"key": "1"})
        everything = services.decide(scope, change_set_id=opened.pk, verdict="accepted", expected=4)
        assert reread(world, opened).accepted == 4
        services.undo_decision(scope, change_set_id=opened.pk, id=everything.pk)
        again = reread(world, opened)
        assert (again.undecided, again.accepted, again.rejected) == (3, 0, 1)
        with pytest.raises(Conflict):
            services.decide(scope, change_set_id=opened.pk, verdict="accepted", expected=3)
        with pytest.raises(NotReady):
            services.request_apply(scope, change_set_id=opened.pk)
        services.decide(scope, change_set_id=opened.pk, verdict="accepted", filter={"key": "2"})
        services.request_apply(scope, change_set_id=opened.pk, rest="reject")
    run_jobs()
    done = reread(world, opened)
    assert (done.state, done.applied, done.rejected, sorted(contents(world))) == ("applied", 1, 3, ["2"])


def test_keys_that_come_back_without_their_zeros_hold_the_set(world, table):
    scope = world.scope("assistant.admin")
    rows = [(f"{number:05}", "M", "1") for number in range(1, 101)]
    accept_and_apply(world, scope, take_in(world, scope, table, as_csv(rows)))
    damaged = [*rows[:98], ("99", "M", "1"), ("100", "M", "1")]
    held = take_in(world, scope, table, as_csv(damaged))
    assert (held.state, [hold["code"] for hold in held.holds], held.holds[0]["count"]) == ("held", ["keys-coincide"], 2)


def test_a_group_that_would_vanish_holds_the_set(world):
    table = make_table(world, grouping_field="model")
    scope = world.scope("assistant.admin")
    rows = [(str(number), "Swift" if number < 99 else "Ciaz", "1") for number in range(100)]
    accept_and_apply(world, scope, take_in(world, scope, table, as_csv(rows)))
    held = take_in(world, scope, table, as_csv(rows[:99]))
    assert (held.state, held.holds[0]["code"], held.holds[0]["values"]) == ("held", "group-gone", ["Ciaz"])


def test_rows_without_a_key_are_a_multiset(world):
    table = make_table(world)
    with world.pinned():
        Dataset.objects.update(key_fields=[])
    scope = world.scope("assistant.admin")
    accept_and_apply(
        world, scope, take_in(world, scope, table, as_csv([("1", "A", "1"), ("1", "A", "1"), ("2", "B", "1")]))
    )
    with world.pinned():
        assert Row.objects.filter(live=True).count() == 3
    fewer = take_in(world, scope, table, as_csv([("2", "B", "1"), ("1", "A", "1"), ("3", "C", "1")]))
    assert (fewer.added, fewer.removed, fewer.changed) == (1, 1, 0)
