"""Starts a PostgreSQL of its own for a test run and lets the tests work as the app role, as the server does.

Loaded with `-p tests.plugin` before Django reads its settings. RIDLEY_TEST_SUPERUSER_URL names another server instead.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ridley.core.database.embedded import Server  # noqa: E402
from ridley.core.database.roles import prepare  # noqa: E402

RUNS = ROOT / ".ridley" / "test"


def rsa_key() -> str:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption()).decode()


def remove_dead_runs() -> None:
    """End servers whose test run was killed."""
    for folder in RUNS.glob("*") if RUNS.exists() else ():
        if folder.name.isdigit() and not psutil.pid_exists(int(folder.name)):
            Server(folder).destroy()
            shutil.rmtree(folder, ignore_errors=True)


def begin() -> Server | None:
    """In the process that was started first: a server, and the environment that the tests and their workers read."""
    if "RIDLEY_TEST_SUPERUSER" in os.environ:
        if worker := os.environ.get("PYTEST_XDIST_WORKER"):  # ids repeat between databases, so files must not meet
            own = Path(os.environ["RIDLEY_HOME"]) / worker
            (own / "static").mkdir(parents=True, exist_ok=True)
            os.environ["RIDLEY_HOME"] = str(own)
        return None
    remove_dead_runs()
    home = RUNS / str(os.getpid())
    server = None
    superuser = os.environ.get("RIDLEY_TEST_SUPERUSER_URL", "")
    if not superuser:
        server = Server(home, durable=False)
        superuser = server.start().superuser_url
    (home / "static").mkdir(parents=True, exist_ok=True)
    owner_url, app_url = prepare(
        superuser, "ridley_unused", owner_password=secrets.token_hex(8), app_password=secrets.token_hex(8)
    )
    os.environ.update(
        RIDLEY_TEST_SUPERUSER=superuser,
        RIDLEY_ENVIRONMENT="test",
        RIDLEY_RUN_AS="app",
        RIDLEY_HOME=str(home),
        RIDLEY_SECRET_KEY=secrets.token_hex(32),
        RIDLEY_JWT_PRIVATE_KEY=rsa_key(),
        RIDLEY_ENCRYPTION_KEYS=secrets.token_hex(32),
        DATABASE_URL=app_url,
        DATABASE_OWNER_URL=owner_url,
        RIDLEY_LOG_LEVEL="CRITICAL",
    )
    return server


SERVER = begin()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What tests say with `record_property("counted", words)`, whichever worker ran them, each on a line.

    What they say with `record_property("summed", [words, number])` is summed up for each words.
    """
    reports = [report for found in terminalreporter.stats.values() for report in found]
    counted: list[str] = []
    sums: dict[tuple[str, str], list[int]] = {}
    for report in reports:
        where = Path(getattr(report, "nodeid", "").partition("::")[0]).stem
        for name, value in getattr(report, "user_properties", ()):
            if name == "counted" and report.when == "call":
                counted.append(f"{where}: {value}")
            elif name == "summed" and report.when == "teardown":
                sums.setdefault((where, value[0]), []).append(value[1])
    counted += [f"{where}: {sum(each):,} {words}, {len(each)} tests" for (where, words), each in sums.items()]
    if counted:
        terminalreporter.section("What was counted")
        for words in counted:
            terminalreporter.write_line(words)


def pytest_unconfigure(config: pytest.Config) -> None:
    end()


def end() -> None:
    """Remove the server, if this process started it, with everything in it."""
    if SERVER is not None:
        SERVER.destroy()
        shutil.rmtree(RUNS / str(os.getpid()), ignore_errors=True)
