"""The committed description of the API is what the code says, valid, and says something of every verb."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.isolation.routes import Served, behind_the_door

COMMITTED = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"
PROBLEM = "#/components/schemas/ProblemOut"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return json.loads(COMMITTED.read_text())


FOR_EVERYBODY = {"get /api/v1/session/providers/"}  # asked before anybody is signed in


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """`get /api/v1/...` -> the operation."""
    verbs = ("get", "post", "put", "patch", "delete", "head")
    return {
        f"{verb} {path}": operation
        for path, described in document["paths"].items()
        for verb, operation in described.items()
        if verb in verbs
    }


def described_as(served: Served) -> str:
    return f"{served.verb} /api/v1/{{tenant}}/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", served.route)


def test_the_committed_document_is_the_generated_one_and_nothing_was_guessed(tmp_path: Path):
    fresh = tmp_path / "openapi.json"
    call_command("spectacular", format="openapi-json", validate=True, fail_on_warn=True, file=str(fresh))
    assert fresh.read_text() == COMMITTED.read_text(), "docs/openapi.json is old: run make openapi"


def test_it_is_valid_openapi_3_1(document):
    assert document["openapi"].startswith("3.1")
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_every_verb_behind_the_door_is_described_and_nothing_else_is(document):
    served = {described_as(one) for one in behind_the_door()}
    me = {
        "get /",
        "get /invitation/",
        "post /invitation/",
        "get /sessions/",
        "delete /sessions/",
        "delete /sessions/{id}/",
    }
    beside = {
        *(f"{verb} /api/v1/staff-sessions/" for verb in ("get", "post")),
        "post /api/v1/staff-sessions/{id}/end/",
    }
    mine = {one.replace(" /", " /api/v1/me/") for one in me}
    assert set(operations(document)) == served | mine | beside | FOR_EVERYBODY


def test_every_verb_tells_its_answer_and_its_refusals(document):
    complaints = []
    for name, operation in operations(document).items():
        answers = operation["responses"]
        good = {status: answer for status, answer in answers.items() if status.startswith("2")}
        if len(good) != 1:
            complaints.append(f"{name}: wanted one good answer, got {sorted(good)}")
        bodiless = name.startswith("head ") or set(good) == {"204"}
        for answer in good.values():
            shapes = [content.get("schema") for content in answer.get("content", {}).values()]
            if bodiless == bool(shapes) or not all(shapes):
                complaints.append(f"{name}: its answer has the shapes {shapes}")
        for status in () if name in FOR_EVERYBODY else ("401",) if "{tenant}" not in name else ("401", "403", "404"):
            if status not in answers:
                complaints.append(f"{name}: says nothing of {status}")
        for status, answer in answers.items():
            if not status.startswith("2") and answer.get("content") != {
                "application/problem+json": {"schema": {"$ref": PROBLEM}}
            }:
                complaints.append(f"{name}: {status} is no problem+json")
        if not operation.get("description"):
            complaints.append(f"{name}: no word of what it does")
    assert complaints == []


def test_operation_ids_are_unique(document):
    ids = [operation["operationId"] for operation in operations(document).values()]
    assert sorted(ids) == sorted(set(ids))


def test_a_caller_comes_with_a_token_or_a_session(document):
    assert {name: (scheme["type"], scheme.get("scheme"), scheme.get("in"), scheme.get("name"))
            for name, scheme in document["components"]["securitySchemes"].items()} == {
        "api_token": ("http", "bearer", None, None), "bearer": ("http", "bearer", None, None),
        "cookieAuth": ("apiKey", None, "cookie", "sessionid"),
    }  # fmt: skip
    asked = {name: json.dumps(operation.get("security")) for name, operation in operations(document).items()}
    assert {name for name, security in asked.items() if security == "null"} == FOR_EVERYBODY
    known = {name: how for name, how in asked.items() if name not in FOR_EVERYBODY}
    open_to_all = {name for name, how in known.items() if how.endswith(", {}]")}
    assert open_to_all == {"get /api/v1/me/invitation/", "post /api/v1/me/invitation/"}
    by_any = '[{"api_token": []}, {"bearer": []}, {"cookieAuth": []}]'
    assert {how.replace(", {}]", "]") for how in known.values()} == {by_any}
