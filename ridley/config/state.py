"""The one folder that holds all state of an installation on this machine: database, secrets, files, logs, what runs."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ridley.config.environment import from_process
from ridley.core.database.embedded import Server, write_private
from ridley.core.database.installation import make_passable

CHECKOUT = Path(__file__).resolve().parents[2]
LOG_BYTES = 20_000_000
# What an installation cannot be served with unless it is set: made at random here, and kept, where it is not.
SECRETS = {
    "RIDLEY_SECRET_KEY": "secret-key",
    "RIDLEY_JWT_PRIVATE_KEY": "jwt-private-key.pem",
    "RIDLEY_ENCRYPTION_KEYS": "encryption-key",
}


class State:
    """The folder RIDLEY_HOME (`.ridley` in the checkout unless said otherwise) and what lies in it."""

    def __init__(self, home: Path) -> None:
        self.home = home.resolve()
        self.logs = self.home / "logs"
        self.storage = self.home / "storage"
        self.static = self.home / "static"
        self.server = Server(self.home)

    def make(self) -> None:
        make_passable(self.home)
        for folder in (self.logs, self.storage, self.static):
            folder.mkdir(mode=0o700, exist_ok=True)
        (self.home / "secrets").mkdir(mode=0o700, exist_ok=True)

    def secret(self, name: str) -> str:
        """A secret of this installation, made at random when it is first asked for."""
        path = self.home / "secrets" / name
        if not path.exists():
            write_private(path, _make_private_key() if name == "jwt-private-key.pem" else secrets.token_urlsafe(48))
        return path.read_text()

    def log(self, name: str) -> Path:
        """The path of a log; one that grew too long is put aside first."""
        path = self.logs / f"{name}.log"
        if path.exists() and path.stat().st_size > LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
        return path

    def read_run(self) -> dict[str, Any]:
        """What `ridley run` noted: port, address, processes; empty before the first run."""
        try:
            noted = json.loads((self.home / "run.json").read_text())
        except (OSError, ValueError):
            return {}
        return noted if isinstance(noted, dict) else {}

    def note_run(self, **changes: Any) -> None:
        write_private(self.home / "run.json", json.dumps({**self.read_run(), **changes}, indent=1))

    @contextmanager
    def only_run(self) -> Iterator[bool]:
        """True for the one `ridley run` of this home; the lock goes with its process, however that ends."""
        descriptor = os.open(self.home / "run.lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
        finally:
            os.close(descriptor)


def find_state(home: str | None = None) -> State:
    """The state of this checkout: the folder given, else RIDLEY_HOME, else `.ridley` beside manage.py."""
    return State(Path(home or from_process(CHECKOUT).values.get("RIDLEY_HOME") or CHECKOUT / ".ridley"))


def child_environment(state: State, database: Mapping[str, str], *, owner: bool = False) -> dict[str, str]:
    """The environment of a process of ours: what the user set, plus the secrets of this home where nothing is set.

    `owner` leaves the owner's address in. A process that serves gets none: it is set to nothing, so that one in .env
    does not come through either.
    """
    given = from_process(CHECKOUT).values
    environment = {**given, "RIDLEY_HOME": str(state.home), "PYTHONUNBUFFERED": "1", **database}
    environment.setdefault("RIDLEY_ENVIRONMENT", "development")
    environment.setdefault("RIDLEY_DEBUG", "true" if environment["RIDLEY_ENVIRONMENT"] == "development" else "false")
    for name, secret in SECRETS.items():
        if not (environment.get(name) or environment.get(f"{name}_FILE")):
            environment[name] = state.secret(secret)
    environment["RIDLEY_RUN_AS"] = "app"  # manage.py itself turns to the owner, for the commands that need it
    if not owner:
        environment.update(DATABASE_OWNER_URL="", DATABASE_OWNER_URL_FILE="")
    return environment


def _make_private_key() -> str:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
