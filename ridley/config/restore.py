"""`ridley restore`: a backup becomes the home's database and files, all of it or nothing."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
from psycopg import sql

from ridley.config import manifest as book
from ridley.config.addresses import DATABASE, Addresses, given_addresses
from ridley.config.backup import NAMED, REFUSED, TROUBLE, copy_file, database_of, role_names, version
from ridley.config.dumping import find_tools, restore_database
from ridley.config.environment import BadSetting, from_process
from ridley.config.manifest import BadBackup, Manifest
from ridley.config.progress import Steps
from ridley.config.state import CHECKOUT, State, child_environment, find_state
from ridley.core.database.embedded import write_private
from ridley.core.database.installation import NoServer
from ridley.core.database.roles import drop_database, prepare

NEW, OLD = f"{DATABASE}_restoring", f"{DATABASE}_before_restore"
# What an installation without any data has rows in.
FILLED_BY_MIGRATIONS = ("django_migrations", "django_content_type", "auth_permission")
LEAVE_SECONDS = 3  # a session that has just ended is still listed for a moment


class Refused(Exception):
    """Nothing was changed, and why."""


def restore(source: str, *, sure: bool = False, home: str | None = None) -> int:
    """Restore a backup. Returns 0, 1 if refused, 2 if it failed; the database is as before unless it is 0."""
    steps = Steps()
    folder, state = Path(source).resolve(), find_state(home)
    try:
        with steps.step("Checking the backup"):
            made = checked(folder)
        state.make()
        with state.only_run() as ours:
            if not ours:
                raise Refused(f"`ridley run` is using {state.home}; stop it first.")
            with database_of(state, make=True) as addresses:
                _require_roles(made, addresses)
                _restore(state, addresses, folder, made, steps, sure=sure)
    except Refused as refused:
        sys.stderr.write(f"{refused} Nothing was changed.\n")
        return REFUSED
    except (BadBackup, BadSetting, NoServer, OSError, psycopg.Error) as error:
        sys.stderr.write(f"The backup was not restored. {error}\n")
        return TROUBLE
    _report(steps, state, made)
    return 0


def checked(folder: Path) -> Manifest:
    """The manifest of a backup that this version can restore and whose every file is whole. Raises BadBackup."""
    made = Manifest.read(folder)
    if _numbers(made.ridley) > _numbers(version()):
        raise BadBackup(f"It was made by Ridley {made.ridley}, and this is {version()}: upgrade first.")
    if _numbers(made.ridley) == _numbers(version()) and (unknown := _unknown_migrations(made)):
        raise BadBackup(f"It was made by a newer Ridley; this one does not know the migrations {_some(unknown)}.")
    faults = [f"{name} {fault}" for name, wanted in made.parts() if (fault := book.fault_of(folder / name, wanted))]
    if faults:
        raise BadBackup(f"It is damaged: {_some(faults)}.")
    return made


def _restore(state: State, addresses: Addresses, folder: Path, made: Manifest, steps: Steps, *, sure: bool) -> None:
    embedded = given_addresses(from_process(CHECKOUT)) is None
    _require_alone(addresses)
    _require_room(addresses, state, embedded=embedded, sure=sure)
    fresh = _make_empty(state) if embedded else addresses
    added: list[Path] = []
    try:
        _fill(fresh, folder, made, steps)
        with steps.step("Bringing the tables up to date"):
            _migrate(state, fresh)
        with steps.step("Counting for the planner"), psycopg.connect(fresh.owner, autocommit=True) as connection:
            connection.execute("ANALYZE")  # a dump brings no statistics, and without them an apply takes minutes
        if made.storage == "folder":
            with steps.step("Copying the files") as tell:
                for number, each in enumerate(made.files, start=1):
                    tell(f"{number} of {len(made.files)}")
                    target = state.storage / each.name
                    if not book.fault_of(target, each):
                        continue
                    added.append(target)
                    if fault := copy_file(folder / book.FILES / each.name, target, each, link=False):
                        raise BadBackup(f"{each.name} {fault}.")
        if embedded:
            _require_alone(addresses)
            _swap(state)
    except BaseException:
        for path in added:
            path.unlink(missing_ok=True)
        if embedded:
            drop_database(state.server.addresses().superuser_url, NEW)
        raise
    _clean_up(state, folder, made, embedded=embedded)


def _fill(fresh: Addresses, folder: Path, made: Manifest, steps: Steps) -> None:
    """Restore the dump into an empty database and hold it against the manifest, row digests and rights."""
    with psycopg.connect(fresh.owner, autocommit=True) as connection:
        tools = find_tools(connection.info.server_version // 10000)
        clear_default_rights(connection, role_names(fresh)["app"])
    with steps.step("Restoring the database"), tempfile.NamedTemporaryFile(suffix=".list") as wanted:
        restore_database(tools, fresh.owner, folder / book.DUMP, wanted=Path(wanted.name))
    with steps.step("Comparing with the backup") as tell, psycopg.connect(fresh.owner, autocommit=True) as connection:
        book.begin_snapshot(connection)
        found = {}
        for table in book.table_names(connection):
            tell(table)
            found[table] = book.describe_table(connection, table)
        if differences := _differences(made, found, book.list_rights(connection)):
            raise BadBackup(f"What was restored is not what was backed up: {_some(differences)}.")


def _differences(made: Manifest, tables: dict[str, dict[str, object]], rights: list[str]) -> list[str]:
    lines = [
        f"table {name} is {tables.get(name, 'missing')} instead of {made.tables.get(name, 'none')}"
        for name in sorted({*made.tables, *tables})
        if tables.get(name) != made.tables.get(name)
    ]
    lines += [f"missing: {line}" for line in made.rights if line not in set(rights)]
    return lines + [f"too much: {line}" for line in rights if line not in set(made.rights)]


def clear_default_rights(connection: book.Connection, app: str) -> None:
    """The dump assumes that new tables give nobody anything, and brings the default rights back at its end.

    With them in place already the app role would get UPDATE and DELETE on the tables that it may only add to.
    """
    for statement in (
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM {app}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON SEQUENCES FROM {app}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON FUNCTIONS FROM {app}",
        "ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC",
    ):
        connection.execute(sql.SQL(statement).format(app=sql.Identifier(app)))


def _require_roles(made: Manifest, addresses: Addresses) -> None:
    if made.roles != role_names(addresses):
        raise Refused(f"The backup's rights are for the roles {made.roles}; here they are {role_names(addresses)}.")


def _require_alone(addresses: Addresses) -> None:
    """Nobody else is signed in: a worker or a server of another host would write into what goes away."""
    until = time.monotonic() + LEAVE_SECONDS
    with psycopg.connect(addresses.owner, autocommit=True) as connection:
        while others := connection.execute(SESSIONS).fetchall():
            if time.monotonic() > until:
                who = ", ".join(f"{role} ({what or 'unnamed'})" for role, what in others[:NAMED])
                raise Refused(f"The database is in use by {who}; stop what uses it first.")
            time.sleep(0.1)


# Not by backend_type: the owner is not shown that of other roles' sessions. Only the server's own have no role.
SESSIONS = """
SELECT usename, application_name FROM pg_stat_activity
WHERE datname = current_database() AND usename IS NOT NULL AND pid <> pg_backend_pid()
"""


def _require_room(addresses: Addresses, state: State, *, embedded: bool, sure: bool) -> None:
    """Refuse to put a backup over data, unless that is what was asked for; say what goes."""
    with psycopg.connect(addresses.owner, autocommit=True) as connection:
        tables = book.table_names(connection)
        if not embedded:
            if tables:
                raise Refused(
                    f"The database that DATABASE_URL names has {len(tables)} tables. "
                    "Make a new, empty one with the same roles and give its addresses."
                )
            return
        rows = {table: book.count_rows(connection, table) for table in tables if table not in FILLED_BY_MIGRATIONS}
    full = {table: count for table, count in rows.items() if count}
    files = sum(1 for path in state.storage.rglob("*") if path.is_file())
    if not full and not files:
        return
    named = ", ".join(
        f"{full[table]} {words}"
        for table, words in (("tenants_tenant", "tenants"), ("accounts_user", "people"), ("audit_event", "events"))
        if table in full
    )
    what = f"{sum(full.values())} rows in {len(full)} tables ({named or 'no tenants'}) and {files} files"
    if not sure:
        raise Refused(f"{state.home} holds {what}. They would be gone; --yes restores over them.")
    sys.stdout.write(f"Going: {what} of {state.home}.\n")


def _make_empty(state: State) -> Addresses:
    """An empty database beside the one in use; what a restore that was killed left is dropped."""
    superuser = state.server.addresses().superuser_url
    drop_database(superuser, NEW)
    passwords = {"owner_password": state.secret("database-owner"), "app_password": state.secret("database-app")}
    owner, app = prepare(superuser, NEW, **passwords)
    return Addresses(app=app, owner=owner)


def _migrate(state: State, addresses: Addresses) -> None:
    environment = child_environment(state, addresses.as_environment(), owner=True)
    command = [sys.executable, str(CHECKOUT / "manage.py"), "migrate", "--noinput", "--verbosity", "0"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BadBackup(f"manage.py migrate ended with {done.returncode}:\n{(done.stdout + done.stderr)[-2000:]}")


def _swap(state: State) -> None:
    """Both renames in one transaction: the one moment at which the new database takes the place of the old."""
    superuser = state.server.addresses().superuser_url
    drop_database(superuser, OLD)
    with psycopg.connect(superuser) as connection:
        for name, to in ((DATABASE, OLD), (NEW, DATABASE)):
            statement = sql.SQL("ALTER DATABASE {} RENAME TO {}")
            connection.execute(statement.format(sql.Identifier(name), sql.Identifier(to)))


def _clean_up(state: State, folder: Path, made: Manifest, *, embedded: bool) -> None:
    """Remove what belonged to the old database, and put the backup's secrets in place if it has some."""
    for each in made.secrets:
        write_private(state.home / "secrets" / each.name, (folder / book.SECRETS / each.name).read_text())
    if not embedded:
        return
    drop_database(state.server.addresses().superuser_url, OLD)
    if made.storage == "folder":
        kept = {state.storage / each.name for each in made.files}
        for path in state.storage.rglob("*"):
            if path.is_file() and path not in kept:
                path.unlink()
    shutil.rmtree(state.home / "incoming", ignore_errors=True)
    state.note_run(demo=None, tables=None)


