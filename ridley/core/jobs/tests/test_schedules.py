"""Clocks that jump: each moment of each schedule is fired once, with several workers too."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from asgiref.sync import async_to_sync
from procrastinate.contrib.django import app
from procrastinate.periodic import PeriodicDeferrer, PeriodicRegistry, PeriodicTask
from procrastinate.worker import Worker

from ridley.core.jobs.schedules import Schedules
from ridley.core.jobs.worker import PatientWorker

pytestmark = pytest.mark.django_db(transaction=True)
DAY = datetime(2026, 11, 22, tzinfo=UTC).timestamp()


def at(text):
    hours, minutes, seconds = (int(each) for each in text.split(":"))
    return DAY + hours * 3600 + minutes * 60 + seconds


def minutes(*texts):
    return {("every_minute", int(at(f"{text}:00"))) for text in texts}


class Clocks:
    """Some workers with schedules of their own, and the one clock that they read."""

    def __init__(self, owner, *crons):
        self.owner, self.now = owner, 0.0
        self.registry = PeriodicRegistry()
        for name, cron in crons:
            made = PeriodicTask(task=Named(name), cron=cron, periodic_id="", configure_kwargs={})
            self.registry.periodic_tasks[name, ""] = made

    def worker(self):
        async def clock():
            return self.now

        return Schedules(self.registry, app.connector, clock)

    def look(self, schedules, text):
        """One look at this moment; what it defers is done at once."""
        self.now = at(text)
        async_to_sync(schedules.look)()
        self.owner.execute("UPDATE procrastinate_jobs SET status = 'succeeded'")

    def fired(self):
        found = self.owner.execute("SELECT task_name, (args->>'timestamp')::bigint FROM procrastinate_jobs")
        return Counter(found.fetchall())


class Named:
    """As much of a task as a deferrer asks for."""

    def __init__(self, name):
        self.name = self.queueing_lock = name

    def configure(self, task_kwargs):
        return app.configure_task(self.name, queueing_lock=self.name, task_kwargs=task_kwargs)


@pytest.fixture
def clocks(owner):
    return Clocks(owner, ("every_minute", "* * * * *"))


def test_each_minute_fires_once_though_two_workers_look(clocks):
    one, two = clocks.worker(), clocks.worker()
    for text in ("10:00:01", "10:01:01", "10:02:01", "10:02:40"):
        clocks.look(one, text)
        clocks.look(two, text)
    assert clocks.fired() == Counter(minutes("10:00", "10:01", "10:02"))


def test_a_clock_that_jumps_ahead_and_back_fires_no_moment_twice_and_leaves_none_out_afterwards(clocks):
    one = clocks.worker()
    for text in ("10:00:01", "10:01:01", "13:30:05", "10:02:01", "10:03:01"):
        clocks.look(one, text)
    new = clocks.worker()  # started after the jumps: it knows nothing but what the database knows
    for text in ("10:03:30", "10:01:30", "10:04:01", "13:30:20"):
        clocks.look(new, text)
    assert clocks.fired() == Counter(minutes("10:00", "10:01", "10:02", "10:03", "10:04", "13:30"))


def test_two_workers_of_which_one_sees_the_jump_fire_each_moment_once(clocks):
    one, two = clocks.worker(), clocks.worker()
    clocks.look(one, "10:00:01")
    clocks.look(two, "11:00:01")
    for text in ("10:00:31", "10:01:01"):
        clocks.look(one, text)
        clocks.look(two, text)
    clocks.look(two, "11:00:02")
    assert clocks.fired() == Counter(minutes("10:00", "10:01", "11:00"))


def test_a_moment_that_was_jumped_over_fires_once_and_not_each_one_between(owner):
    clocks = Clocks(owner, ("nightly", "17 3 * * *"), ("every_minute", "* * * * *"))
    one = clocks.worker()
    clocks.look(one, "02:59:01")
    clocks.look(one, "05:00:01")
    expected = minutes("02:59", "05:00") | {("nightly", int(at("03:17:00")))}
    assert clocks.fired() == Counter(expected)


def test_a_worker_that_starts_late_lets_a_moment_of_long_ago_go(owner):
    clocks = Clocks(owner, ("nightly", "17 3 * * *"))
    clocks.look(clocks.worker(), "03:28:00")
    assert clocks.fired() == Counter()
    clocks.look(clocks.worker(), "03:26:00")
    assert clocks.fired() == Counter({("nightly", int(at("03:17:00"))): 1})


def test_the_clock_is_the_databases(owner):
    here = Schedules(PeriodicRegistry(), app.connector)
    before = owner.execute("SELECT extract(epoch FROM clock_timestamp())::float").fetchone()[0]
    now = async_to_sync(here.clock)()
    after = owner.execute("SELECT extract(epoch FROM clock_timestamp())::float").fetchone()[0]
    assert before <= now <= after


def test_our_worker_takes_the_place_of_private_methods_that_the_library_has():
    for name in ("_periodic_deferrer", "_persist_job_status"):
        assert getattr(Worker, name) is not getattr(PatientWorker, name)
    assert PatientWorker(app)._stop_event.is_set() is False
    assert callable(PeriodicDeferrer.defer_jobs)
