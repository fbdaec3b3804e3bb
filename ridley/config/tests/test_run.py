"""`ridley run` in a copy of the checkout whose manage.py and web application are a few lines: what is tested is the
starting, watching and ending of processes, on the real embedded PostgreSQL."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from ridley.config.state import CHECKOUT

pytestmark = pytest.mark.slow

MANAGE = """
import os, subprocess, sys, time
import psycopg
if sys.argv[1] == "migrate":
    time.sleep(float(os.environ.get("TEST_MIGRATE_SECONDS", "0")))
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as c:
        c.execute("CREATE TABLE IF NOT EXISTS tenants_tenant (name text)")
        c.execute("CREATE TABLE IF NOT EXISTS django_migrations (id int)")
elif sys.argv[1:] == ["demo"]:
    with psycopg.connect(os.environ["DATABASE_URL"]) as c:
        c.execute("INSERT INTO tenants_tenant VALUES ('demo')")
    print("broker loaded")
elif sys.argv[1:] == ["demo", "--sign-ins"]:
    print("asha@demo.example  known-to-all  steward")
elif sys.argv[1] == "work":
    subprocess.Popen(["sleep", "1000"])
    subprocess.Popen(["sleep", "1001"], start_new_session=True)
    time.sleep(1000)
"""
WSGI = """
import json, os
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({"pid": os.getppid(), "environment": dict(os.environ)}).encode()]
"""


class Copy:
    """A checkout of its own, with a home of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / ".ridley"
        ignore = shutil.ignore_patterns("tests", "__pycache__", "assistant", "engine")
        shutil.copytree(CHECKOUT / "ridley", folder / "ridley", ignore=ignore)
        shutil.copy(CHECKOUT / "requirements.lock", folder)
        (folder / "manage.py").write_text(MANAGE)
        (folder / "ridley" / "config" / "wsgi.py").write_text(WSGI)
        self.runs: list[subprocess.Popen[str]] = []

    def start(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE", "RIDLEY"))}
        self.runs.append(
            subprocess.Popen(
                [sys.executable, "-m", "ridley.cli", *words],
                cwd=self.folder,
                env={**inherited, "RIDLEY_HOME": str(self.home), "PYTHONPATH": str(self.folder), **environment},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        )
        return self.runs[-1]

    def noted(self) -> dict:
        return json.loads((self.home / "run.json").read_text())

    def pid_of(self, name: str) -> int:
        return next(each["pid"] for each in self.noted()["processes"] if each["name"] == name)

    def processes(self) -> list[str]:
        """What lives and belongs to this copy: by its environment, or as PostgreSQL's by its command line."""
        found = []
        for process in psutil.process_iter():
            try:
                words = [*process.cmdline(), process.environ().get("RIDLEY_HOME", "")]
                if any(str(self.folder) in word for word in words) and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(" ".join(process.cmdline()))
            except psutil.Error:
                continue
        return found


@pytest.fixture
def copy() -> Iterator[Copy]:
    # Not pytest's folder: its parents are closed to PostgreSQL's account when root runs the tests.
    folder = Path(tempfile.mkdtemp(prefix="ridley-run-"))
    folder.chmod(0o711)
    copy = Copy(folder)
    yield copy
    for run in copy.runs:
        if run.poll() is None:
            run.send_signal(signal.SIGTERM)
            run.communicate(timeout=30)
    left = copy.processes()
    shutil.rmtree(folder)
    assert left == []


def read_until(run: subprocess.Popen[str], text: str) -> str:
    """The output up to the line that holds this text."""
    read = ""
    for line in run.stdout:
        read += line
        if text in line:
            return read
    raise AssertionError(f"{text!r} never came; what came:\n{read}")


def get(copy: Copy) -> dict:
    with urllib.request.urlopen(copy.noted()["address"] + "/healthz", timeout=10) as answer:
        return json.load(answer)


def eventually(true: Callable[[], bool], seconds: float = 20) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.1)
    return False


def test_a_first_start_does_every_step_and_ctrl_c_ends_every_process(copy: Copy) -> None:
    run = copy.start("run", TEST_MIGRATE_SECONDS="3")
    output = read_until(run, "Stop: Ctrl-C")
    address = copy.noted()["address"]
    for expected in (
        "Starting PostgreSQL: done",
        "  Bringing the tables up to date (",
        "  Bringing the tables up to date: done in ",
        "broker loaded\n",
        "  asha@demo.example  known-to-all  steward\n",
        f"Ridley runs at {address}\n",
        f"State: {copy.home}   Logs: {copy.home / 'logs'}\n",
    ):
        assert expected in output
    environment = get(copy)["environment"]
    assert environment["DATABASE_URL"].startswith("postgresql://ridley_app:")
    assert environment["DATABASE_OWNER_URL"] == ""
    assert environment["RIDLEY_RUN_AS"] == "app"
    assert len(environment["RIDLEY_SECRET_KEY"]) == 64
    assert environment["RIDLEY_JWT_PRIVATE_KEY"].startswith("-----BEGIN PRIVATE KEY-----\n")
    assert not any("owner" in value for value in environment.values())
    for secret in (copy.home / "secrets").iterdir():
        assert secret.stat().st_mode & 0o777 == 0o600
    assert eventually(lambda: {"sleep 1000", "sleep 1001"} <= set(copy.processes()))
    run.send_signal(signal.SIGINT)
    assert run.communicate(timeout=60)[0].lstrip() == "Stopping (Ctrl-C again to hurry).\nStopped.\n"
    assert run.returncode == 0
    assert copy.processes() == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_in_the_middle_of_a_step_ends_what_was_started(copy: Copy, number: signal.Signals) -> None:
    run = copy.start("run", TEST_MIGRATE_SECONDS="60")
    read_until(run, "Bringing the tables up to date (")
    run.send_signal(number)
    run.communicate(timeout=60)
    assert run.returncode == 0
    assert copy.processes() == []


def test_a_second_start_keeps_port_secrets_and_data_and_loads_no_demo_again(copy: Copy) -> None:
    first = copy.start("run")
    read_until(first, "Stop: Ctrl-C")
    before, secrets = copy.noted()["port"], get(copy)["environment"]["RIDLEY_SECRET_KEY"]
    first.send_signal(signal.SIGTERM)
    first.communicate(timeout=60)
    second = copy.start("run")
    output = read_until(second, "Stop: Ctrl-C")
    assert copy.noted()["port"] == before
    assert get(copy)["environment"]["RIDLEY_SECRET_KEY"] == secrets
    assert "broker loaded" not in output
    assert "Bringing the tables up to date" not in output
    assert "  asha@demo.example  known-to-all  steward\n" in output


@pytest.mark.parametrize("change", ["a source", "the migrations"])
def test_the_tables_are_brought_up_to_date_again_when_something_changed(copy: Copy, change: str) -> None:
    first = copy.start("run", "--no-demo")
    read_until(first, "Stop: Ctrl-C")
    if change == "a source":
        (copy.folder / "ridley" / "new.py").write_text("")
    else:
        url = copy.start("database", "url", "--owner").communicate(timeout=30)[0].strip()
        with psycopg.connect(url) as connection:
            connection.execute("INSERT INTO django_migrations VALUES (1)")
    first.send_signal(signal.SIGTERM)
    first.communicate(timeout=60)
    assert "Bringing the tables up to date" in read_until(copy.start("run", "--no-demo"), "Stop: Ctrl-C")


def test_a_second_run_of_the_same_home_names_the_address_of_the_first(copy: Copy) -> None:
    read_until(copy.start("run", "--no-demo"), "Stop: Ctrl-C")
    second = copy.start("run")
    output = second.communicate(timeout=60)[0]
    assert output.startswith(f"Ridley already runs from {copy.home} at {copy.noted()['address']}.")
    assert second.returncode == 0
    assert get(copy)["pid"] == copy.pid_of("web")


def test_two_homes_run_at_once_on_ports_of_their_own(copy: Copy) -> None:
    read_until(copy.start("run", "--no-demo"), "Stop: Ctrl-C")
    other = copy.folder / "other"
    read_until(copy.start("run", "--no-demo", "--home", str(other), RIDLEY_HOME=str(other)), "Stop: Ctrl-C")
    ports = json.loads((other / "run.json").read_text())["port"], copy.noted()["port"]
    assert ports[0] != ports[1]


def test_when_run_itself_is_killed_its_children_end_and_the_next_start_heals(copy: Copy) -> None:
    run = copy.start("run", "--no-demo")
    read_until(run, "Stop: Ctrl-C")
    port = copy.noted()["port"]
    run.kill()
    run.communicate()
    again = copy.start("run", "--no-demo")  # at once, while the guard is still at work
    read_until(again, "Stop: Ctrl-C")
    assert copy.noted()["port"] == port
    assert get(copy)["pid"] == copy.pid_of("web")
    again.kill()
    again.communicate()
    assert eventually(lambda: copy.processes() == [])


def test_when_even_the_guard_is_killed_the_next_start_ends_what_was_left(copy: Copy) -> None:
    run = copy.start("run", "--no-demo")
    read_until(run, "Stop: Ctrl-C")
    left = [copy.pid_of("web"), copy.pid_of("worker")]
    os.kill(run.pid, signal.SIGSTOP)  # else it would start its guard again
    os.kill(copy.pid_of("guard"), signal.SIGKILL)
    run.kill()
    run.communicate()
    assert all(psutil.pid_exists(pid) for pid in left)
    again = copy.start("run", "--no-demo")
    read_until(again, "Stop: Ctrl-C")
    assert not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE for pid in left)
    again.send_signal(signal.SIGTERM)
    again.communicate(timeout=60)
    assert copy.processes() == []