def _report(steps: Steps, state: State, made: Manifest) -> None:
    rows = sum(each["rows"] for each in made.tables.values())
    steps.say(
        f"Restored the backup of {made.made_at} into {state.home}: {rows} rows in {len(made.tables)} tables and "
        f"{len(made.rights)} rights are equal to the manifest, {len(made.files)} files have their hashes."
    )
    if made.storage != "folder":
        steps.say(f"The uploaded files lie in {made.storage}; they were not touched.")
    if not made.secrets:
        steps.say("The backup has no secrets; people sign in again, identity providers need theirs again.")
    for each in made.lost[:NAMED]:
        steps.say(f"Lost before the backup was made: {each['name']} {each['why']}.")


def _unknown_migrations(made: Manifest) -> list[str]:
    """Migrations of our own that the backup has had and this code does not hold."""
    folders = {path.parent.name: path for path in (CHECKOUT / "ridley").rglob("migrations") if path.is_dir()}
    return [
        f"{app}.{name}"
        for app, names in made.migrations.items()
        for name in names
        if app in folders and not (folders[app] / f"{name}.py").exists()
    ]


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", text))


def _some(items: list[str]) -> str:
    more = f", and {len(items) - NAMED} more" if len(items) > NAMED else ""
    return "; ".join(items[:NAMED]) + more
