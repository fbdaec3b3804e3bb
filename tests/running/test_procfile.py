"""The Procfile, run by honcho for real: the release, then web and worker, until they are asked to stop."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from ridley.config.processes import end_groups
from tests.live import ROOT, database, environment
from tests.running.installation import eventually

pytestmark = pytest.mark.slow
HONCHO = [str(Path(sys.executable).with_name("honcho")), "--env", os.devnull]


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def readiness(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10) as answer:
            return json.load(answer)
    except OSError:
        return None


def test_honcho_migrates_serves_works_and_ends(tmp_path, record_property):
    name, port, log = f"honcho_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}", free_port(), tmp_path / "honcho.log"
    with database(name) as addresses:
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        known = {**environment(tmp_path, addresses), "PORT": str(port), "PATH": path}
        done = subprocess.run(
            [*HONCHO, "start", "release"], cwd=ROOT, env=known, capture_output=True, text=True, timeout=180, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        with log.open("wb") as output:
            started = subprocess.Popen(
                [*HONCHO, "start", "web", "worker"], cwd=ROOT, env=known, stdin=subprocess.DEVNULL, stdout=output,
                stderr=output, start_new_session=True,
            )  # fmt: skip
        try:
            checks = eventually(lambda: readiness(port), log.read_text)
            assert {check["name"]: check["ok"] for check in checks} == dict.fromkeys(
                ("database", "migrations", "worker", "storage"), True
            )
            started.send_signal(signal.SIGTERM)
            started.wait(timeout=60)
        finally:
            end_groups([started.pid])
            started.wait(timeout=10)
        said = log.read_text()
        assert "web.1" in said
        assert "worker.1" in said
        assert readiness(port) is None
    record_property("counted", "Procfile by honcho: release, web, worker; 4 of 4 checks well; ended on SIGTERM")
