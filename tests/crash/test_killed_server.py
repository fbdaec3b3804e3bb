"""kill -9 of PostgreSQL, all its processes, in the middle of 21,000 changes, under the real `ridley run`."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from ridley.config.addresses import start_embedded
from ridley.config.dumping import find_tools, restore_database
from ridley.config.state import State, child_environment
from tests.crash.digest import digests
from tests.crash.stage import Forks, Stage, is_inside, job_state
from tests.live import ROOT
from tests.worker import eventually

pytestmark = pytest.mark.slow
KILLS = 10
COPY = "crash_server"
SHORT = {"RIDLEY_JOB_HEARTBEAT_SECONDS": "1", "RIDLEY_JOB_STALLED_SECONDS": "3"}


class Installation:
    """An installation of its own that waits for step 1."""

    def __init__(self, folder: Path, stage: Stage) -> None:
        self.state = State(folder)
        self.addresses = start_embedded(self.state)
        dump = folder / "ready.dump"
        tools = find_tools(18)
        with stage.copied(1, COPY):  # not the one that waits: nobody can copy a database that somebody looks into
            subprocess.run(
                [str(tools / "pg_dump"), "--format=custom", f"--file={dump}", stage.superuser(COPY)], check=True
            )
        self.superuser = self.state.server.addresses().superuser_url.removesuffix("/postgres") + "/ridley"
        restore_database(tools, self.superuser, dump, wanted=folder / "ready.list")
        outside = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE", "RIDLEY"))}
        self.outside = {**outside, **SHORT, "RIDLEY_ENVIRONMENT": "test", "PYTHONUNBUFFERED": "1"}

    @contextmanager
    def running(self) -> Iterator[None]:
        """`ridley run`, from its greeting to its end."""
        log = self.state.home / "run.txt"
        with log.open("w") as out:
            command = [sys.executable, "-m", "ridley.cli", "run", "--no-demo", "--home", str(self.state.home)]
            run = subprocess.Popen(
                command, cwd=ROOT, env=self.outside, stdout=out, stderr=out, start_new_session=True
            )  # fmt: skip
        try:
            eventually(lambda: "Ridley runs at" in log.read_text() or run.poll() is not None, seconds=120)
            assert run.poll() is None, log.read_text()
            yield
        finally:
            run.send_signal(signal.SIGTERM)
            run.wait(timeout=60)

    def forks(self) -> Forks:
        known = child_environment(self.state, self.addresses.as_environment())
        return Forks({**known, **self.outside, "DJANGO_SETTINGS_MODULE": "ridley.config.settings"})

    def worker(self) -> int:
        return next(each["pid"] for each in self.state.read_run()["processes"] if each["name"] == "worker")

    def kill_server(self) -> int:
        """The postmaster first, so that it can neither restart its sessions nor end in order. Returns its number."""
        server = psutil.Process(self.state.server.pid())
        for process in [server, *server.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        return server.pid

    def look(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.superuser, autocommit=True)

    def ask(self, question: Any, *values: Any) -> Any:
        """What a function of a connection answers; None while the server is down."""
        try:
            with self.look() as connection:
                return question(connection, *values)
        except psycopg.OperationalError:
            return None


@pytest.fixture
def installation(stage: Stage) -> Iterator[Installation]:
    # Not pytest's folder: its parents are closed to PostgreSQL's account when root runs the tests.
    folder = Path(tempfile.mkdtemp(prefix="ridley-crash-"))
    folder.chmod(0o711)
    try:
        yield Installation(folder, stage)
    finally:
        State(folder).server.destroy()
        shutil.rmtree(folder)


def test_a_killed_postgresql_is_healed_and_the_jobs_end_like_uninterrupted_ones(installation, stage, chance, tell):
    inside = survived = 0
    with installation.running():
        forks, asked = installation.forks(), {}
        for step in range(1, KILLS + 1):
            known = stage.known_of(step)
            asked = stage.request("ridley", step, asked["change_set"], forks) if step > 1 else known
            job = asked["job"]
            eventually(lambda job=job: installation.ask(job_state, job) in ("running", "done"), seconds=60)
            with installation.look() as connection:
                worker = installation.worker()
                time.sleep(chance.uniform(0, known["seconds"]))
                inside += is_inside(connection)
                killed = installation.kill_server()
            eventually(lambda killed=killed: installation.state.server.pid() not in (None, killed), seconds=60)
            eventually(lambda job=job: ended(installation, forks, job), seconds=180)
            assert installation.ask(lambda connection: digests(connection, jobs=True)) == known["after"]
            survived += installation.worker() == worker
        attempts = installation.ask(lambda c: c.execute("SELECT sum(attempts) - count(*) FROM jobs_job").fetchone()[0])
        forks.close()
    tell(f"{KILLS} kills of PostgreSQL: {inside} inside the transaction, {attempts} more attempts of jobs,"
         f" the worker survived {survived}")  # fmt: skip
    assert inside


def ended(installation, forks, job):
    """Whether the job has ended; if not, what the schedule does each minute is done now."""
    state = installation.ask(job_state, job)
    if state == "done":
        return True
    assert state != "failed"
    if state is not None:
        forks.do("ridley", "take_over")
    time.sleep(0.5)
    return False
