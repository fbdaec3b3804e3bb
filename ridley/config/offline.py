"""Commands that need the database but no `ridley run`: one of manage.py's, a reset, the embedded server by itself."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg

from ridley.config.addresses import DATABASE, Addresses, given_addresses, remake, start_embedded
from ridley.config.environment import BadSetting, Environment, from_process
from ridley.config.state import CHECKOUT, State, child_environment, find_state
from ridley.core.database.installation import NoServer
from ridley.core.database.roles import prepare

REFUSED = 1
TROUBLE = 2


def manage(words: Sequence[str], *, home: str | None = None) -> int:
    """Run a command of manage.py with this home's secrets and database; returns its exit code."""
    state = find_state(home)
    with _trouble_in_words(), _database_of(state) as addresses:
        serves = list(words[:1]) == ["work"]
        environment = child_environment(state, addresses.as_environment(), owner=not serves)
        process = subprocess.Popen([sys.executable, str(CHECKOUT / "manage.py"), *words], env=environment)
        # Ctrl-C reaches the command by itself; we wait for what it makes of it.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda number, frame: process.terminate())
        code = process.wait()
        return code if code >= 0 else 128 - code  # as a shell tells of a signal


def reset(*, sure: bool, home: str | None = None) -> int:
    """Drop the embedded development database with its uploaded files, and make it again with empty tables."""
    state = find_state(home)
    env = from_process(CHECKOUT)
    environment = env.text("RIDLEY_ENVIRONMENT", "development")
    if environment != "development":
        return _refuse(f"RIDLEY_ENVIRONMENT is {environment}; only a development database is reset.")
    with _trouble_in_words():
        if given_addresses(env) is not None:
            return _refuse("DATABASE_URL names a database of yours; drop and make that one yourself, then `make run`.")
        state.make()
        with state.only_run() as ours:
            if not ours:
                return _refuse(f"`ridley run` is using {state.home}; stop it first.")
            _say(f"Everything in the database {DATABASE} of {state.home} and every uploaded file will be gone.")
            if not sure and input(f"Type the database's name ({DATABASE}) to go on: ").strip() != DATABASE:
                return _refuse("That is not its name; nothing was changed.")
            ran = state.server.alive()
            remake(state, _say)
            code = manage(["migrate", "--noinput", "--verbosity", "0"], home=str(state.home))
            if not ran:
                state.server.stop()
            _say("The database is empty; `ridley run` loads the demo." if code == 0 else "The migration failed.")
            return code


def database(action: str, *, owner: bool = False, home: str | None = None) -> int:
    """Start or stop the embedded server, print the app role's (or the owner's) address, or prepare one of your own."""
    state = find_state(home)
    with _trouble_in_words():
        if action == "stop":
            state.server.stop()
            return 0
        if action == "prepare":
            return _prepare(from_process(CHECKOUT))
        given = given_addresses(from_process(CHECKOUT))
        addresses = given or start_embedded(state, _say_aside)
        if action == "url":
            _say(addresses.owner if owner else addresses.app)
        elif given:
            return _refuse("DATABASE_URL and DATABASE_OWNER_URL are given; there is no embedded server to start.")
        else:
            _say(f"PostgreSQL answers on {state.server.addresses().host}:{state.server.addresses().port}.")
        return 0


def _prepare(env: Environment) -> int:
    """Make the two roles and the database that the given addresses name, on a PostgreSQL of somebody's own."""
    given = given_addresses(env)
    if given is None:
        return _refuse("Give DATABASE_URL and DATABASE_OWNER_URL: the roles and the database that are to be made.")
    app, owner = env.database("DATABASE_URL"), env.database("DATABASE_OWNER_URL")
    places = [[each[name] for name in ("HOST", "PORT", "NAME")] for each in (app, owner)]
    if places[0] != places[1] or app["USER"] == owner["USER"]:
        return _refuse("DATABASE_URL and DATABASE_OWNER_URL must name the same database, and two roles.")
    prepare(
        env.text("DATABASE_SUPERUSER_URL"), str(app["NAME"]), owner=str(owner["USER"]), app=str(app["USER"]),
        owner_password=str(owner["PASSWORD"]), app_password=str(app["PASSWORD"]),
    )  # fmt: skip
    _say(f"The roles {owner['USER']} and {app['USER']} and the database {app['NAME']} are there. Next: ridley migrate")
    return 0


@contextmanager
def _database_of(state: State) -> Iterator[Addresses]:
    """The given addresses, else the embedded server; one that was not running is stopped again afterwards."""
    state.make()
    given = given_addresses(from_process(CHECKOUT))
    if given is not None:
        yield given
        return
    ran = state.server.alive()
    try:
        yield start_embedded(state, _say_aside)
    finally:
        if not ran:
            state.server.stop()


@contextmanager
def _trouble_in_words() -> Iterator[None]:
    try:
        yield
    except (BadSetting, NoServer, psycopg.Error) as error:
        _say_aside(str(error))
        sys.exit(TROUBLE)


def _refuse(why: str) -> int:
    _say_aside(why)
    return REFUSED


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _say_aside(text: str) -> None:
    """For people: not part of what a script reads."""
    sys.stderr.write(text + "\n")
