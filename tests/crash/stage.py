"""Databases with a large change set in them, ready to be applied, undone or redone, and what a run leaves in them."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from ridley.core.database.roles import drop_database
from tests.crash.digest import digests
from tests.live import ROOT, database, run

RUN = "crash_run"  # the database that no kill disturbs
READY = 3  # apply, undo, redo


class Child:
    """One deed in a process of its own."""

    def __init__(self, forks: Forks, pid: int) -> None:
        self.forks, self.pid = forks, pid

    def said(self) -> dict[str, Any]:
        return self.forks.read()

    def end(self) -> int:
        """Wait for its end: its exit status, below 0 if it was killed."""
        self.forks.write({})
        while "ended" not in (said := self.forks.read()):
            self.forks.last = said
        return int(said["ended"])


class Forks:
    """A process that forks one child at a time: see tests/crash/forks.py."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.forks"], cwd=ROOT, env=dict(environment), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self.last: dict[str, Any] = {}
        assert self.read() == {"ready": True}

    def write(self, line: Mapping[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(line) + "\n")
        self.process.stdin.flush()

    def read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the forking process has ended"
        return json.loads(line)

    def begin(self, database: str, name: str, **arguments: Any) -> Child:
        self.write({"database": database, "name": name, "arguments": arguments})
        return Child(self, self.read()["pid"])

    def do(self, database: str, name: str, **arguments: Any) -> dict[str, Any]:
        """Carry a deed out to its end, and return what it said last."""
        assert self.begin(database, name, **arguments).end() == 0
        return self.last

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


class Stage:
    """A large set and its steps: 1 applies it, 2 undoes it, 3 undoes that (redo), 4 undoes the redo, and so on.

    The databases `crash_ready_1` to `_3` wait for their step, its job enqueued. What an uninterrupted run makes of each
    step is found out once, when it is first asked for, and shared by all workers of the test run.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.file, self.lock = folder / "stage.json", folder / "stage.lock"
        self.environment = dict(environment)
        self.server = os.environ["RIDLEY_TEST_SUPERUSER"]
        self.forks = Forks(self.environment)
        self.known: dict[str, Any] = {}
        self.take(READY)

    def take(self, number: int) -> None:
        """Know what the uninterrupted run does in this step."""
        with self.lock.open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.known = json.loads(self.file.read_text()) if self.file.exists() else self.begin()
            while len(self.known["steps"]) < number:
                self.known["steps"].append(self.step())
            self.file.write_text(json.dumps(self.known))

    def begin(self) -> dict[str, Any]:
        with database(RUN, keep=True) as addresses:
            owner = {**self.environment, **addresses, "RIDLEY_RUN_AS": "owner"}
            run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], owner)
        return {**self.forks.do(RUN, "prepare"), "steps": []}

    def step(self) -> dict[str, Any]:
        """The next step, uninterrupted: what it found, what it left, and the seconds it took."""
        steps = self.known["steps"]
        before = steps[-1]["change_set"] if steps else self.known["change_set"]
        asked = self.request(RUN, len(steps) + 1, before)
        if len(steps) < READY:
            self.copy(RUN, f"crash_ready_{len(steps) + 1}")
        with self.look(RUN) as connection:
            before = digests(connection)
            child = self.work(RUN, asked["job"])
            began = time.monotonic()
            assert child.end() == 0
            seconds = time.monotonic() - began
            return {**asked, "before": before, "after": digests(connection, jobs=True), "seconds": seconds}

    def known_of(self, number: int) -> dict[str, Any]:
        if number > len(self.known["steps"]):
            self.take(number)
        return self.known["steps"][number - 1]

    def request(self, name: str, number: int, change_set: int, forks: Forks | None = None) -> dict[str, Any]:
        """Ask for a step that begins from this set: the set that the step works on (an undo is a new one), its job."""
        who = {"tenant": self.known["tenant"], "actor": self.known["actor"]}
        deed = "apply" if number == 1 else "undo"
        return (forks or self.forks).do(name, "request", **who, change_set=change_set, deed=deed)

    def work(self, name: str, job: int, forks: Forks | None = None) -> Child:
        """A process that has begun to do the job."""
        child = (forks or self.forks).begin(name, "work", tenant=self.known["tenant"], job=job)
        assert "begins" in child.said()
        return child

    def copy(self, source: str, name: str) -> None:
        """A copy of a database that nobody uses now; one of that name before is removed."""
        drop_database(self.server, name)
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}" STRATEGY file_copy')

    @contextmanager
    def copied(self, number: int, name: str) -> Iterator[psycopg.Connection[Any]]:
        """A copy that waits for this step, with a connection to look at all of it; removed after the block."""
        self.copy(f"crash_ready_{number}", name)
        with self.look(name) as connection:
            yield connection
        drop_database(self.server, name)

    def close(self) -> None:
        self.forks.close()

    def address(self, name: str) -> str:
        return urlsplit(self.environment["DATABASE_URL"])._replace(path=f"/{name}").geturl()

    def look(self, name: str) -> psycopg.Connection[Any]:
        """A connection that no policy holds, committing at once."""
        return psycopg.connect(self.superuser(name), autocommit=True)

    def superuser(self, name: str) -> str:
        return urlsplit(self.server)._replace(path=f"/{name}").geturl()


def job_state(connection: psycopg.Connection[Any], job: int) -> str:
    return connection.execute("SELECT state FROM jobs_job WHERE id = %s", [job]).fetchone()[0]  # type: ignore[index]


def is_inside(connection: psycopg.Connection[Any]) -> bool:
    """Whether somebody is inside the transaction that writes: whoever is holds the set's row from its beginning on."""
    found = connection.execute(
        "SELECT 1 FROM pg_locks WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " AND relation = 'changes_changeset'::regclass AND mode = 'RowShareLock' AND granted"
    )
    return found.fetchone() is not None
