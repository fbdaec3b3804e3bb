"""Real workers: processes of their own that take what another process enqueued."""

import os
import signal
import threading
import time

import psycopg
import pytest
from django.db import connection

from ridley.core.jobs.registry import registered
from ridley.core.jobs.runner import run
from ridley.core.jobs.services import enqueue
from ridley.core.tenants.models import Branch
from tests import chores  # noqa: F401 registers the jobs that are enqueued here
from tests.worker import eventually, start, work_until_empty, working

pytestmark = pytest.mark.django_db(transaction=True)
SHORT = {"RIDLEY_JOB_HEARTBEAT_SECONDS": "1", "RIDLEY_JOB_STALLED_SECONDS": "3"}


def enqueued(world, name, **options):
    with world.pinned():
        return enqueue(world.scope("admin"), name, **options)


def titles(world):
    with world.pinned():
        return dict(Branch.objects.values_list("key", "title"))


def say_go(world, key):
    with world.pinned():
        Branch.objects.create(tenant=world.tenant, key=f"{key}-go", title="Go")


@pytest.fixture
def job(world):
    client = world.client("assistant.viewer")
    return lambda made: client.get(f"jobs/{made.pk}/").json()


def test_a_worker_does_what_another_process_enqueued(world, job):
    done, failed = enqueued(world, "chores.make", key="a"), enqueued(world, "chores.refuse", key="b")
    work_until_empty()
    assert (job(done)["state"], job(done)["result"], job(done)["attempts"]) == ("done", {"key": "a"}, 1)
    assert (job(failed)["state"], job(failed)["problem"]["code"]) == ("failed", "no-room")
    assert list(titles(world)) == ["a"]


def test_a_worker_refuses_to_serve_as_the_owner(world):
    from urllib.parse import urlsplit

    owner = urlsplit(os.environ["DATABASE_OWNER_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    process = start("--until-empty", DATABASE_URL=owner)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "policies do not hold the owner" in output


def test_a_job_that_ends_while_another_worker_begins_it_stays_ended(world, job, owner):
    made = enqueued(world, "chores.make", key="a")
    with owner.transaction():
        owner.execute("UPDATE jobs_job SET state = 'done', ended_at = now() WHERE id = %s", [made.pk])
        second = threading.Thread(target=begin, args=[made])
        second.start()
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND transactionid IS NOT NULL"
        assert eventually(lambda: owner.execute(waiting).fetchone()[0])
    second.join(timeout=30)
    assert (job(made)["state"], job(made)["attempts"], titles(world)) == ("done", 0, {})


def begin(made):
    try:
        run(registered[made.kind], tenant_id=made.tenant_id, job_id=made.pk)
    finally:
        connection.close()


@pytest.mark.slow
def test_progress_is_seen_while_the_job_works(world, job):
    made = enqueued(world, "chores.wait", key="a")
    with working():
        shown = eventually(lambda: job(made)["fraction"] and job(made))
        assert (shown["state"], shown["fraction"], shown["words"]) == ("running", 0.5, "Half of it.")
        say_go(world, "a")
        assert eventually(lambda: job(made)["state"] == "done")
    assert (job(made)["words"], job(made)["fraction"]) == ("Done.", 1)


@pytest.mark.slow
def test_a_job_whose_connection_was_cut_is_tried_again(world, job):
    made = enqueued(world, "chores.lose_database", key="a")
    with working():
        assert eventually(lambda: job(made)["state"] == "done")
    assert (job(made)["attempts"], job(made)["result"]) == (2, {"key": "a"})
    assert sorted(titles(world)) == ["a", "a-begun"]


@pytest.mark.slow
def test_a_worker_outlives_a_database_that_lets_nobody_in_for_a_while(world, job):
    name = connection.settings_dict["NAME"]
    with working() as process, psycopg.connect(os.environ["RIDLEY_TEST_SUPERUSER"], autocommit=True) as superuser:
        first = enqueued(world, "chores.make", key="a")
        assert eventually(lambda: job(first)["state"] == "done")
        superuser.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        try:
            superuser.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> %s",
                [name, connection.connection.info.backend_pid],
            )
            time.sleep(2)  # long enough for whoever asks again at once, and is refused
        finally:
            superuser.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        second = enqueued(world, "chores.make", key="b")
        assert eventually(lambda: job(second)["state"] == "done", seconds=60)
        assert process.poll() is None


@pytest.mark.slow
def test_the_job_of_a_killed_worker_is_taken_over_by_another(world, job):
    """By the schedule of the worker itself: within a minute, and the time after which a worker counts as dead."""
    made = enqueued(world, "chores.wait", key="a")
    with working(**SHORT) as first:
        eventually(lambda: "a-begun" in titles(world))
        first.send_signal(signal.SIGKILL)
        assert first.wait(timeout=10) == -signal.SIGKILL
    say_go(world, "a")
    assert job(made)["state"] == "running"
    with working(**SHORT) as second:
        assert eventually(lambda: job(made)["state"] == "done", seconds=90)
        assert titles(world)["a"] == str(second.pid)
    assert (titles(world)["a-begun"], job(made)["attempts"]) == (str(first.pid), 2)


@pytest.mark.slow
def test_a_worker_that_is_asked_to_stop_finishes_its_job_first(world, job):
    made = enqueued(world, "chores.wait", key="a")
    with working() as process:
        eventually(lambda: "a-begun" in titles(world))
        process.send_signal(signal.SIGTERM)
        say_go(world, "a")
        assert process.wait(timeout=30) == 0
    assert job(made)["state"] == "done"


@pytest.mark.slow
def test_jobs_of_one_lock_run_in_turn(world, job):
    first = enqueued(world, "chores.wait", key="a", lock="table")
    second = enqueued(world, "chores.make", key="b", lock="table")
    free = enqueued(world, "chores.make", key="c")
    with working():
        assert eventually(lambda: job(free)["state"] == "done")
        assert (job(first)["state"], job(second)["state"]) == ("running", "waiting")
        say_go(world, "a")
        assert eventually(lambda: job(second)["state"] == "done")
    assert job(first)["ended_at"] <= job(second)["started_at"]
