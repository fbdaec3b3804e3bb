"""Each of the two walls holds alone, for every verb; without both, the probe is red: it has teeth.

The first wall is the filter that every query writes, the second the row policy of every table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from django.db import transaction

from tests.isolation import growing
from tests.isolation.checks import Bench, Check
from tests.isolation.entries import ENTRIES
from tests.isolation.routes import behind_the_door
from tests.isolation.walls import filters_forgotten, incoming_kept, policies_off, without_filters
from tests.world import run_jobs

SERVED = {served.name: served for served in behind_the_door()}
MODES = {"the policies alone": ["filters"], "the queries' filters alone": ["policies"]}
# Verbs that could not tell or touch anything of others', whatever their queries forgot.
HARMLESS = {
    "GET meta/": "reads the one tenant that the door has found",
    "PATCH meta/": "writes the one tenant that the door has found",
    "GET domains/": "of a table without a tenant; kept apart by its holder, which test_matrix asks for",
    "GET events/kinds/": "says the same to everybody",
    "GET roles/": "says the same to everybody",
    "GET rights/me/": "says what the door has found",
    "POST invitations/many/": "names nothing that is there already",
    "POST providers/": "names nothing that is there already",
    "POST assistant/datasets/": "names nothing that is there already",
    "POST assistant/sources/": "names nothing that is there already",
    "POST service-accounts/": "names nothing that is there already",
    "POST uploads/": "names nothing that is there already",
}


@pytest.fixture
def without(bench: Bench, tmp_path) -> Iterator[Callable[..., None]]:
    """Takes walls away until the test ends."""
    with ExitStack() as stack:

        def take_away(*walls: str) -> None:
            for wall in walls:
                stack.enter_context(filters_forgotten() if wall == "filters" else policies_off(bench.owner))

        stack.enter_context(incoming_kept(tmp_path / "incoming"))
        yield take_away


def checked(bench: Bench) -> dict[str, Check]:
    return {name: Check(bench, SERVED[name], ENTRIES[name]) for name in sorted(SERVED)}


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_either_wall_alone_holds_for_every_verb(bench: Bench, without, record_property, mode: str):
    without(*MODES[mode])
    checks = checked(bench)
    complaints = [f"{name}: {line}" for name, check in checks.items() for line in check.between_tenants()]
    assert not complaints, "\n".join(complaints)
    pairs = sum(check.pairs for check in checks.values())
    record_property(
        "counted", f"with {mode}: {len(checks)} verbs, {pairs:,} times a foreign id and one that nobody has:"
        " the same bytes, the same statements",
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_no_answer_follows_what_another_tenant_does(bench: Bench, without, record_property, mode: str):
    run_jobs()
    without(*MODES[mode])
    checks = checked(bench)
    rows, ours, theirs = (
        growing.rows_of(bench, bench.ours),
        growing.read_by(bench.ours, checks),
        growing.read_by(bench.theirs, checks),
    )
    growing.grow(bench.theirs, f"more-without-{MODES[mode][0]}")
    assert growing.changed(ours, growing.read_by(bench.ours, checks)) == set()
    assert growing.rows_of(bench, bench.ours) == rows
    assert growing.changed(theirs, growing.read_by(bench.theirs, checks)) >= growing.SHOWS_GROWTH
    answers = sum(len(found) for found in ours.values())
    record_property(
        "counted", f"with {mode}: {answers} lists, counts and exports, none moved by another tenant's deeds"
    )


@pytest.mark.slow
def test_without_both_walls_the_probe_is_red_for_every_verb_that_could_leak(bench: Bench, without, record_property):
    run_jobs()
    without("filters", "policies")
    checks = checked(bench)
    before = growing.read_by(bench.ours, checks)
    green = set()
    for name, check in checks.items():
        with transaction.atomic():
            parts = (check.foreign_ids, check.of_the_same_person, check.cursors, check.twins)
            if not any(True for part in parts for _ in part()):
                green.add(name)
            transaction.set_rollback(True)
    growing.grow(bench.theirs, "more-without-both")
    followed = growing.changed(before, growing.read_by(bench.ours, checks))
    assert green == HARMLESS.keys()
    assert followed >= growing.SHOWS_GROWTH - growing.OF_ONE_MASTER
    record_property(
        "counted", f"without both walls: {len(SERVED) - len(green)} of {len(SERVED)} verbs are red, the others"
        f" could not leak; {len(followed)} lists and counts follow another tenant's deeds",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sql", "forgetful"),
    [
        (
            'SELECT 1 FROM "a" WHERE ("a"."tenant_id" = %s AND "a"."id" = %s)',
            'SELECT 1 FROM "a" WHERE (("a"."tenant_id" = %s OR true) AND "a"."id" = %s)',
        ),
        ('WHERE U0."tenant_id" = ("a"."tenant_id")', 'WHERE (U0."tenant_id" = ("a"."tenant_id") OR true)'),
        ("ON d.tenant_id = r.tenant_id AND d.id = 1", "ON (d.tenant_id = r.tenant_id OR true) AND d.id = 1"),
        ("WHERE c.tenant_id = %(tenant)s", "WHERE (c.tenant_id = %(tenant)s OR true)"),
        ("WHERE tenant_id = %s AND live", "WHERE (tenant_id = %s OR true) AND live"),
        ('UPDATE "a" SET "tenant_id" = %s, "key" = %s', 'UPDATE "a" SET "tenant_id" = %s, "key" = %s'),
    ],
)
def test_forgetting_a_filter_makes_its_condition_true_of_all_rows(sql: str, forgetful: str):
    assert without_filters(sql) == forgetful
