"""Real workers for tests: `manage.py work` as processes of their own, on this worker's test database."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.db import connection

ROOT = Path(__file__).resolve().parents[1]


def start(*options: str, **environment: str) -> subprocess.Popen[str]:
    address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    known = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.worker_settings", "DATABASE_URL": address, **environment}
    return subprocess.Popen(
        [sys.executable, "manage.py", "work", *options], cwd=ROOT, env=known, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def work_until_empty() -> None:
    """Let a real worker do what waits in the queue."""
    process = start("--until-empty")
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output


@contextmanager
def working(**environment: str) -> Iterator[subprocess.Popen[str]]:
    """A worker that runs until the block ends."""
    process = start(**environment)
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=30)


def eventually(question: Callable[[], Any], seconds: float = 30) -> Any:
    """The first answer that is true, asked again and again."""
    end = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < end, f"still {answer!r} after {seconds} s"
        time.sleep(0.1)
    return answer
