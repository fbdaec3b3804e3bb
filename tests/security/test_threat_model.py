"""THREAT_MODEL.md names guards and tests that exist, and lint knows the one client."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODEL = (ROOT / "THREAT_MODEL.md").read_text()


def test_every_test_and_every_guard_that_is_named_exists():
    named = re.findall(r"`((?:tests|ridley)/[\w/]+\.py)::(\w+)`", MODEL)
    assert len(named) > 40
    missing = [f"{path}::{test}" for path, test in named if f"def {test}(" not in (ROOT / path).read_text()]
    assert missing == []
    assert [path for path in re.findall(r"`((?:tests|ridley)/[\w/]+\.py)`", MODEL) if not (ROOT / path).is_file()] == []


def test_every_row_of_a_threat_has_a_guard_and_a_test():
    rows = [line.strip("|").split("|") for line in MODEL.splitlines() if line.startswith("|") and "::" in line]
    assert [row for row in rows if len(row) != 3 or not all(cell.strip() for cell in row)] == []


@pytest.mark.parametrize(
    "line",
    ["import requests", "from urllib.request import urlopen", "import http.client", "import httpx", "import aiohttp"],
)
def test_other_http_clients_are_refused_by_lint(line):
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--select", "TID251", "--stdin-filename"]
    for path, status in (("ridley/core/delivery/webhooks.py", 1), ("ridley/core/access/outbound.py", 0)):
        done = subprocess.run([*command, path, "-"], input=f"{line}\n", cwd=ROOT, capture_output=True, text=True)
        assert (path, done.returncode, "TID251" in done.stdout) == (path, status, status == 1)
