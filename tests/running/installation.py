"""An installation of its own for tests that must break its server or its disk: a home, a server, a prepared apply."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from ridley.config import manifest
from ridley.config.addresses import Addresses
from ridley.config.processes import end_groups
from ridley.config.state import CHECKOUT, child_environment
from ridley.config.tests.homes import Home, made_home
from ridley.core.database.embedded import Server

OURS = ("DATABASE_URL", "DATABASE_OWNER_URL", "RIDLEY_STORAGE", "RIDLEY_HOME")
# What an apply writes; the set's and the jobs' own words about it are apart.
APPLIED = ("assistant_row", "assistant_rowversion", "changes_change", "changes_changecell", "audit_event")
EVENT_WAITS = "SELECT 1 FROM pg_locks WHERE relation = 'audit_event'::regclass AND NOT granted"
# A dead worker's jobs are taken over soon, so that a test need not wait long.
SHORT = {"RIDLEY_JOB_HEARTBEAT_SECONDS": "1", "RIDLEY_JOB_STALLED_SECONDS": "10"}
STATE = """
SELECT s.state, s.applied, j.state, j.words, j.problem, j.attempts,
    (SELECT count(*) FROM audit_event WHERE kind = 'changes.applied' AND subject_id = s.id::text)
FROM changes_changeset s JOIN jobs_job j ON j.id = %(job)s WHERE s.id = %(change_set)s
"""


@contextmanager
def without_given_addresses() -> Iterator[None]:
    """The test run's database is not ours: `ridley` finds none in the environment here."""
    kept = {name: os.environ.pop(name) for name in OURS if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(kept)


@contextmanager
def passable_folder() -> Iterator[Path]:
    """A folder that PostgreSQL's account can enter; pytest's are closed to it when root runs the tests."""
    with tempfile.TemporaryDirectory(prefix="ridley-running-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


@dataclass
class Installation:
    """A home with its server up and a big apply that waits; `ids` are the set's, the table's and the job's."""

    home: Home
    environment: dict[str, str]
    ids: dict[str, int]
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def found_again(self) -> None:
        """A server that was started again may have another port."""
        port = self.home.state.server.addresses().port
        moved = [urlsplit(url) for url in (self.home.addresses.app, self.home.addresses.owner)]
        urls = [each._replace(netloc=f"{each.netloc.rpartition(':')[0]}:{port}").geturl() for each in moved]
        self.home.addresses = Addresses(app=urls[0], owner=urls[1])
        self.environment.update(self.home.addresses.as_environment())

    def state(self) -> dict[str, Any]:
        """How far the set, its job and its event are."""
        self.found_again()
        names = ("set", "applied", "job", "words", "problem", "attempts", "events")
        return dict(zip(names, self.home.sql(STATE, self.ids)[0], strict=True))

    @contextmanager
    def before_the_event(self) -> Iterator[None]:
        """Inside the block an apply gets as far as its event, its last write: reading is allowed, the event waits."""
        with psycopg.connect(self.home.addresses.owner) as holder:
            holder.execute("LOCK TABLE audit_event IN SHARE MODE")
            yield
            holder.rollback()

    def digests(self) -> dict[str, Any]:
        """Rows and digest of each table that an apply writes."""
        with psycopg.connect(self.home.addresses.owner, autocommit=True) as connection:
            manifest.begin_snapshot(connection)
            return {name: manifest.describe_table(connection, name) for name in APPLIED}

    def start(self, *words: str, home: Path | None = None, **more: str) -> subprocess.Popen[bytes]:
        """`ridley WORDS` of this home, or on another home with this one's database."""
        place = home or self.home.state.home
        (place / "logs").mkdir(parents=True, exist_ok=True)
        with (place / "logs" / f"{words[0]}-test.log").open("ab") as log:
            self.started.append(
                subprocess.Popen(
                    [sys.executable, "-m", "ridley.cli", *words], cwd=CHECKOUT, stdin=subprocess.DEVNULL, stdout=log,
                    stderr=log, start_new_session=True, env={**self.environment, "RIDLEY_HOME": str(place), **more},
                )
            )  # fmt: skip
        return self.started[-1]

    def end(self, process: subprocess.Popen[bytes]) -> None:
        end_groups([process.pid])
        process.wait(timeout=60)

    def log(self) -> str:
        paths = sorted(self.home.state.logs.glob("*.log"))
        return "\n".join(f"== {path.name}\n{path.read_text(errors='replace')[-3000:]}" for path in paths)


@dataclass(frozen=True)
class Template:
    """A stopped home with a big apply that waits: made once, copied for each test."""

    folder: Path
    environment: dict[str, str]
    ids: dict[str, int]


@contextmanager
def template(rows: int) -> Iterator[Template]:
    with passable_folder() as folder:
        server = Server(folder / "home")
        try:
            with without_given_addresses():  # not around the yield: this lives as long as the session
                made = prepared_template(folder / "home", rows)
            yield made
        finally:
            server.destroy()


def prepared_template(folder: Path, rows: int) -> Template:
    home = made_home(folder)
    known = child_environment(home.state, home.addresses.as_environment(), owner=True)
    known |= {"DJANGO_SETTINGS_MODULE": "ridley.config.settings", "RIDLEY_ENVIRONMENT": "test",
              "RIDLEY_DEBUG": "false", "RIDLEY_LOG_LEVEL": "WARNING"}  # fmt: skip
    called(known, "manage.py", "migrate", "--verbosity", "0")
    ids = json.loads(called(known, "-m", "tests.running.prepared", str(rows)))
    home.sql("ANALYZE")  # as the server does by itself a minute later
    home.state.server.stop()
    return Template(folder, known, ids)


@contextmanager
def installation(of: Template, folder: Path) -> Iterator[Installation]:
    """A copy in `folder`, with its server up; everything that was started ends with the block."""
    with without_given_addresses():
        folder.mkdir(mode=0o711, exist_ok=True)
        subprocess.run(["cp", "-a", f"{of.folder}/.", str(folder)], check=True)
        home = made_home(folder)
        known = {**of.environment, **home.addresses.as_environment(), "RIDLEY_HOME": str(folder)}
        made = Installation(home, known, of.ids)
        try:
            yield made
        finally:
            end_groups([process.pid for process in made.started])
            for process in made.started:
                process.wait(timeout=60)
            home.state.server.destroy()


def called(known: Mapping[str, str], *words: str) -> str:
    """The output of a Python command that must do well."""
    command = [sys.executable, *words]
    done = subprocess.run(command, cwd=CHECKOUT, env=known, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def eventually(question: Callable[[], Any], tell: Callable[[], str], seconds: float = 120) -> Any:
    """The first answer that is true; a database that is away for a moment is asked again."""
    end, answer = time.monotonic() + seconds, None
    while time.monotonic() < end:
        try:
            if answer := question():
                return answer
        except psycopg.Error as error:
            answer = error
        time.sleep(0.2)
    raise AssertionError(f"still {answer!r} after {seconds} s\n{tell()}")