@pytest.mark.parametrize("name", ["web", "worker", "guard"])
def test_a_child_that_dies_is_started_again_and_said_in_one_line(copy: Copy, name: str) -> None:
    run = copy.start("run", "--no-demo")
    read_until(run, "Stop: Ctrl-C")
    before = copy.pid_of(name)
    os.kill(before, signal.SIGKILL)
    said = "the guard was killed; it was started again" if name == "guard" else f"{name} was killed by SIGKILL"
    read_until(run, said)
    assert eventually(lambda: any(e["name"] == name and e["pid"] != before for e in copy.noted()["processes"]))
    assert get(copy)["pid"] == copy.pid_of("web")


def test_a_database_that_dies_is_started_again(copy: Copy) -> None:
    run = copy.start("run", "--no-demo")
    read_until(run, "Stop: Ctrl-C")
    before = copy.pid_of("server")
    os.kill(before, signal.SIGKILL)
    read_until(run, "PostgreSQL ended; it was started again")
    assert eventually(lambda: copy.pid_of("server") != before)


def test_a_demo_that_was_interrupted_is_loaded_again(copy: Copy) -> None:
    first = copy.start("run")
    read_until(first, "Stop: Ctrl-C")
    first.send_signal(signal.SIGTERM)
    first.communicate(timeout=60)
    (copy.home / "run.json").write_text(json.dumps({**copy.noted(), "demo": "loading"}))
    read_until(copy.start("run"), "broker loaded")


