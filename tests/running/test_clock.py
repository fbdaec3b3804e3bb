"""An apply for a moment: whatever the clock does before and after, it is carried out once, by one of two workers."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ridley.core.audit.models import Event
from ridley.core.changes import services
from ridley.core.changes.tests.steps import applied, as_csv, live_rows, make_table, opened, reread
from ridley.core.jobs.models import Job
from tests.worker import start

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def work(workers=1):
    """So many workers at once, until the queue is empty for each."""
    started = [start("--until-empty") for _ in range(workers)]
    outputs = [each.communicate(timeout=120)[0] for each in started]
    assert [each.returncode for each in started] == [0] * workers, outputs


def jump(owner, hours):
    """The database's clock seen from the queue: to move it ahead is to move every moment back."""
    by = timedelta(hours=hours)
    owner.execute("UPDATE procrastinate_jobs SET scheduled_at = scheduled_at - %s WHERE scheduled_at IS NOT NULL", [by])


def seen(world, change_set):
    one = reread(world, change_set)
    with world.pinned():
        events = Event.objects.filter(kind="changes.applied", subject_id=str(one.pk)).count()
        (job,) = Job.objects.filter(kind="changes.apply", subject_id=str(one.pk)).values_list("state", "attempts")
    return one.state, events, *job


def test_a_scheduled_apply_is_carried_out_once_though_the_clock_jumps(world, owner, record_property):
    table = make_table(world)
    applied(world, table, as_csv([["A", "x", "1"]]))
    change_set = opened(world, table, as_csv([["A", "x", "2"]]))
    scope = world.scope("assistant.admin")
    with world.pinned():
        services.release(scope, change_set_id=change_set.pk)
        services.decide(scope, change_set_id=change_set.pk, verdict="accepted")
        at = timezone.now() + timedelta(hours=2)
        services.request_apply(scope, change_set_id=change_set.pk, at=at)
    jump(owner, 1)
    jump(owner, -3)
    work()
    assert seen(world, change_set) == ("scheduled", 0, "waiting", 0)
    jump(owner, 5)
    work(2)
    assert seen(world, change_set) == ("applied", 1, "done", 1)
    jump(owner, -5)  # back to before its moment
    jump(owner, 10)  # and past it once more
    work()
    assert seen(world, change_set) == ("applied", 1, "done", 1)
    assert live_rows(world, table) == {"A": {"code": "A", "model": "x", "price": "2"}}
    record_property("counted", "clock jumps: a scheduled apply carried out once by two workers, 5 jumps")
