"""The Assistant's pure decisions."""

from datetime import UTC, datetime

import pytest

from ridley.assistant import rules
from ridley.core.access.errors import Conflict, Invalid

CODE, MODEL = {"name": "code", "title": "Code"}, {"name": "model", "title": ""}


def fields(*names):
    return [{"name": name, "title": ""} for name in names]


def code_of(deed, *args, **kwargs):
    with pytest.raises((Conflict, Invalid)) as caught:
        deed(*args, **kwargs)
    return type(caught.value).__name__, caught.value.code


def test_a_schema_names_each_field_and_title_once_and_its_key_among_them():
    rules.require_schema([CODE, MODEL], ["code", "model"])
    rules.require_schema([CODE, MODEL], [])
    assert code_of(rules.require_schema, [CODE, CODE], []) == ("Invalid", "field-twice")
    same_title = {"name": "other", "title": "Code"}
    assert code_of(rules.require_schema, [CODE, same_title], []) == ("Invalid", "title-twice")
    assert code_of(rules.require_schema, [CODE, MODEL], ["code", "code"]) == ("Invalid", "field-twice")
    assert code_of(rules.require_schema, [CODE, MODEL], ["price"]) == ("Invalid", "unknown-field")


def test_an_unknown_field_is_named_with_those_that_there_are():
    with pytest.raises(Invalid, match=r"columns: 'x' is no field. Fields: code, model."):
        rules.require_columns({"X": "x"}, ["code", "model"])
    with pytest.raises(Invalid, match=r"grouping_field: 'x' is no field. Fields: none."):
        rules.require_field("grouping_field", "x", [])


def test_headers_lead_to_fields_and_no_two_to_the_same():
    rules.require_columns({"Code": "code", "Model": "model"}, ["code", "model"])
    rules.require_columns({}, [])
    assert code_of(rules.require_columns, {"A": "code", "B": "code"}, ["code"]) == ("Invalid", "field-twice")


def test_once_there_are_rows_fields_may_be_added_retitled_and_reordered_only():
    key = {"key_before": ["code"], "key_after": ["code"]}
    rules.require_same_shape(before=[CODE, MODEL], after=fields("model", "price", "code"), **key)
    gone = code_of(rules.require_same_shape, before=[CODE, MODEL], after=fields("code"), **key)
    assert gone == ("Conflict", "field-in-use")
    both = fields("code", "model")
    changed = {"key_before": ["code"], "key_after": ["code", "model"]}
    assert code_of(rules.require_same_shape, before=both, after=both, **changed) == ("Conflict", "key-in-use")
    with pytest.raises(Conflict, match="told apart by none"):
        rules.require_same_shape(before=both, after=both, key_before=[], key_after=["code"])


def test_a_field_that_a_table_is_set_up_with_cannot_go():
    rules.require_unused({"price"}, table="T", grouping_field="model", columns={"Code": "code"})
    rules.require_unused({"price"}, table="T", grouping_field="", columns={})
    for gone in ("model", "code"):
        refused = code_of(rules.require_unused, {gone}, table="T", grouping_field="model", columns={"Code": "code"})
        assert refused == ("Conflict", "field-in-use")


def test_what_still_has_something_open_is_not_archived():
    rules.require_none_open(0, what="source", below="table")
    with pytest.raises(Conflict, match=r"This source has 1 open table. See") as one:
        rules.require_none_open(1, what="source", below="table")
    assert (one.value.code, one.value.extra) == ("source-has-tables", {"count": 1})
    with pytest.raises(Conflict, match=r"This table has 2 open change sets.") as two:
        rules.require_none_open(2, what="table", below="change set")
    assert two.value.code == "table-has-change-sets"


def test_a_masters_row_and_an_archived_tables_row_are_not_mapped():
    rules.require_mappable(is_master=False, archived=False)
    assert code_of(rules.require_mappable, is_master=True, archived=True) == ("Invalid", "master-row")
    assert code_of(rules.require_mappable, is_master=False, archived=True) == ("Conflict", "table-archived")


def test_a_master_row_is_given_exactly_when_the_state_is_mapped():
    rules.require_target("mapped", 1)
    rules.require_target("nothing_found", None)
    assert code_of(rules.require_target, "mapped", None) == ("Invalid", "master-row-missing")
    assert code_of(rules.require_target, "not_applicable", 1) == ("Invalid", "master-row-unwanted")


def test_a_master_row_must_be_there_and_live():
    rules.require_master(True, 1)
    assert code_of(rules.require_master, None, 1) == ("Invalid", "unknown-reference")
    assert code_of(rules.require_master, False, 1) == ("Conflict", "master-row-removed")


@pytest.mark.parametrize(("current", "seen"), [(1, 2), (1, None), (None, 1)])
def test_another_mapping_than_the_one_seen_is_a_conflict(current, seen):
    rules.require_seen(current, current)
    with pytest.raises(Conflict) as caught:
        rules.require_seen(current, seen)
    assert (caught.value.code, caught.value.extra) == ("mapping-moved", {"current": current})


def test_the_decisions_that_stand_are_those_that_no_later_mapping_undoes():
    assert rules.standing([]) == []
    assert rules.standing([(1, None), (2, None)]) == [1, 2]
    assert rules.standing([(1, None), (2, None), (3, 2)]) == [1]
    assert rules.standing([(1, None), (2, None), (3, 2), (4, None), (5, 4), (6, 1)]) == []


def test_without_a_standing_decision_there_is_nothing_to_undo():
    rules.require_undoable([7])
    assert code_of(rules.require_undoable, []) == ("Conflict", "nothing-to-undo")


@pytest.mark.parametrize(
    ("live", "state", "master_live", "why"),
    [
        (True, "mapped", True, None),
        (True, "mapped", False, "master_removed"),
        (True, "nothing_found", False, "not_mapped"),
        (True, "not_looked_at", False, "not_mapped"),
        (False, "mapped", True, "removed"),
        (False, "not_looked_at", False, "removed"),
    ],
)
def test_a_record_is_active_when_it_and_what_it_means_are_live(live, state, master_live, why):
    known = {"live": live, "state": state, "master_live": master_live}
    assert (rules.why_inactive(**known), rules.is_active(**known)) == (why, why is None)


def test_held_or_conflicting_comes_first_then_the_longest_waiting_then_the_most_unmapped():
    early, late = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)

    def line(held=0, conflicts=0, oldest=None, unmapped=0):
        return rules.attention(held=held, conflicts=conflicts, oldest_waiting_at=oldest, not_looked_at=unmapped)

    wanted = [
        line(held=1, oldest=early), line(conflicts=1, oldest=late), line(held=1), line(oldest=early, unmapped=1),
        line(oldest=late, unmapped=9), line(unmapped=5), line(unmapped=4), line(),
    ]  # fmt: skip
    assert sorted(wanted) == wanted
    assert len(set(wanted)) == len(wanted)


def test_a_share_of_nothing_is_none():
    assert (rules.share(0, 0), rules.share(0, 3), rules.share(1, 3), rules.share(3, 3)) == (None, 0.0, 0.3333, 1.0)
