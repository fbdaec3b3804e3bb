"""Who may give what, from when until when, and the last administrator: pure decisions."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ridley.core.access import roles
from ridley.core.access.errors import BadRequest, Conflict, Denied, Invalid
from ridley.core.access.reach import EVERYTHING, Reach
from ridley.core.access.roles import ReachKind, granted
from ridley.core.people.rules import (
    Span,
    exceeding,
    require_admin_left,
    require_kinds,
    require_no_more_than_own,
    require_role,
    require_staff,
    span_changed,
    span_of_new,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOURS = [None, *(NOW + timedelta(hours=hour) for hour in (-2, -1, 0, 1, 2))]
VALUES = {"source": ["a", "b", "c"], "zip": ["1", "2"]}

limits = st.fixed_dictionaries(
    {}, optional={kind: st.sets(st.sampled_from(values), min_size=1) for kind, values in VALUES.items()}
)
reaches = limits.map(Reach.of)
rights = st.dictionaries(st.sampled_from(["x.see", "x.do", "x.give"]), reaches)
spans = st.builds(Span, st.sampled_from(HOURS[1:]), st.sampled_from(HOURS))


def places(reach):
    """All that a reach covers, one by one; "else" stands for every value that nobody names."""
    everywhere = product(*([*values, "else"] for values in VALUES.values()))
    return {
        place for place in everywhere
        if all(reach.covers(kind, value) for kind, value in zip(VALUES, place, strict=True))
    }  # fmt: skip


@given(rights, rights)
def test_what_exceeds_is_what_covers_a_place_that_ones_own_does_not(own, other):
    beyond = [name for name in other if name not in own or not places(other[name]) <= places(own[name])]
    assert exceeding(own, other) == sorted(beyond)
    if beyond:
        with pytest.raises(Denied) as refused:
            require_no_more_than_own(own, other)
        assert (refused.value.code, refused.value.extra) == ("beyond-your-rights", {"permissions": sorted(beyond)})
    else:
        require_no_more_than_own(own, other)


@pytest.fixture
def shop(monkeypatch):
    monkeypatch.setattr(roles, "_roles", {"x.clerk": frozenset({"x.see"}), "x.boss": frozenset({"x.see", "x.do"}),
                                          "admin": frozenset({"x.see", "x.do", "core.members_edit"})})  # fmt: skip
    kinds = {kind: ReachKind(kind, "x", "", lambda scope, values: ()) for kind in VALUES}
    monkeypatch.setattr(roles, "_kinds", kinds)


grants = st.fixed_dictionaries({"role": st.sampled_from(["x.clerk", "x.boss", "admin"]), "limits": limits})


def test_nobody_widens_their_own_rights_by_a_role_that_they_may_give(shop):
    @given(st.lists(grants, min_size=1, max_size=3), grants)
    def holds(held, one):
        own = granted(held, ["x"])
        if not exceeding(own, granted([one], ["x"])):
            assert granted([*held, one], ["x"]) == own

    holds()


def test_a_reach_contains_itself_and_everything_contains_all():
    narrow = Reach.of({"source": ["a"]})
    assert narrow.contains(narrow)
    assert EVERYTHING.contains(narrow)
    assert not narrow.contains(EVERYTHING)
    assert not narrow.contains(Reach.of({"zip": ["1"]}))


def test_a_long_list_of_what_goes_too_far_is_cut_in_words_and_whole_in_the_answer():
    with pytest.raises(Denied, match=r"^This goes beyond your own rights: a\.1, a\.2, a\.3 and 2 more\.$") as refused:
        require_no_more_than_own({}, {f"a.{number}": EVERYTHING for number in range(1, 6)})
    assert len(refused.value.extra["permissions"]) == 5


@given(spans, spans, st.sampled_from(HOURS[1:]))
def test_a_time_that_lies_in_both_holds_when_both_hold(one, other, moment):
    assert one.within(other).holds(moment) == (one.holds(moment) and other.holds(moment))


def test_a_span_holds_from_its_first_moment_until_before_its_last():
    span = Span(NOW, NOW + timedelta(hours=1))
    moments = (NOW - timedelta(seconds=1), NOW, NOW + timedelta(minutes=59), NOW + timedelta(hours=1))
    assert [span.holds(moment) for moment in moments] == [False, True, True, False]
    assert not Span(NOW, NOW).holds(NOW)


@given(st.lists(spans, max_size=3), st.lists(spans, max_size=3))
def test_a_tenant_has_an_administrator_at_every_moment_at_which_it_had_one(before, after):
    def had(some, minutes):
        return any(span.holds(NOW + timedelta(minutes=minutes)) for span in some)

    if any(had(before, at) and not had(after, at) for at in [*range(0, 4 * 60, 30), 10**7]):
        with pytest.raises(Conflict) as refused:
            require_admin_left(before, after, now=NOW)
        assert refused.value.code == "last-admin"
    else:
        require_admin_left(before, after, now=NOW)


@given(spans, st.fixed_dictionaries({}, optional={"from_at": st.sampled_from(HOURS[1:]),
                                                  "until_at": st.sampled_from(HOURS)}))  # fmt: skip
def test_changed_dates_never_rewrite_the_past(span, values):
    try:
        after = span_changed(span, values, now=NOW)
    except Invalid:
        return
    if after != span:
        assert after.from_at == span.from_at or after.from_at >= NOW
        assert after.from_at == span.from_at or span.from_at > NOW
        assert after.until_at is None or after.until_at > max(NOW, after.from_at)


def test_what_is_given_begins_now_or_later_and_ends_after_that():
    soon, late = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
    assert span_of_new(None, None, now=NOW) == Span(NOW, None)
    assert span_of_new(soon, late, now=NOW) == Span(soon, late)
    for dates in ((NOW - timedelta(seconds=1), None), (None, NOW), (late, soon), (soon, soon)):
        with pytest.raises(Invalid):
            span_of_new(*dates, now=NOW)


def test_a_role_and_its_limits_are_known_or_refused_with_those_that_are():
    require_role("a", ["a", "b"])
    with pytest.raises(BadRequest, match=r"^role: got 'c', wanted one of a, b\.$"):
        require_role("c", ["a", "b"])
    require_kinds("the role a", {"source": ["x"]}, {"source"})
    with pytest.raises(BadRequest, match=r"^limits: got 'zip', wanted source for the role a\.$"):
        require_kinds("the role a", {"zip": ["1"]}, {"source"})
    with pytest.raises(BadRequest, match=r"^limits: got 'zip', wanted no limits for the role a\.$"):
        require_kinds("the role a", {"zip": ["1"]}, set())
    with pytest.raises(BadRequest, match=r"^limits\.source: wanted at least one value"):
        require_kinds("the role a", {"source": []}, {"source"})


def test_a_staff_session_is_for_a_superuser_who_signed_in_just_now():
    require_staff(is_superuser=True, recently=True)
    for is_superuser, recently, code in ((False, True, "denied"), (True, False, "sign-in-again")):
        with pytest.raises(Denied) as refused:
            require_staff(is_superuser=is_superuser, recently=recently)
        assert refused.value.code == code
