"""Requests made up from the API's description, against a real server: it never breaks, and answers as described."""

from __future__ import annotations

import os
import secrets
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.live import Live
from tests.schema.things import Maker

pytestmark = pytest.mark.slow

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"
SEED = int(os.environ.get("RIDLEY_SCHEMATHESIS_SEED") or secrets.randbelow(2**32))
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = int(os.environ.get("RIDLEY_SCHEMATHESIS_EXAMPLES") or 15)  # of an operation, besides the systematic ones
TOKEN_SECONDS = 200  # a token is good for 300

described = schemathesis.openapi.from_path(DOCUMENT)
described.config.seed = SEED
answered: dict[str, list[int]] = defaultdict(list)  # operation -> statuses
there: dict[str, Any] = {}  # what is there in the live tenant, by the part of an address that comes before its id


@pytest.fixture(scope="module")
def bearer(live_ridley: Live) -> Any:
    """A header with a token of an admin that has not run out. What generated requests may meet is made first."""
    print(f"\nschemathesis seed: {SEED} (RIDLEY_SCHEMATHESIS_SEED={SEED} repeats it)")
    kept: dict[str, Any] = {"until": 0.0}

    def header() -> dict[str, str]:
        if time.monotonic() > kept["until"]:
            kept.update(token=live_ridley.token("admin"), until=time.monotonic() + TOKEN_SECONDS)
        return {"Authorization": f"Bearer {kept['token']}"}

    token = header()["Authorization"].removeprefix("Bearer ")
    there.update(Maker(live_ridley, token, f"made-{SEED}").things(), tenant=live_ridley.tenant)
    return header


@schemathesis.serializer("application/offset+octet-stream")
def as_bytes(context: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


NAMED_IN_BODIES = {
    "upload_id": "uploads", "source_id": "sources", "dataset_id": "datasets", "parent_id": "branches",
    "master_row_id": "master_row",
}  # fmt: skip


def meet_what_is_there(case: Any) -> None:
    """Always our tenant, and mostly things that are there: what is made up would be 404 and nothing else."""
    parts = case.operation.path.split("/")
    for name, value in list((case.path_parameters or {}).items()):
        before = parts[parts.index(f"{{{name}}}") - 1]
        if name == "tenant":
            case.path_parameters[name] = there["tenant"]
        elif mostly(value):
            case.path_parameters[name] = there["applied" if before == "change-sets" and value % 4 == 2 else before]
    if isinstance(case.body, dict):
        known = {name: there[kind] for name, kind in NAMED_IN_BODIES.items() if mostly(case.body.get(name))}
        case.body = {**case.body, **known}

    if "lookup" in parts and len(str((case.query or {}).get("code", ""))) % 2 == 0:
        code = "M1" if "reverse" in parts else "A1"
        case.query = {**case.query, "source": there["key"], "dataset": there["key"], "code": code}


def mostly(value: Any) -> bool:
    return isinstance(value, int) and value % 4 != 3


@described.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_answers_are_as_described(case: Any, live_ridley: Live, bearer: Any):
    meet_what_is_there(case)
    answer = case.call_and_validate(base_url=live_ridley.address, headers=bearer(), checks=CHECKS)
    answered[case.operation.label].append(answer.status_code)


def test_every_kind_of_reading_was_answered_and_not_only_refused():
    """Else the shapes of answers were never compared with anything."""
    if not answered:
        pytest.fail("test_answers_are_as_described did not run before")
    silent = [
        label for label, statuses in answered.items()
        if label.startswith("GET ") and not any(status < 300 for status in statuses)
    ]  # fmt: skip
    counted = {label: dict(Counter(statuses)) for label, statuses in answered.items()}
    assert silent == [], counted
