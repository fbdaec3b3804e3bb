"""Awkward orders of deeds: undone twice, moved meanwhile, removed and back, held edits, four eyes that come late."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from ridley.assistant.models import Dataset, Row, RowVersion, Table
from ridley.core.access.errors import Conflict, Denied
from ridley.core.changes import services
from ridley.core.changes.models import Change, ChangeSet
from ridley.core.changes.tests.test_path import (
    AFTER,
    BEFORE,
    LOADED,
    accept_and_apply,
    as_csv,
    contents,
    make_table,
    reread,
    take_in,
)
from tests.world import World, run_jobs


@pytest.fixture
def table(world: World) -> Table:
    return make_table(world)


def edit(world: World, scope, table: Table, *edits: dict, apply: bool = True) -> ChangeSet:
    with world.pinned():
        return services.open_edits(
            scope, target="assistant.table", target_id=table.pk, edits=list(edits), apply=apply, comment="By hand."
        )


def undo(world: World, scope, change_set: ChangeSet) -> ChangeSet:
    with world.pinned():
        made, _ = services.request_undo(scope, change_set_id=change_set.pk)
    run_jobs()
    return reread(world, made)


def test_after_a_redo_it_is_the_redo_that_is_undone(world, table):
    scope = world.scope("assistant.admin")
    accept_and_apply(world, scope, take_in(world, scope, table, as_csv(BEFORE)))
    first = accept_and_apply(world, scope, take_in(world, scope, table, as_csv(AFTER[:1]), mode="delta"))
    back = undo(world, scope, first)
    again = undo(world, scope, back)
    assert [reread(world, one).state for one in (first, back, again)] == ["applied", "undone", "applied"]
    with world.pinned(), pytest.raises(Conflict) as refused:
        services.request_undo(scope, change_set_id=first.pk)
    assert (refused.value.code, refused.value.extra) == ("redone", {"redone_by": again.pk})
    last = undo(world, scope, again)
    states = [reread(world, one).state for one in (first, back, again, last)]
    assert (states, contents(world)["1"][0]) == (["undone", "applied", "undone", "applied"], "500")


def test_undoing_the_decision_on_a_conflict_leaves_it_undecided(world, table):
    scope = world.scope("assistant.admin")
    accept_and_apply(world, scope, take_in(world, scope, table, as_csv(BEFORE)))
    slow = take_in(world, scope, table, as_csv([("1", "Swift", "510")]), mode="delta")
    edit(world, scope, table, {"kind": "update", "key": "1", "values": {"price": "999"}})
    slow = accept_and_apply(world, scope, slow)
    assert (slow.state, slow.conflicts) == ("open", 1)
    with world.pinned():
        second = services.decide(scope, change_set_id=slow.pk, verdict="accepted")
        services.undo_decision(scope, change_set_id=slow.pk, id=second.pk)
        change = Change.objects.get(change_set=slow)
        assert (change.verdict, change.decided_by) == ("undecided", None)
    assert (reread(world, slow).undecided, contents(world)["1"]) == (1, ("999", 2))


def test_four_eyes_that_are_asked_for_later_count_for_open_sets_too(world, table):
    one, two = world.scope("assistant.admin"), world.scope("assistant.admin")
    opened = take_in(world, one, table, as_csv(BEFORE))
    with world.pinned():
        services.decide(one, change_set_id=opened.pk, verdict="accepted")
        Table.objects.filter(pk=table.pk).update(four_eyes=True)
        with pytest.raises(Denied) as refused:
            services.request_apply(one, change_set_id=opened.pk)
    assert (refused.value.code, contents(world)) == ("four-eyes", {})
    with world.pinned():
        services.request_apply(two, change_set_id=opened.pk)
    run_jobs()
    assert contents(world) == LOADED
    with world.pinned():
        assert set(Row.objects.values_list("actor_id", flat=True)) == {two.actor_id}


def test_history_names_who_applied_each_version(world, table):
    one, two = world.scope("assistant.admin"), world.scope("assistant.admin")
    accept_and_apply(world, one, take_in(world, one, table, as_csv(BEFORE)))
    edit(world, two, table, {"kind": "update", "key": "1", "values": {"price": "501"}})
    with world.pinned():
        assert Row.objects.get(key="1").actor_id == two.actor_id
        assert RowVersion.objects.get(key="1").actor_id == one.actor_id


def test_edits_that_remove_much_wait_for_a_release_unless_their_maker_may_release(world, table):
    admin = world.scope("assistant.admin")
    accept_and_apply(world, admin, take_in(world, admin, table, as_csv(BEFORE)))
    both = world.scope("assistant.steward", "assistant.approver")
    steward = world.scope("assistant.steward")
    held = edit(world, steward, table, {"kind": "delete", "key": "1"}, apply=False)
    assert (held.state, held.holds[0]["code"], contents(world)) == ("held", "removes-much", LOADED)
    done = edit(world, both, table, {"kind": "delete", "key": "1"})
    assert (done.state, sorted(contents(world))) == ("applied", ["2", "3", "4"])


def test_a_row_that_comes_back_in_a_partial_file_keeps_its_other_fields(world, table):
    scope = world.scope("assistant.admin")
    accept_and_apply(world, scope, take_in(world, scope, table, as_csv(BEFORE)))
    edit(world, scope, table, {"kind": "delete", "key": "1"})
    part = take_in(world, scope, table, as_csv([("1", "700")], ("code", "price")), mode="delta")
    accept_and_apply(world, scope, part)
    with world.pinned():
        row = Row.objects.get(key="1")
        assert (row.live, row.data) == (True, {"code": "1", "model": "Swift", "price": "700"})


def test_undoing_a_removal_is_a_conflict_if_the_row_came_back_and_went_again(world, table):
    scope = world.scope("assistant.admin")
    accept_and_apply(world, scope, take_in(world, scope, table, as_csv(BEFORE)))
    first = edit(world, scope, table, {"kind": "delete", "key": "1"})
    edit(world, scope, table, {"kind": "create", "values": {"code": "1", "model": "Other", "price": "1"}})
    edit(world, scope, table, {"kind": "delete", "key": "1"})
    back = undo(world, scope, first)
    assert (back.state, back.conflicts, sorted(contents(world))) == ("open", 1, ["2", "3", "4"])


def test_whoever_asked_for_an_undo_may_take_it_back(world):
    table = make_table(world, four_eyes=True)
    steward, approver = world.scope("assistant.steward"), world.scope("assistant.approver")
    opened = take_in(world, steward, table, as_csv(BEFORE))
    with world.pinned():
        services.decide(steward, change_set_id=opened.pk, verdict="accepted")
        services.request_apply(approver, change_set_id=opened.pk)
    run_jobs()
    waiting = undo(world, approver, opened)
    assert waiting.state == "open"
    other = world.scope("assistant.approver")
    with world.pinned():
        with pytest.raises(Denied):
            services.withdraw(other, change_set_id=waiting.pk)
        assert services.withdraw(approver, change_set_id=waiting.pk).state == "withdrawn"
        services.request_undo(approver, change_set_id=opened.pk)


def test_equal_rows_may_stand_side_by_side_in_a_table_without_a_key(world):
    table = make_table(world)
    with world.pinned():
        Dataset.objects.update(key_fields=[])
    scope = world.scope("assistant.admin")
    row = {"kind": "create", "values": {"code": "1", "model": "A", "price": "1"}}
    edit(world, scope, table, row, row)
    edit(world, scope, table, row)
    with world.pinned():
        assert Row.objects.filter(live=True).count() == 3


def test_a_key_that_no_index_can_hold_is_refused_by_name(world, table):
    scope = world.scope("assistant.admin")
    refused = take_in(world, scope, table, as_csv([("9" * 2001, "A", "1")]))
    assert (refused.state, refused.problem["code"]) == ("failed", "key-too-long")
    assert take_in(world, scope, table, as_csv([("9" * 2000, "A", "1")])).state == "open"


def test_an_apply_that_waits_for_its_moment_keeps_nobody_waiting(world, table):
    scope = world.scope("assistant.admin")
    later = take_in(world, scope, table, as_csv(BEFORE[:1]), mode="delta")
    with world.pinned():
        services.decide(scope, change_set_id=later.pk, verdict="accepted")
        services.request_apply(scope, change_set_id=later.pk, at=timezone.now() + timedelta(days=1))
    with connection.cursor() as cursor:
        cursor.execute("SELECT lock FROM procrastinate_jobs WHERE scheduled_at IS NOT NULL")
        assert cursor.fetchall() == [(None,)]
