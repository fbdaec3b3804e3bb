"""A real server and a real worker, as the app role, on a database of their own: for journeys that come from outside.

`live_ridley` is a fixture of the whole session. Its tenant is small; whoever needs more makes more over the API.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ridley.config import web
from ridley.config.environment import Environment
from ridley.config.processes import end_groups
from ridley.core.database.roles import drop_database, prepare
from tests.live_people import OTHER_TENANT, PEOPLE, TENANT

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Live:
    """Where it answers, who can sign in, and where its logs lie."""

    address: str
    password: str
    home: Path
    tenant: str = TENANT
    other_tenant: str = OTHER_TENANT  # nobody of PEOPLE belongs to it
    known: Mapping[str, str] = field(default_factory=dict)  # its environment, for another server on the same database

    def email(self, name: str) -> str:
        return PEOPLE[name][0]

    def token(self, name: str) -> str:
        """An access token of somebody of PEOPLE, by signing in as front ends do. It is good for five minutes."""
        body = {"email": self.email(name), "password": self.password}
        return self.asked("/_allauth/app/v1/auth/login", body)["meta"]["access_token"]

    def asked(
        self, path: str, body: Any = None, headers: Mapping[str, str] | None = None, method: str | None = None
    ) -> Any:
        """GET, or POST (or `method`) of a body, and the JSON that comes back."""
        content = None if body is None else json.dumps(body).encode()
        named = {"Content-Type": "application/json", **(headers or {})}
        request = urllib.request.Request(self.address + path, content, named, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def log(self) -> str:
        """What the server and the worker have said, for a failing test."""
        return "\n".join(path.read_text(errors="replace")[-8000:] for path in sorted(self.home.glob("*.log")))


@pytest.fixture(scope="session")
def live_ridley(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    home = tmp_path_factory.mktemp("live")
    with database(f"live_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}") as addresses:
        known = environment(home, addresses)
        password = secrets.token_urlsafe(12)
        run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], {**known, "RIDLEY_RUN_AS": "owner"})
        run([sys.executable, "-m", "tests.live_people", password], known)
        with serving(home, known) as address:
            yield Live(address, password, home, known=known)


@contextmanager
def database(name: str, *, keep: bool = False) -> Iterator[dict[str, str]]:
    """A database with both roles on the test run's server; their passwords stay those of the run."""
    superuser = os.environ["RIDLEY_TEST_SUPERUSER"]
    known = Environment(os.environ)
    found = {variable: known.database(variable) for variable in ("DATABASE_URL", "DATABASE_OWNER_URL")}
    drop_database(superuser, name)
    owner, app = prepare(
        superuser, name, owner_password=str(found["DATABASE_OWNER_URL"]["PASSWORD"]),
        app_password=str(found["DATABASE_URL"]["PASSWORD"]),
    )  # fmt: skip
    yield {"DATABASE_URL": app, "DATABASE_OWNER_URL": owner}
    if not keep:
        drop_database(superuser, name)


def environment(home: Path, addresses: Mapping[str, str]) -> dict[str, str]:
    (home / "static").mkdir()
    return {**os.environ, **addresses, "RIDLEY_HOME": str(home), "RIDLEY_LOG_LEVEL": "WARNING",
            "DJANGO_SETTINGS_MODULE": "ridley.config.settings", "PYTHONPATH": str(ROOT)}  # fmt: skip


def run(command: list[str], known: Mapping[str, str]) -> None:
    done = subprocess.run(command, cwd=ROOT, env=known, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def serving(home: Path, known: Mapping[str, str]) -> Iterator[str]:
    """A web server and a worker; the address once the server answers. Both end with the block."""
    listener = web.listen(None, None)
    port = listener.getsockname()[1]
    started = []
    try:
        for name, command, descriptors in (
            ("web", web.command(listener, home / "access.txt"), (listener.fileno(),)),
            ("worker", [sys.executable, "manage.py", "work"], ()),
        ):
            with (home / f"{name}.log").open("wb") as log:
                started.append(
                    subprocess.Popen(
                        command, cwd=ROOT, env=known, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                        pass_fds=descriptors, start_new_session=True,
                    )
                )  # fmt: skip
        end = time.monotonic() + 60
        while not web.answers(port):
            assert time.monotonic() < end, f"no answer after 60 s: {(home / 'web.log').read_text()}"
            time.sleep(0.2)
        yield f"http://{web.HOST}:{port}"
    finally:
        listener.close()
        end_groups([process.pid for process in started])
        for process in started:
            process.wait(timeout=10)
