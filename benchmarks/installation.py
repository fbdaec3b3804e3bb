"""A whole Ridley of the benchmarks' own, as `ridley run` starts it, driven over HTTP and measured from outside."""

from __future__ import annotations

import base64
import json
import os
import resource
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg

from ridley.config.state import CHECKOUT, State, child_environment

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 300
# A word of a process's command line, and what that process is; the server's own have none of these.
ROLES = {"ridley.cli": "run", "ridley.config.watchdog": "guard", "gunicorn": "web", "work": "worker", "node": "node"}
PATIENCE = 1800  # for one job


@dataclass
class Figures:
    """What happened while something was done: seconds by the clock, and CPU seconds of the server's processes."""

    seconds: float = 0.0
    cpu: float = 0.0
    client: float = 0.0


class Installation:
    """A running Ridley. `owner` is a connection to its database as the owner, for peers and for counting."""

    def __init__(self, state: State, process: subprocess.Popen[bytes], address: str) -> None:
        self.state, self.process, self.address = state, process, address
        self.tenant, self.password, self.token = "puri-brokers", secrets.token_urlsafe(12), ""
        self.owner = psycopg.connect(owner_address(state), autocommit=True)

    def make_people(self) -> None:
        """A tenant with its people, made as the app role."""
        words = [sys.executable, "-m", "tests.live_people", self.password]
        known = {
            **child_environment(self.state, addresses(self.state)),
            "DJANGO_SETTINGS_MODULE": "ridley.config.settings",
        }
        subprocess.run(words, cwd=ROOT, env=known, check=True)
        self.sign_in()

    def sign_in(self) -> None:
        """A token for the admin. It is good for five minutes, so each measurement begins with a new one."""
        body = {"email": "admin@puri.example.com", "password": self.password}
        self.token = ""
        self.token = self.asked("POST", "/_allauth/app/v1/auth/login", body)["meta"]["access_token"]

    def asked(self, verb: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Any:
        """The JSON that a request brings. `body`: JSON, or bytes, or an open file."""
        named = {"Content-Type": "application/json", **(headers or {})}
        if self.token:
            named["Authorization"] = f"Bearer {self.token}"
        content = (
            body if body is None or hasattr(body, "read") or isinstance(body, bytes) else json.dumps(body).encode()
        )
        url = self.address + (path if path.startswith("/") else f"/api/v1/{self.tenant}/{path}")
        request = urllib.request.Request(url, content, named, method=verb)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read() or b"null")

    def get(self, path: str) -> Any:
        return self.asked("GET", path)

    def post(self, path: str, body: Any = None) -> Any:
        return self.asked("POST", path, body or {})

    def upload(self, path: Path) -> int:
        """Send a whole file in one request; its upload's number."""
        name = base64.b64encode(path.name.encode()).decode()
        headers = {
            "Tus-Resumable": "1.0.0", "Upload-Length": str(path.stat().st_size), "Upload-Metadata": f"filename {name}",
            "Content-Type": "application/offset+octet-stream", "Content-Length": str(path.stat().st_size),
        }  # fmt: skip
        with path.open("rb") as file:
            return int(self.asked("POST", "uploads/", file, headers)["id"])

    def await_job(self, job: Mapping[str, Any]) -> None:
        """Wait for a job's end, by looking into the database: asking the server would be measured with it."""
        end = time.monotonic() + PATIENCE
        while (state := self.job_state(job)) not in ("done", "failed", "cancelled"):
            if time.monotonic() > end:
                raise SystemExit(f"Job {job['id']} did not end: {state}")
            time.sleep(0.05)
        if state != "done":
            raise SystemExit(f"Job {job['id']}: {self.get('jobs/' + str(job['id']) + '/')}")

    def job_state(self, job: Mapping[str, Any]) -> str:
        found = self.owner.execute("SELECT state FROM jobs_job WHERE id = %s", [job["id"]]).fetchone()
        assert found is not None
        return str(found[0])

    def processes(self) -> list[psutil.Process]:
        """Everything that `ridley run` started, the database included."""
        roots = [psutil.Process(self.process.pid)]
        if (server := self.state.server.pid()) is not None:
            roots.append(psutil.Process(server))
        found = {process.pid: process for root in roots for process in [root, *root.children(recursive=True)]}
        return list(found.values())

    def cpu(self) -> float:
        """CPU seconds of all processes so far. Those that ended count with the parent that waited for them."""
        total = 0.0
        for process in self.processes():
            try:
                times = process.cpu_times()
            except psutil.Error:
                continue
            total += times.user + times.system + times.children_user + times.children_system
        return total

    def memory(self) -> dict[str, float]:
        """MiB by process: proportional set size, which counts shared pages once among those that share them."""
        found: dict[str, float] = {}
        for process in self.processes():
            try:
                name = next((role for word, role in ROLES.items() if word in process.cmdline()), "postgres")
                found[f"{name} {process.pid}"] = process.memory_full_info().pss / 2**20
            except psutil.Error:
                continue
        return found

    def settle(self) -> None:
        """Wait until the server's processes use less than a tenth of a core, a minute at most."""
        for _ in range(60):
            before = self.cpu()
            time.sleep(1)
            if self.cpu() - before < 0.1:
                return

    def disk(self) -> int:
        """Bytes of the database."""
        found = self.owner.execute("SELECT pg_database_size(current_database())").fetchone()
        assert found is not None
        return int(found[0])


class Measured:
    """Measures a block of this process's: the clock, the server's CPU and this process's own."""

    def __init__(self, ridley: Installation) -> None:
        self.ridley = ridley
        self.found = Figures()

    def __enter__(self) -> Measured:
        self.ridley.sign_in()
        self.ridley.settle()
        self.began, self.cpu, self.client = time.monotonic(), self.ridley.cpu(), own_cpu()
        return self

    def __exit__(self, *raised: object) -> None:
        self.found.seconds = time.monotonic() - self.began
        self.found.cpu, self.found.client = self.ridley.cpu() - self.cpu, own_cpu() - self.client


def own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def addresses(state: State) -> dict[str, str]:
    from ridley.config.addresses import start_embedded

    return start_embedded(state).as_environment()


def owner_address(state: State) -> str:
    return addresses(state)["DATABASE_OWNER_URL"]


@contextmanager
def running(*, demo: bool = False) -> Iterator[Installation]:
    """Start Ridley in a folder of its own; end it and remove the folder afterwards."""
    with tempfile.TemporaryDirectory(prefix="ridley-bench-") as home:
        known = {k: v for k, v in os.environ.items() if not k.startswith(("RIDLEY_", "DATABASE_"))}
        known["RIDLEY_DEBUG"] = "false"
        words = [sys.executable, "-m", "ridley.cli", "run", "--home", home, *([] if demo else ["--no-demo"])]
        process = subprocess.Popen(words, cwd=CHECKOUT, env=known, stdout=subprocess.DEVNULL)
        state = State(Path(home))
        try:
            address = awaited(lambda: state.read_run().get("address"), process)
            found = Installation(state, process, address)
            found.make_people()
            yield found
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=120)
            state.server.destroy()


def awaited(ask: Callable[[], Any], process: subprocess.Popen[bytes]) -> Any:
    end = time.monotonic() + START_SECONDS
    while not (found := ask()):
        if process.poll() is not None:
            raise SystemExit(f"Ridley ended with {process.returncode} instead of starting; see its words above.")
        if time.monotonic() > end:
            raise SystemExit(f"Ridley did not start within {START_SECONDS} s.")
        time.sleep(0.2)
    return found
