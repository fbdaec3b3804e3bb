"""kill -9 of real workers in the middle of 21,000 changes, with heartbeats short enough for a test."""

from __future__ import annotations

import signal
import time
from contextlib import ExitStack

import pytest

from tests.crash.digest import digests
from tests.crash.stage import is_inside, job_state
from tests.worker import eventually, working

pytestmark = pytest.mark.slow
KILLS = 10
SHORT = {"RIDLEY_JOB_HEARTBEAT_SECONDS": "1", "RIDLEY_JOB_STALLED_SECONDS": "3"}
NAME = "crash_workers"


def test_jobs_of_killed_workers_are_taken_over_and_end_like_uninterrupted_ones(stage, chance, tell):
    """Apply, undo, redo, undo and so on: each worker is killed in one, and the next one ends it."""
    inside = 0
    address = {**SHORT, "DATABASE_URL": stage.address(NAME)}
    with stage.copied(1, NAME) as connection, ExitStack() as workers:
        worker, asked = workers.enter_context(working(**address)), {}
        for step in range(1, KILLS + 1):
            known = stage.known_of(step)
            asked = stage.request(NAME, step, asked["change_set"]) if step > 1 else known
            job = asked["job"]
            eventually(lambda job=job: job_state(connection, job) == "running", seconds=60)
            time.sleep(chance.uniform(0, known["seconds"]))
            worker.send_signal(signal.SIGKILL)
            inside += is_inside(connection)
            found = digests(connection)
            assert found in (known["before"], {content: known["after"][content] for content in found})
            assert worker.wait(timeout=10) == -signal.SIGKILL
            worker = workers.enter_context(working(**address))
            eventually(lambda job=job: taken_over(stage, connection, job), seconds=120)
            assert digests(connection, jobs=True) == known["after"]
        twice = connection.execute("SELECT count(*) FROM jobs_job WHERE attempts > 1").fetchone()[0]
    tell(f"{KILLS} kills of workers: {inside} inside the transaction, {twice} jobs were taken over")
    assert inside
    assert twice


def taken_over(stage, connection, job):
    """Whether the job is done; if not, what the schedule does each minute is done now."""
    if job_state(connection, job) == "done":
        return True
    stage.forks.do(NAME, "take_over")
    time.sleep(0.5)
    return False
