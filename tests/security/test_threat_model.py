"""THREAT_MODEL.md names guards and tests that exist, and lint knows the one client."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODEL = (ROOT / "THREAT_MODEL.md").read_text()


FILES = {
    path.relative_to(ROOT).as_posix(): path for part in ("ridley", "tests") for path in (ROOT / part).rglob("*.py")
}
TESTS = {name for path in FILES.values() for name in re.findall(r"^def (test_\w+)\(", path.read_text(), re.M)}


def named(path: str) -> list[Path]:
    """The files that a path's end means."""
    return [file for name, file in FILES.items() if f"/{name}".endswith(f"/{path}")]


def test_every_test_and_every_guard_that_is_named_exists():
    paths = re.findall(r"`([\w/]+\.py)(?:::(\w+))?`", MODEL)
    assert len(paths) > 150
    assert [path for path, _ in paths if not named(path)] == []
    inside = [(path, test) for path, test in paths if test]
    assert [one for one in inside if not any(f"def {one[1]}(" in file.read_text() for file in named(one[0]))] == []
    alone = re.findall(r"`(?:::)?(test_\w+)`", MODEL)
    assert len(alone) > 30
    assert [name for name in alone if name not in TESTS] == []


def test_every_row_of_a_threat_has_a_guard_and_a_test():
    tables = MODEL[MODEL.index("| threat |") :]
    rows = [line.strip("|").split("|") for line in tables.splitlines() if line.startswith("| ")]
    assert len(rows) > 100
    assert [row for row in rows if len(row) != 3 or not all(cell.strip() for cell in row)] == []
    told = [row for row in rows if row[0].strip() != "threat"]
    assert [row[0] for row in told if "test" not in row[2] and "the same" not in row[2]] == []


@pytest.mark.parametrize(
    "line",
    ["import requests", "from urllib.request import urlopen", "import http.client", "import httpx", "import aiohttp"],
)
def test_other_http_clients_are_refused_by_lint(line):
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--select", "TID251", "--stdin-filename"]
    for path, status in (("ridley/core/delivery/webhooks.py", 1), ("ridley/core/access/outbound.py", 0)):
        done = subprocess.run([*command, path, "-"], input=f"{line}\n", cwd=ROOT, capture_output=True, text=True)
        assert (path, done.returncode, "TID251" in done.stdout) == (path, status, status == 1)
