"""The decisions about change sets, each with its exact outcome."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ridley.core.access.errors import Conflict, Denied, Invalid, NotReady
from ridley.core.changes import rules
from ridley.core.changes.models import State

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
ALL = list(State.values)


def asked(state, *, undecided=0, accepted=1, applied=0, rest="refuse", at=None):
    return rules.after_apply_requested(
        state, undecided=undecided, accepted=accepted, applied=applied, rest=rest, at=at, now=NOW
    )


def refusal(error, function, *args, **kwargs):
    with pytest.raises(error) as caught:
        function(*args, **kwargs)
    assert type(caught.value) is error
    return caught.value.code


@pytest.mark.parametrize(
    ("wish", "state"),
    [
        ({}, "applying"),
        ({"at": LATER}, "scheduled"),
        ({"undecided": 2, "rest": "wait"}, "applying"),
        ({"undecided": 2, "rest": "wait", "at": LATER}, "scheduled"),
        ({"undecided": 2, "rest": "reject"}, "applying"),
        ({"accepted": 0}, "rejected"),
        ({"accepted": 0, "at": LATER}, "rejected"),
        ({"accepted": 0, "undecided": 2, "rest": "reject"}, "rejected"),
        ({"accepted": 0, "applied": 3}, "applied"),
        ({"accepted": 0, "applied": 3, "undecided": 2, "rest": "reject"}, "applied"),
    ],
)
def test_an_open_set_that_is_to_be_applied_goes_on(wish, state):
    assert asked("open", **wish) == state


@pytest.mark.parametrize(
    ("wish", "error", "code"),
    [
        ({"undecided": 2}, NotReady, "undecided"),
        ({"undecided": 2, "accepted": 0, "rest": "wait"}, NotReady, "nothing-accepted"),
        ({"at": NOW}, Invalid, "moment-has-passed"),
        ({"at": NOW - timedelta(days=1)}, Invalid, "moment-has-passed"),
    ],
)
def test_an_open_set_that_is_not_ready_stays(wish, error, code):
    assert refusal(error, asked, "open", **wish) == code


def test_asking_to_apply_twice_is_harmless_and_only_open_sets_are_applied():
    assert [asked(state, accepted=0, undecided=9) for state in ("applying", "applied")] == ["applying", "applied"]
    codes = {
        state: refusal(Conflict, asked, state) for state in ("scheduled", "failed", "equal", "undone", "withdrawn")
    }
    assert codes == {"scheduled": "scheduled", **dict.fromkeys(("failed", "equal", "undone", "withdrawn"), "not-open")}
    assert {state: refusal(NotReady, asked, state) for state in ("held", "reading")} == {
        "held": "held", "reading": "reading",
    }  # fmt: skip


def test_only_an_open_set_takes_decisions_and_each_other_state_is_told():
    assert rules.require_open("open", "decide") is None
    told = {}
    for state in sorted(set(ALL) - {"open"}):
        with pytest.raises(Conflict) as caught:
            rules.require_open(state, "decide")
        told[state] = caught.value.code
    assert told == {**dict.fromkeys(sorted(set(ALL) - {"open"}), "not-open"), "held": "held", "reading": "reading"}


def test_only_a_held_set_is_released_and_twice_is_harmless():
    assert [rules.after_release(state) for state in ("held", "open")] == ["open", "open"]
    for state in set(ALL) - {"held", "open"}:
        assert refusal(Conflict, rules.after_release, state) == "not-held"


def test_a_set_is_taken_back_unless_something_of_it_was_applied():
    back = ("reading", "held", "open", "failed", "withdrawn")
    assert {rules.after_withdrawal(state, applied=0) for state in back} == {"withdrawn"}
    for state in set(ALL) - set(back):
        assert refusal(Conflict, rules.after_withdrawal, state, applied=0) == "not-withdrawable"
    assert refusal(Conflict, rules.after_withdrawal, "open", applied=1) == "not-withdrawable"


@pytest.mark.parametrize(
    ("undecided", "accepted", "applied", "state"),
    [(0, 0, 3, "applied"), (1, 0, 3, "open"), (0, 1, 3, "open"), (0, 0, 0, "rejected"), (2, 0, 0, "open")],
)
def test_a_set_is_open_again_while_anything_waits(undecided, accepted, applied, state):
    assert rules.after_apply(undecided=undecided, accepted=accepted, applied=applied) == state


def test_a_difference_leads_to_equal_held_or_open():
    assert rules.after_difference(changes=0, holds=[]) == "equal"
    assert rules.after_difference(changes=1, holds=[]) == "open"
    assert rules.after_difference(changes=1, holds=[{"code": "x"}]) == "held"


def test_only_an_applied_set_is_undone_and_once():
    assert rules.require_undoable("applied", undone_already=False) is None
    with pytest.raises(Conflict, match="already being undone"):
        rules.require_undoable("applied", undone_already=True)
    for state in set(ALL) - {"applied"}:
        with pytest.raises(Conflict, match=f"is {state}; only an applied set"):
            rules.require_undoable(state, undone_already=False)


def test_with_four_eyes_nobody_applies_only_what_they_decided_themselves():
    for four_eyes, others in ((False, 0), (False, 2), (True, 1)):
        assert rules.require_other_eyes(four_eyes=four_eyes, decided_by_others=others) is None
    assert refusal(Denied, rules.require_other_eyes, four_eyes=True, decided_by_others=0) == "four-eyes"


def test_a_conflict_that_is_decided_waits_again_and_one_that_is_reopened_stays():
    fates = {(v, f): rules.after_verdict(v, fate=f) for v in ("accepted", "undecided") for f in ("conflict", "waiting")}
    assert fates == {
        ("accepted", "conflict"): "waiting", ("accepted", "waiting"): "waiting",
        ("undecided", "conflict"): "conflict", ("undecided", "waiting"): "waiting",
    }  # fmt: skip


# Columns


def match(headers, fields, titles=None, remembered=None):
    return rules.match_columns(headers, fields, titles=titles or {}, remembered=remembered or {})


@pytest.mark.parametrize(
    ("headers", "fields", "titles", "remembered", "mapping"),
    [
        (["code", "price"], ["price", "code"], {}, {}, {"code": "code", "price": "price"}),
        (["Ex-showroom"], ["price"], {"Ex-showroom": "price"}, {}, {"Ex-showroom": "price"}),
        (["PRICE", "Fuel_type"], ["price", "fuel type"], {}, {}, {"PRICE": "price", "Fuel_type": "fuel type"}),
        (["Price (INR)"], ["price_inr"], {}, {}, {"Price (INR)": "price_inr"}),
        (["Preis", "price"], ["price"], {}, {"Preis": "price"}, {"Preis": "price"}),
        (["PREIS", "Price"], ["price"], {}, {"preis": "price"}, {"PREIS": "price"}),
        (["a"], ["b"], {}, {"a": "gone"}, {}),
        (["Price", "price"], ["price"], {}, {}, {"price": "price"}),
        (["Price %", "Price"], ["price"], {}, {}, {"Price": "price"}),
        (["b", "a"], ["a", "b"], {"b": "a"}, {}, {"b": "b", "a": "a"}),
        (["#"], ["%"], {}, {}, {}),
        (["नीम"], ["नाम"], {}, {}, {}),
        (["ＣＯＤＥ"], ["code"], {}, {}, {"ＣＯＤＥ": "code"}),
    ],
)
def test_a_header_is_the_field_that_it_surely_is(headers, fields, titles, remembered, mapping):
    assert match(headers, fields, titles, remembered).mapping == mapping


def test_what_cannot_be_told_is_named_and_not_guessed():
    drift = match(["A B", "a-b", "c", "Name"], ["ab", "a_b", "name", "d"], {}, {"Name": "name"})
    assert drift.told() == {
        "columns": {"Name": "name"}, "unknown": ["c"], "missing": ["ab", "a_b", "d"], "ambiguous": ["A B", "a-b"],
        "renamed": {"Name": "name"},
    }  # fmt: skip
    several = match(["A.B"], ["ab", "a-b"])
    assert (several.mapping, several.ambiguous, several.missing) == ({}, ["A.B"], ["ab", "a-b"])
    late = match(["price", "Price!"], ["price"])
    assert (late.mapping, late.ambiguous, late.unknown) == ({"price": "price"}, ["Price!"], [])


def test_what_a_person_says_of_a_field_displaces_what_was_learned_of_it():
    learned = {"Preis": "price", "Code": "code"}
    assert rules.remembered(learned, said={"Price": "price"}) == {"Price": "price", "Code": "code"}
    assert rules.remembered(learned, said={"Code": "price"}) == {"Code": "price"}
    assert rules.remembered(learned, said={}) == learned


NAMES = st.text("aAbB_-. %कीा0", min_size=1, max_size=4)
FIELDS = st.lists(NAMES, unique=True, min_size=1, max_size=5)
HEADERS = st.lists(NAMES, unique=True, max_size=6)


@given(st.data(), HEADERS, FIELDS)
def test_columns_keep_their_laws(data, headers, fields):
    known = st.dictionaries(NAMES, st.sampled_from(fields), max_size=3)
    titles, remembered = data.draw(known), data.draw(known)
    drift = match(headers, fields, titles, remembered)

    assert set(drift.mapping) <= set(headers)
    assert set(drift.mapping.values()) <= set(fields)
    assert len(set(drift.mapping.values())) == len(drift.mapping)
    assert sorted([*drift.mapping, *drift.unknown, *drift.ambiguous]) == sorted(headers)
    assert sorted([*drift.mapping.values(), *drift.missing]) == sorted(fields)
    assert drift.renamed == {header: field for header, field in drift.mapping.items() if header != field}

    shuffled = match(data.draw(st.permutations(headers)), fields, titles, remembered)
    assert (shuffled.mapping, set(shuffled.ambiguous)) == (drift.mapping, set(drift.ambiguous))
    other = match(headers, data.draw(st.permutations(fields)), titles, remembered)
    assert other.mapping == drift.mapping

    for header, field in remembered.items():  # memory wins where it is clear
        rivals = [name for name in headers if remembered.get(name) == field]
        if header in headers and rivals == [header]:
            assert drift.mapping[header] == field


# Holding


def reasons(rows=100, removed=(), added=(), **groups):
    return rules.hold_reasons(rows_before=rows, removed_keys=list(removed), added_keys=list(added), **groups)


def test_more_than_five_in_a_hundred_removed_holds():
    assert reasons(100, "abcde") == []
    assert reasons(100, "abcdef") == [{
        "code": "removes-much", "removed": 6, "rows": 100, "share": 0.06,
        "detail": "It would remove 6 of 100 rows (6.0%), more than 5%.",
    }]  # fmt: skip
    assert [hold["code"] for hold in reasons(1, "a")] == ["removes-much"]
    assert reasons(0) == []


@given(st.integers(1, 10**7))
def test_the_limit_is_exact_at_every_size(twentieths):
    assert not 20 * twentieths * rules.REMOVED_SHARE < twentieths
    assert twentieths + 1 > 20 * twentieths * rules.REMOVED_SHARE


def test_every_row_of_a_group_removed_holds():
    before = {"Ciaz": 1, "Swift": 60, "": 1, "Alto": 2}
    (one,) = reasons(removed="a", groups_before=before, groups_removed={"Ciaz": 1, "Swift": 59, "": 1})
    assert one == {
        "code": "group-gone", "values": ["Ciaz"], "count": 1,
        "detail": "It would remove every row of 1 group: Ciaz.",
    }  # fmt: skip
    many = {str(number): 1 for number in range(7)}
    (one,) = reasons(1000, "a", groups_before=many, groups_removed=many)
    assert (one["count"], one["values"]) == (7, ["0", "1", "2", "3", "4"])
    assert one["detail"] == "It would remove every row of 7 groups: 0, 1, 2, 3, 4."
    assert reasons(removed="a", groups_before=before, groups_removed={"Swift": 59}) == []


@pytest.mark.parametrize(
    ("removed", "added", "pairs"),
    [
        (["007"], ["7"], [("007", "7")]),
        (["7"], ["007"], [("7", "007")]),
        ([" a "], ["A"], [(" a ", "A")]),
        (["x|007"], ["X|7 "], [("x|007", "X|7 ")]),
        (["70"], ["7"], []),
        (["a"], ["b"], []),
        (["01", "001", "2"], ["1", "3"], [("01", "1"), ("001", "1")]),
    ],
)
def test_keys_that_only_look_different_coincide(removed, added, pairs):
    assert rules.same_key_otherwise(removed, added) == pairs


def test_coinciding_keys_hold_with_examples():
    (one,) = reasons(1000, [f"0{n}" for n in range(1, 8)], [str(n) for n in range(1, 8)])
    assert (one["code"], one["count"], len(one["examples"])) == ("keys-coincide", 7, 5)
    assert one["examples"][0] == ("01", "1")
    assert "like '01' and '1'" in one["detail"]
