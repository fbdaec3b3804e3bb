"""Requests made up from the API's description: what it checks in answers, and what is there for it to meet."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.schema.things import FIELDS, FILE

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"
SEED = int(os.environ.get("RIDLEY_SCHEMATHESIS_SEED", "1"))  # the same requests in every run; others on purpose
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = int(os.environ.get("RIDLEY_SCHEMATHESIS_EXAMPLES") or 10)  # of an operation, besides the systematic ones
TOKEN_SECONDS = 200  # a token is good for 300

described = schemathesis.openapi.from_path(DOCUMENT)
described.config.seed = SEED
there: dict[str, Any] = {}  # what is there in the live tenant, by the part of an address that comes before its id


@schemathesis.serializer("application/offset+octet-stream")
def as_bytes(context: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


NAMED_IN_BODIES = {
    "upload_id": "uploads", "source_id": "sources", "dataset_id": "datasets", "parent_id": "branches",
    "master_row_id": "master_row",
}  # fmt: skip


def meet_what_is_there(case: Any, linked: frozenset[str] = frozenset()) -> None:
    """Always our tenant, and mostly things that are there: what is made up would be 404 and nothing else.

    `linked` are the parameters that an earlier answer gave.
    """
    parts = case.operation.path.split("/")
    for name, value in list((case.path_parameters or {}).items()):
        before = parts[parts.index(f"{{{name}}}") - 1]
        if name == "tenant":
            case.path_parameters[name] = there["tenant"]
        elif before in ONE_ALONE:
            case.path_parameters[name] = there[before]
        elif before in there and mostly(value) and name not in linked:
            case.path_parameters[name] = there["applied" if before == "change-sets" and value % 4 == 2 else before]
    if case.operation.label == "GET /api/v1/me/invitation/" and len(str(case.headers)) % 4 != 3:
        case.headers = {**(case.headers or {}), "X-Invitation-Token": there["invitation_token"]}
    if isinstance(case.body, dict):
        known = {
            name: there[kind]
            for name, kind in NAMED_IN_BODIES.items()
            if name not in linked and mostly(case.body.get(name))
        }
        case.body = {**case.body, **known}

    if "who" in parts and str((case.query or {}).get("permission", "")) not in NO_PERMISSION:
        case.query = {**case.query, "permission": "assistant.view"}
    if "lookup" in parts and len(str((case.query or {}).get("code", ""))) % 2 == 0:
        code = "M1" if "reverse" in parts else "A1"
        case.query = {**case.query, "source": there["key"], "dataset": there["key"], "code": code}


numbers = count(1)
# Ending the membership of somebody that other tests sign in as would be their end too: it is always the same person's.
ONE_ALONE = ("members", "grants", "sessions")
NO_PERMISSION = ("", "null", "true", "false")


def mostly(value: Any) -> bool:
    return isinstance(value, int) and value % 4 != 3


# The body of a request as a front end would make it; numbers and what links name are put in.
NEXT_WEEK = (datetime.now(UTC) + timedelta(days=7)).isoformat()
TITLED, NAMED, NOTHING = {"title": "Walked"}, {"name": "Walked"}, {}  # type: ignore[var-annotated]
SOUND: dict[str, dict[str, Any]] = {
    "POST branches/": {"key": "walked-<n>", **TITLED},
    "PATCH branches/{id}/": TITLED,
    "PATCH members/{id}/": {"until_at": "2999-01-01T00:00:00Z", "reason": "Walked"},
    "POST members/{id}/end/": {"reason": "Walked"},
    "POST members/{id}/grants/": {"role": "member", "reason": "Walked"},
    "PATCH members/{id}/grants/{grant_id}/": {"until_at": "2999-01-01T00:00:00Z", "reason": "Walked"},
    "POST members/{id}/grants/{grant_id}/end/": {"reason": "Walked"},
    "POST staff-sessions/{id}/end/": {"reason": "Walked"},
    "POST providers/": {"slug": "walked-<n>", "issuer": "http://127.0.0.1:9", "client_id": "x", "client_secret": "x",
                        "domains": [], **NAMED},
    "PATCH providers/{id}/": NAMED,
    "POST service-accounts/": {"name": "walked-<n>"},
    "PATCH service-accounts/{id}/": {"name": "walked-<n>"},
    "POST service-accounts/{id}/tokens/": {
        "name": "Walked",
        "permissions": ["core.branches_view"],
        "expires_at": NEXT_WEEK,
    },
    "POST assistant/sources/": {"key": "walked-<n>", **NAMED},
    "PATCH assistant/sources/{id}/": NAMED,
    "POST assistant/datasets/": {"key": "walked-<n>", "fields": FIELDS, "key_fields": ["code"], **NAMED},
    "PATCH assistant/datasets/{id}/": NAMED,
    "POST assistant/tables/": {"dataset_id": "datasets"},
    "PATCH assistant/tables/{id}/": NAMED,
    "POST assistant/tables/{id}/edits/": {"changes": [{"kind": "create", "values": {"code": "W<n>"}}]},
    "POST assistant/tables/{id}/change-sets/": {"upload_id": "uploads"},
    "POST assistant/rows/{id}/mapping/": {"state": "not_applicable"},
    "POST change-sets/{id}/decisions/": {"decision": "accepted"},
    "POST change-sets/{id}/apply/": {"rest": "wait"},
    **{f"POST change-sets/{{id}}/{deed}/": NOTHING for deed in ("release", "withdraw", "apply/cancel", "undo")},
}  # fmt: skip
TUS = {"Tus-Resumable": "1.0.0", "Upload-Length": str(len(FILE)), "Upload-Metadata": "filename eC5jc3Y="}


def make_sound(case: Any, linked: frozenset[str]) -> None:
    """Mostly a request that can be carried out, without what may be left out, so that a walk goes on after it."""
    if len(repr((case.query, case.headers, case.body))) % 4 == 3:
        return
    operation = case.operation.label.replace("/api/v1/{tenant}/", "")
    required = {parameter.name for parameter in case.operation.iter_parameters() if parameter.is_required}
    case.query = {name: value for name, value in (case.query or {}).items() if name in required}
    case.headers = {name: value for name, value in (case.headers or {}).items() if name in required}
    if operation == "POST uploads/":
        case.body, case.headers = FILE, TUS
    elif operation in SOUND:
        sound = json.loads(json.dumps(SOUND[operation]).replace("<n>", str(next(numbers))))
        sound = {name: there.get(value, value) if name.endswith("_id") else value for name, value in sound.items()}
        kept = {name: case.body[name] for name in linked if isinstance(case.body, dict) and name in case.body}
        case.body = {**sound, **kept}
