"""Two workers with one job, as when one was thought dead: each change is made once, and nobody sees an error."""

from __future__ import annotations

import pytest

from ridley.assistant.models import Row, RowVersion
from ridley.core.audit.models import Event
from ridley.core.changes import services
from ridley.core.changes.models import Change
from ridley.core.changes.tests import steps
from ridley.core.changes.tests.steps import as_csv, make_table, stored_and_counted
from ridley.core.changes.tests.test_together import ROWS, proposed, together
from ridley.core.jobs.models import Job
from ridley.core.jobs.registry import registered
from ridley.core.jobs.runner import run
from tests.crash.digest import digests
from tests.crash.stage import Forks

pytestmark = pytest.mark.slow
SETS = 50  # each is applied by two and undone by two: 100 races


@pytest.mark.django_db(transaction=True)
def test_a_hundred_times_two_workers_with_one_small_set_make_each_change_once(world, tell):
    table, scope = make_table(world), world.scope("assistant.admin")
    steps.applied(world, table, as_csv(ROWS))
    races = 0
    for number in range(SETS):
        made = proposed(world, table, str(number + 2))
        with world.pinned():
            _, job = services.request_apply(scope, change_set_id=made.pk)
        race(world, job)
        assert outcome(world, made) == ({(2 * number + 2, str(number + 2))}, 20 * (2 * number + 1), {"applied"}, 1)
        with world.pinned():
            undo, job = services.request_undo(scope, change_set_id=made.pk)
        race(world, job)
        assert outcome(world, undo) == ({(2 * number + 3, "1")}, 20 * (2 * number + 2), {"applied"}, 1)
        races += 2
    stored, counted = stored_and_counted(world, undo)
    assert stored == counted
    tell(f"{races} races of two workers with one small set")


def race(world, job):
    work = [lambda: run(registered[job.kind], tenant_id=world.tenant.pk, job_id=job.pk)] * 2
    assert together(*work) == [None, None]
    with world.pinned():
        assert Job.objects.values_list("state", "problem").get(pk=job.pk) == ("done", None)


def outcome(world, made):
    """The rows' versions and prices, how much history there is, the fates, and how many events of applying."""
    with world.pinned():
        return (
            set(Row.objects.filter(key__lt="20").values_list("version", "data__price")),
            RowVersion.objects.count(),
            set(Change.objects.filter(change_set=made).values_list("fate", flat=True)),
            Event.objects.filter(kind="changes.applied", subject_id=str(made.pk)).count(),
        )


@pytest.mark.parametrize("step", [1, 2], ids=["apply", "undo"])
def test_two_workers_with_one_large_set_leave_what_one_leaves(stage, tell, step):
    known, name, second = stage.known_of(step), f"crash_race_{step}", Forks(stage.environment)
    try:
        with stage.copied(step, name) as connection:
            children = [stage.work(name, known["job"], forks) for forks in (stage.forks, second)]
            assert [child.end() for child in children] == [0, 0]
            assert digests(connection, jobs=True) == known["after"]
            attempts, deadlocks = connection.execute(
                "SELECT (SELECT attempts FROM jobs_job WHERE id = %s), deadlocks"
                "  FROM pg_stat_database WHERE datname = current_database()", [known["job"]],
            ).fetchone()  # fmt: skip
            assert deadlocks == 0
            assert attempts in (1, 2)  # 1: the second one began when the first had ended
    finally:
        second.close()
    tell(f"1 race of two workers with one set of 21,000 changes, {attempts} of them began it")
