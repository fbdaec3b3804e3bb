"""The addresses of the database: those that were given, else those of the embedded server, brought up for it."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from ridley.config.environment import BadSetting, Environment
from ridley.config.state import CHECKOUT, State
from ridley.core.database.roles import drop_database, prepare

DATABASE = "ridley"


@dataclass(frozen=True)
class Addresses:
    """Where the app role and the owner sign in."""

    app: str
    owner: str

    def as_environment(self) -> dict[str, str]:
        return {"DATABASE_URL": self.app, "DATABASE_OWNER_URL": self.owner}


def given_addresses(env: Environment) -> Addresses | None:
    """The addresses in the environment or .env; None if neither is set. One without the other is refused."""
    app, owner = env.text("DATABASE_URL", ""), env.text("DATABASE_OWNER_URL", "")
    if not app and not owner:
        return None
    if not (app and owner):
        got, missing = ("DATABASE_URL", "DATABASE_OWNER_URL") if app else ("DATABASE_OWNER_URL", "DATABASE_URL")
        raise BadSetting(
            f"{got} is set and {missing} is not. Give both (the app role serves, the owner migrates), "
            "or neither to use the embedded PostgreSQL."
        )
    return Addresses(app, owner)


def start_embedded(state: State, progress: Callable[[str], None] | None = None) -> Addresses:
    """The embedded server up, with both roles and the database in it."""
    state.make()
    server = state.server.start(progress)
    owner, app = prepare(
        server.superuser_url,
        DATABASE,
        owner_password=state.secret("database-owner"),
        app_password=state.secret("database-app"),
    )
    return Addresses(app=app, owner=owner)


def require_answer(addresses: Addresses) -> None:
    """Both given addresses let their role in; the error says which does not, and why."""
    for name, url in (("DATABASE_URL", addresses.app), ("DATABASE_OWNER_URL", addresses.owner)):
        try:
            psycopg.connect(url, connect_timeout=10).close()
        except psycopg.Error as error:
            raise BadSetting(f"{name}: the database does not let us in: {error}") from None


def has_tenant(addresses: Addresses) -> bool:
    """Whether any tenant exists. Asked as the owner, whom no row policy holds."""
    with psycopg.connect(addresses.owner) as connection:
        return connection.execute("SELECT 1 FROM tenants_tenant LIMIT 1").fetchone() is not None


def tables_mark(addresses: Addresses) -> str:
    """What the tables were made from: our sources, the locked packages, and the migrations this database holds.

    The same mark as after the last `migrate` means that another would find nothing to do. Empty before the first.
    """
    with psycopg.connect(addresses.owner) as connection:
        if connection.execute("SELECT to_regclass('django_migrations')").fetchone() == (None,):
            return ""
        held = connection.execute(
            "SELECT (SELECT oid FROM pg_database WHERE datname = current_database()), count(*), max(id)"
            " FROM django_migrations"
        ).fetchone()
    return f"{sources_digest()} {held}"


def sources_digest() -> str:
    """Of every source file and the locked packages; changes with any of them."""
    whole = hashlib.sha256((CHECKOUT / "requirements.lock").read_bytes())
    for path in sorted((CHECKOUT / "ridley").rglob("*.py")):
        whole.update(f"{path.relative_to(CHECKOUT)}\n".encode() + path.read_bytes())
    return whole.hexdigest()


def remake(state: State, progress: Callable[[str], None] | None = None) -> Addresses:
    """Drop the embedded server's database with the files that belong to it, and make it again, empty."""
    server = state.server.start(progress)
    drop_database(server.superuser_url, DATABASE)
    for folder in (state.storage, state.home / "incoming"):
        shutil.rmtree(folder, ignore_errors=True)
    state.note_run(demo=None)
    return start_embedded(state, progress)
