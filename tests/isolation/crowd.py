"""Tenants that all use one server at once, over HTTP: what each has, what it may ask, and what it must be answered."""

from __future__ import annotations

import base64
import http.client
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import urlsplit

# What the server of tests.isolation.pooled knows besides: where it shows its pool, and the beginning of the id of a
# request that fails after it has written.
LOOK, BREAK = "/pool-of-this-process", "break-"
MARK = re.compile(r"mk(\d{3})zq")
CSRF = "t" * 32
FIELDS = [{"name": name} for name in ("code", "note")]
WIDE = 60_000  # characters of a value of which an export is longer than what the sockets between us hold


@dataclass
class Tenant:
    """One of many. Whatever it writes carries its mark, which no other tenant's data has."""

    address: str
    number: int
    key: str
    session: str
    ids: dict[str, Any] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)  # the keys of branches whose making was answered with 201

    @property
    def mark(self) -> str:
        return f"mk{self.number:03}zq"

    def ask(self, verb: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None,
            content: bytes | None = None, *, cut: bool = False) -> tuple[int, str]:  # fmt: skip
        """The status, and headers and body as text. `cut`: hang up after the first bytes."""
        where = urlsplit(self.address)
        connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=120)
        sent = {"Cookie": f"sessionid={self.session}; csrftoken={CSRF}", "X-CSRFToken": CSRF, **(headers or {})}
        if content is None and body is not None:
            content, sent["Content-Type"] = json.dumps(body).encode(), "application/json"
        try:
            connection.request(verb, path if path.startswith("/") else f"/api/v1/{self.key}/{path}", content, sent)
            answer = connection.getresponse()
            text = (answer.read(1000) if cut else answer.read()).decode("utf-8", "replace")
            return answer.status, f"{answer.headers}\n{text}"
        finally:
            connection.close()

    def done(self, path: str, body: Any = None, **more: Any) -> Any:
        status, text = self.ask("GET" if body is None and not more else "POST", path, body, **more)
        assert status < 300, text
        return json.loads(text.partition("\n\n")[2])

    def furnish(self, *, wide: bool) -> None:
        """A branch, a table with rows, an open change set and a file."""
        branch = self.done("branches/", {"key": f"{self.mark}-first", "title": self.mark})
        source = self.done("assistant/sources/", {"key": f"{self.mark}-source", "name": self.mark})
        dataset = self.done(
            "assistant/datasets/",
            {"key": f"{self.mark}-set", "name": self.mark, "fields": FIELDS, "key_fields": ["code"]},
        )
        table = self.done("assistant/tables/", {"source_id": source["id"], "dataset_id": dataset["id"]})["id"]
        note = self.mark * (WIDE // 7 if wide else 1)
        for batch in range(2 if wide else 1):
            made = [{"code": f"{self.mark}-{batch}-{number}", "note": note} for number in range(60 if wide else 3)]
            self.edit(table, [{"kind": "create", "values": values} for values in made])
        first = {"kind": "update", "key": f"{self.mark}-0-0", "values": {"note": f"{self.mark} waits"}}
        opened = self.edit(table, [first], apply=False)
        name = base64.b64encode(f"{self.mark}.csv".encode()).decode()
        tus = {"Tus-Resumable": "1.0.0", "Upload-Length": str(len(self.mark)), "Upload-Metadata": f"filename {name}"}
        upload = self.done(
            "uploads/", headers={**tus, "Content-Type": "application/offset+octet-stream"}, content=self.mark.encode()
        )
        row = self.done(f"assistant/tables/{table}/rows/?limit=1")["items"][0]["id"]
        self.ids = {"branch": branch["id"], "table": table, "open": opened, "upload": upload["id"], "row": row}

    def edit(self, table: int, changes: list[dict[str, Any]], *, apply: bool = True) -> int:
        return self.done(f"assistant/tables/{table}/edits/", {"changes": changes, "apply": apply})["id"]


@dataclass(frozen=True)
class Request:
    """One request of one tenant: what may be answered, and whether that must show the tenant's own mark."""

    tenant: Tenant
    kind: str
    verb: str
    path: str
    wanted: tuple[int, ...]
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    shows: bool = False
    cut: bool = False
    makes: str = ""

    def complaints(self) -> list[str]:
        status, text = self.tenant.ask(self.verb, self.path, self.body, self.headers, cut=self.cut)
        if status == 201 and self.makes:
            self.tenant.made.append(self.makes)
        seen = {int(number) for number in MARK.findall(text)}
        found = [f"{self}: the mark of tenant {number}" for number in sorted(seen - {self.tenant.number})]
        if status not in self.wanted:
            found.append(f"{self}: {status}, wanted {self.wanted}: {text[-300:]}")
        if self.shows and self.tenant.number not in seen:
            found.append(f"{self}: not the tenant's own")
        return found

    def __str__(self) -> str:
        return f"tenant {self.tenant.number}, {self.kind}"


def readings(us: Tenant, other: Tenant, number: int) -> list[Request]:
    rows = f"assistant/tables/{us.ids['table']}/rows/"
    return [
        Request(us, "a page", "GET", f"{rows}?limit=2", (200,), shows=True),
        Request(us, "an export", "GET", f"{rows}?format=csv", (200,), shows=True),
        Request(us, "a search", "GET", f"{rows}?text={us.mark}&limit=1", (200,), shows=True),
        Request(us, "a search for another's", "GET", f"{rows}?text=mk{other.number:03}", (200,)),
        Request(us, "events", "GET", "events/?format=ndjson", (200,), shows=True),
        Request(us, "changes", "GET", f"change-sets/{us.ids['open']}/changes/", (200,), shows=True),
        Request(us, "stats", "GET", "assistant/stats/", (200,), shows=True),
        Request(us, "a download", "GET", f"uploads/{us.ids['upload']}/content/", (200,), shows=True),
        Request(us, "branches", "GET", "branches/", (200,), shows=True),
    ]


def refusals(us: Tenant, other: Tenant, number: int) -> list[Request]:
    theirs, elsewhere = other.ids, f"/api/v1/{other.key}/"
    decided, hidden = {"decision": "accepted"}, {"key": f"e{number}", "title": us.mark}
    below = {"key": f"p{number}", "title": us.mark, "parent_id": theirs["branch"]}
    return [
        Request(us, "another's row", "GET", f"assistant/rows/{theirs['row']}/", (404,)),
        Request(us, "another's file", "GET", f"uploads/{theirs['upload']}/content/", (404,)),
        Request(us, "another's decision", "POST", f"change-sets/{theirs['open']}/decisions/", (404,), decided),
        Request(us, "another's parent", "POST", "branches/", (422,), below),
        Request(us, "another tenant", "GET", f"{elsewhere}branches/", (404,)),
        Request(us, "writing elsewhere", "POST", f"{elsewhere}branches/", (404,), hidden),
        Request(us, "nobody", "GET", "branches/", (401,), headers={"Cookie": "sessionid=nobody"}),
        Request(us, "a bad filter", "GET", "branches/?nothing=1", (400,)),
    ]  # fmt: skip


def rolled_back(us: Tenant, other: Tenant, number: int) -> list[Request]:
    """Writes that fail after something was written, or after the tenant was pinned."""
    first, gone = f"{us.mark}-first", f"{us.mark}-never-{number}"
    edits = [{"kind": "create", "values": {"code": gone, "note": us.mark}}, {"kind": "delete", "key": "nobody"}]
    return [
        Request(us, "a key that is taken", "POST", "branches/", (409,), {"key": first, "title": us.mark}),
        Request(us, "a body that is none", "POST", "branches/", (400,), {"key": "?"}),
        Request(us, "an old version", "PATCH", f"branches/{us.ids['branch']}/", (412,), {"title": "x"},
                {"If-Match": f'"branch-{us.ids["branch"]}-77"'}, shows=True),
        Request(us, "half an edit", "POST", f"assistant/tables/{us.ids['table']}/edits/", (422,), {"changes": edits}),
        Request(us, "a fault of ours", "POST", "branches/", (500,), {"key": gone, "title": us.mark},
                {"X-Request-Id": f"{BREAK}{number:06}"}),
    ]  # fmt: skip


def writes(us: Tenant, other: Tenant, number: int) -> list[Request]:
    made, note = f"{us.mark}-new-{number}", f"{us.mark} {number}"
    branch = {"key": made, "title": us.mark}
    edits = [{"kind": "update", "key": f"{us.mark}-0-1", "values": {"note": note}}]
    return [
        Request(us, "a new branch", "POST", "branches/", (201,), branch, shows=True, makes=made),
        Request(us, "an edit", "POST", f"assistant/tables/{us.ids['table']}/edits/", (201,),
                {"changes": edits, "apply": True, "comment": us.mark}, shows=True),
    ]  # fmt: skip


def hung_up(us: Tenant, other: Tenant, number: int) -> list[Request]:
    path = f"assistant/tables/{us.ids['table']}/rows/?format=ndjson"
    return [Request(us, "hanging up", "GET", path, (200,), shows=True, cut=True)]


SHARES: list[tuple[int, Callable[[Tenant, Tenant, int], list[Request]]]] = [
    (40, readings), (25, refusals), (20, rolled_back), (15, writes),
]  # fmt: skip


def requests(tenants: list[Tenant], count: int, random: Random) -> list[Request]:
    """Of every tenant the same number, of all kinds, in any order; and those of the wide ones hang up now and then."""
    found = []
    for number in range(count):
        us, other = tenants[number % len(tenants)], random.choice(tenants)
        while other is us:
            other = random.choice(tenants)
        (kind,) = random.choices([kind for _, kind in SHARES], [share for share, _ in SHARES])
        found.append(random.choice((hung_up if us.number < 2 and number % 3 == 0 else kind)(us, other, number)))
    random.shuffle(found)
    return found
