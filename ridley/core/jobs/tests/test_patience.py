"""A database without room, or away: jobs are told and tried again, and their end is written down in the end."""

import asyncio

import pytest
from django.db import OperationalError
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException
from procrastinate.worker import Worker
from psycopg import errors as pg

from ridley.core.access.problems import as_problem
from ridley.core.jobs import runner, worker
from ridley.core.jobs.jobs import tell_given_up
from ridley.core.jobs.models import Job
from ridley.core.jobs.registry import MAX_ATTEMPTS
from ridley.core.jobs.services import enqueue
from tests import chores  # noqa: F401 registers the job that is enqueued here


def no_room():
    error = OperationalError("could not extend file")
    error.__cause__ = pg.DiskFull("could not extend file")
    return error


@pytest.mark.django_db(transaction=True)
def test_a_full_disk_is_told_at_each_attempt_and_as_the_reason_at_the_last(world):
    with world.pinned():
        made = enqueue(world.scope("admin"), "chores.make", key="a")

    def fail(scope, progress, **arguments):
        raise no_room()

    told = []
    for _ in range(MAX_ATTEMPTS):
        with pytest.raises(OperationalError):
            runner.run(fail, tenant_id=world.tenant.pk, job_id=made.pk)
        with world.pinned():
            told.append(Job.objects.values_list("state", "words", "problem").get(pk=made.pk))
    assert told[:-1] == [("running", runner.TRIED_WITH_ROOM, None)] * (MAX_ATTEMPTS - 1)
    assert told[-1] == ("failed", runner.NO_ROOM, {"code": "disk-full", "detail": runner.NO_ROOM})


@pytest.mark.django_db(transaction=True)
def test_a_job_whose_end_could_never_be_told_is_told_as_failed_once_the_queue_has_given_it_up(
    world, other, owner, monkeypatch
):
    made = []
    for tenant in (world, other):
        with tenant.pinned():
            made.append((tenant, [enqueue(tenant.scope("admin"), "chores.make", key=key) for key in "abc"]))

    def fail(*given, **arguments):
        raise no_room()

    monkeypatch.setattr(runner, "end", fail)
    for tenant, (lost, _, done) in made:
        for _ in range(MAX_ATTEMPTS):
            with pytest.raises(OperationalError):
                runner.run(fail, tenant_id=tenant.tenant.pk, job_id=lost.pk)
        with tenant.pinned():
            assert Job.objects.get(pk=lost.pk).state == "running"
            Job.objects.filter(pk=done.pk).update(state="done")
        queued = [lost.queue_id, done.queue_id]
        owner.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE id = ANY(%s)", [queued])
    tell_given_up(timestamp=0)
    for tenant, jobs in made:
        with tenant.pinned():
            found = [Job.objects.values_list("state", "words", "problem").get(pk=one.pk) for one in jobs]
        assert found == [
            ("failed", runner.GAVE_UP, {"code": "database-lost", "detail": runner.GAVE_UP}),
            ("waiting", "Waiting for a worker.", None),
            ("done", "Waiting for a worker.", None),
        ]


def test_a_full_database_answers_507_and_another_lost_one_is_left_to_the_handler_of_errors():
    answer = as_problem(no_room(), {})
    assert (answer.status_code, answer.data["code"]) == (507, "disk-full")
    assert as_problem(OperationalError("server closed the connection"), {}) is None


@pytest.fixture
def ends(monkeypatch):
    """The library's own way to write an end down: raises what is in this list, one after the other, then succeeds."""
    faults, calls = [], []

    async def persist(self, **values):
        calls.append(values)
        if faults:
            raise faults.pop(0)

    monkeypatch.setattr(Worker, "_persist_job_status", persist)
    monkeypatch.setattr(worker, "AGAIN_SECONDS", 0)
    return faults, calls


def fault(cause):
    error = ConnectorException()
    error.__cause__ = cause
    return error


def test_an_end_that_cannot_be_written_down_is_written_down_later(ends):
    faults, calls = ends
    faults += [fault(pg.DiskFull("full")), fault(pg.AdminShutdown("restarts"))]
    asyncio.run(worker.PatientWorker(app)._persist_job_status(job="a job"))
    assert calls == [{"job": "a job"}] * 3


@pytest.mark.parametrize("cause", [pg.RaiseException("Job was not found"), None])
def test_an_end_that_the_database_refuses_is_not_tried_again(ends, cause):
    faults, calls = ends
    faults.append(fault(cause))
    with pytest.raises(ConnectorException):
        asyncio.run(worker.PatientWorker(app)._persist_job_status(job="a job"))
    assert len(calls) == 1


def test_a_worker_that_is_asked_to_stop_waits_for_no_room(ends):
    faults, calls = ends
    faults += [fault(pg.DiskFull("full"))] * 2
    stopping = worker.PatientWorker(app)
    stopping.stop()
    with pytest.raises(ConnectorException):
        asyncio.run(stopping._persist_job_status(job="a job"))
    assert len(calls) == 1
