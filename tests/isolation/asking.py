"""Requests as data: `{name}` in a path, a query or a body stands for one of a tenant's ids (see rich.py)."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from tests.isolation.watching import Statement, watched
from tests.world import Client

NAME = re.compile(r"\{([a-z_]+)\}")
CURSOR = re.compile(r'"next": ?"([\w-]+)"')
OWN_HEADERS = ("x-request-id", "content-length")  # differ from answer to answer without telling anything


@dataclass(frozen=True)
class Ask:
    """One request. In a body, a string that is nothing but `{name}` becomes the value itself, a number if it is one."""

    path: str
    query: str = ""
    body: Any = None
    content: bytes | None = None  # bytes instead of a body in JSON
    headers: Mapping[str, str] = field(default_factory=dict)

    def names(self) -> dict[str, str]:
        """Name -> where it stands: path, query or body."""
        body = json.dumps(self.body) if self.body is not None else ""
        places = {"body": body, "query": self.query, "path": self.path}
        return {name: place for place, text in places.items() for name in NAME.findall(text)}


@dataclass(frozen=True)
class Entry:
    """The requests of one verb of one address.

    `limited` says what a person limited to one source gets: "" nothing of another source; DENIED a refusal, because
    what is written belongs to no source; OWN their own entries and nobody else's; else a reason why the limit does not
    matter.
    """

    asks: tuple[Ask, ...]
    limited: str = ""


DENIED = "denied"
OWN = "own"


def entry(*asks: Ask, limited: str = "") -> Entry:
    return Entry(asks, limited)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: str
    work: list[Statement] = field(default_factory=list, compare=False, repr=False)  # what PostgreSQL was asked

    def without(self, values: Iterable[Any]) -> Answer:
        """The same answer with what the caller sent replaced, so that echoes are no difference and no leak."""
        headers, body = json.dumps(self.headers), self.body
        for value in sorted({str(value) for value in values}, key=len, reverse=True):
            headers, body = headers.replace(value, "<sent>"), body.replace(value, "<sent>")
        return Answer(self.status, tuple(tuple(pair) for pair in json.loads(headers)), body, self.work)

    def text(self) -> str:
        """All that it says, a cursor's contents too."""
        cursors = [base64.urlsafe_b64decode(found + "=" * (-len(found) % 4)).decode() for found in self.cursors()]
        return "\n".join([*(f"{name}: {value}" for name, value in self.headers), self.body, *cursors])

    def cursors(self) -> list[str]:
        return CURSOR.findall(self.body)

    def items(self) -> int:
        """How many records a list, a CSV or an NDJSON answer has."""
        if self.body.startswith("{") and '"items"' in self.body[:20]:
            return len(json.loads(self.body)["items"])
        lines = len(self.body.splitlines())
        return lines - 1 if dict(self.headers)["content-type"].startswith("text/csv") else lines


def send(client: Client, verb: str, ask: Ask, ids: Mapping[str, Any], *, tenant: str | None = None) -> Answer:
    """Ask with these ids, in the client's tenant or another one."""
    path = f"/api/v1/{tenant or client.tenant_key}/{filled(ask.path, ids)}"
    query = f"?{filled(ask.query, ids)}" if ask.query else ""
    content = ask.content if ask.content is not None else b""
    media_type = "application/offset+octet-stream" if ask.content is not None else "application/json"
    if ask.body is not None:
        content = json.dumps(filled_body(ask.body, ids)).encode()
    headers = {name: filled(value, ids) for name, value in ask.headers.items()}
    with watched() as work:
        response = client.generic(verb.upper(), path + query, content, content_type=media_type, headers=headers)
        body = b"".join(response.streaming_content) if response.streaming else response.content
    kept = sorted((name.lower(), value) for name, value in response.items() if name.lower() not in OWN_HEADERS)
    return Answer(response.status_code, tuple(kept), body.decode("utf-8", "replace"), work)


def filled(text: str, ids: Mapping[str, Any]) -> str:
    return NAME.sub(lambda match: str(ids[match[1]]), text)


def filled_body(value: Any, ids: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        return {name: filled_body(inner, ids) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled_body(inner, ids) for inner in value]
    if isinstance(value, str):
        whole = NAME.fullmatch(value)
        found = ids[whole[1]] if whole else filled(value, ids)
        return str(found) if isinstance(found, UUID) else found
    return value


def absent(value: Any) -> Any:
    """Something of the same kind that nobody has."""
    if isinstance(value, UUID):
        return uuid4()
    if isinstance(value, int):
        return value + 900_000
    return str(int(value) + 900_000) if value.isdigit() else f"absent-{'x' * len(value)}"