@pytest.mark.parametrize(
    ("given", "missing"), [("DATABASE_URL", "DATABASE_OWNER_URL"), ("DATABASE_OWNER_URL", "DATABASE_URL")]
)
def test_one_address_without_the_other_is_refused_in_words(copy: Copy, given: str, missing: str) -> None:
    (copy.folder / ".env").write_text(f"{given}=postgresql://a:b@127.0.0.1:1/c\n")
    run = copy.start("run")
    output = run.communicate(timeout=60)[0]
    assert f"{given} is set and {missing} is not." in output
    assert run.returncode == 1
    assert not (copy.home / "postgres" / "data").exists()


def test_a_port_that_was_asked_for_and_is_taken_is_refused_in_words(copy: Copy) -> None:
    read_until(copy.start("run", "--no-demo"), "Stop: Ctrl-C")
    port, other = copy.noted()["port"], copy.folder / "other"
    run = copy.start("run", "--no-demo", "--port", str(port), RIDLEY_HOME=str(other))
    assert f"Port {port} on 127.0.0.1 is taken; give another with --port." in run.communicate(timeout=30)[0]
    assert run.returncode == 1


def test_given_addresses_are_used_and_no_server_is_started(copy: Copy) -> None:
    server_home = copy.folder / "server"
    for action in ("start", "url"):
        copy.start("database", action, "--home", str(server_home)).communicate(timeout=30)
    app = copy.start("database", "url", "--home", str(server_home)).communicate(timeout=30)[0].strip()
    owner = copy.start("database", "url", "--owner", "--home", str(server_home)).communicate(timeout=30)[0].strip()
    try:
        run = copy.start("run", DATABASE_URL=app, DATABASE_OWNER_URL=owner)
        read_until(run, "Stop: Ctrl-C")
        assert get(copy)["environment"]["DATABASE_URL"] == app
        assert get(copy)["environment"]["DATABASE_OWNER_URL"] == ""
        assert not (copy.home / "postgres").exists()
        run.send_signal(signal.SIGTERM)
        run.communicate(timeout=60)
    finally:
        copy.start("database", "stop", "--home", str(server_home)).communicate(timeout=30)
