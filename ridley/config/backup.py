"""`ridley backup`: database and files of one moment, in a folder of their own, while everything runs."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from ridley.config import manifest as book
from ridley.config.addresses import Addresses, given_addresses, require_answer, start_embedded
from ridley.config.dumping import dump_database, find_tools
from ridley.config.environment import BadSetting, from_process
from ridley.config.manifest import BadBackup, Manifest, Stored
from ridley.config.progress import Steps
from ridley.config.state import CHECKOUT, State, find_state
from ridley.core.database.embedded import write_private
from ridley.core.database.installation import NoServer

REFUSED = 1
TROUBLE = 2
# The database's passwords are made anew wherever it is restored.
SECRETS = ("secret-key", "jwt-private-key.pem", "encryption-key")
NAMED = 5  # how many of many are named in a message

FILES = """
SELECT storage_name, size, sha256 FROM files_upload WHERE state IN ('complete', 'quarantined') ORDER BY storage_name
"""


def backup(target: str | None = None, *, home: str | None = None, with_secrets: bool = False) -> int:
    """Make a backup in a new folder. Returns 0, 1 if files were already lost in storage, 2 if none was made."""
    steps = Steps()
    state = find_state(home)
    try:
        folder = Path(target).resolve() if target else state.home / "backups" / f"{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}"
        if folder.exists():
            raise BadBackup(f"{folder} exists; a backup goes into a new folder.")
        with database_of(state) as addresses:
            made = write_backup(state, addresses, folder, steps, with_secrets=with_secrets)
    except (BadBackup, BadSetting, NoServer, OSError, psycopg.Error) as error:
        sys.stderr.write(f"No backup was made. {error}\n")
        return TROUBLE
    _report(steps, folder, made)
    return REFUSED if made.lost else 0


def write_backup(
    state: State, addresses: Addresses, folder: Path, steps: Steps, *, with_secrets: bool = False
) -> Manifest:
    """Write under another name first and rename at the end: what is cut short never bears the backup's name."""
    started = time.monotonic()
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", suffix=".unfinished", dir=folder.parent))
    try:
        made = _write_database(addresses, unfinished, steps)
        if made.storage == "folder":
            _write_files(state, addresses, made, unfinished / book.FILES, steps)
        if with_secrets:
            made.secrets = _write_secrets(state, unfinished / book.SECRETS)
        made.size = sum(each.size for _, each in made.parts())
        made.seconds = round(time.monotonic() - started, 1)
        made.write(unfinished)
        os.sync()
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    note = {"made_at": made.made_at, "folder": str(folder), "size": made.size, "lost": len(made.lost)}
    (state.home / "backups").mkdir(mode=0o700, exist_ok=True)
    write_private(state.home / "backups" / "last.json", json.dumps(note))
    return made


def last_backup(home: Path) -> datetime | None:
    """When the last backup of a home was made, in whatever folder; None if there was none."""
    return made_at(home / "backups" / "last.json")


def made_at(noted: Path) -> datetime | None:
    """When a backup was made, by its manifest or by the note of the last one; None if that cannot be read."""
    try:
        moment = datetime.fromisoformat(json.loads(noted.read_text())["made_at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _write_database(addresses: Addresses, folder: Path, steps: Steps) -> Manifest:
    """Count, digest and dump one snapshot, which stays open until the dump has ended."""
    with psycopg.connect(addresses.owner, autocommit=True) as connection:
        tools = find_tools(connection.info.server_version // 10000)
        book.begin_snapshot(connection)
        exported = connection.execute("SELECT pg_export_snapshot(), statement_timestamp()").fetchone()
        assert exported is not None
        if connection.execute("SELECT to_regclass('files_upload')").fetchone() == (None,):
            raise BadBackup("The database has no tables of Ridley's: there is nothing to back up.")
        files = [Stored(*row) for row in connection.execute(FILES).fetchall()]
        with steps.step("Counting the rows") as tell:
            tables = {}
            for table in book.table_names(connection):
                tell(table)
                tables[table] = book.describe_table(connection, table)
        with steps.step("Dumping the database") as tell:
            tell(f"{sum(each['rows'] for each in tables.values())} rows")
            dump_database(tools, addresses.owner, folder / book.DUMP, snapshot=exported[0])
        return Manifest(
            ridley=version(),
            made_at=exported[1].astimezone(UTC).isoformat(timespec="seconds"),
            server=connection.info.parameter_status("server_version") or "",
            roles=role_names(addresses),
            storage=from_process(CHECKOUT).text("RIDLEY_STORAGE", "") or "folder",
            migrations=book.list_migrations(connection),
            tables=tables,
            rights=book.list_rights(connection),
            dump=_stored(folder / book.DUMP, book.DUMP),
            files=files,
        )


def _write_files(state: State, addresses: Addresses, made: Manifest, folder: Path, steps: Steps) -> None:
    """Copy every file that the dump names, and keep in the manifest those that are whole."""
    wanted, made.files = made.files, []
    with steps.step("Copying the files") as tell:
        for number, each in enumerate(wanted, start=1):
            tell(f"{number} of {len(wanted)}")
            fault = copy_file(state.storage / each.name, folder / each.name, each, link=True)
            if not fault:
                made.files.append(each)
            elif _still_named(addresses, each):  # else it was removed since the snapshot, as it should be
                made.lost.append({"name": each.name, "why": fault})


def _still_named(addresses: Addresses, file: Stored) -> bool:
    with psycopg.connect(addresses.owner) as connection:
        query = "SELECT 1 FROM files_upload WHERE storage_name = %s AND state IN ('complete', 'quarantined')"
        return connection.execute(query, [file.name]).fetchone() is not None


def copy_file(source: Path, target: Path, wanted: Stored, *, link: bool) -> str:
    """Copy, or give a second name on the same disk, and check the hash of what arrived; the fault in words, or nothing.

    A link is safe for stored files: nothing ever writes into one again. What is not whole is not kept.
    """
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.new")
    temporary.unlink(missing_ok=True)
    try:
        _link_or_copy(source, temporary, link=link)
        if fault := book.fault_of(temporary, wanted):
            return fault
        temporary.replace(target)
    except FileNotFoundError:
        return "is missing"
    finally:
        temporary.unlink(missing_ok=True)
    return ""


def _link_or_copy(source: Path, target: Path, *, link: bool) -> None:
    if link:
        try:
            os.link(source, target)
            return
        except FileNotFoundError:
            raise
        except OSError:  # another disk, or one without hard links
            target.unlink(missing_ok=True)
    shutil.copyfile(source, target)
    target.chmod(0o600)


def _write_secrets(state: State, folder: Path) -> list[Stored]:
    folder.mkdir(mode=0o700)
    for name in SECRETS:
        write_private(folder / name, state.secret(name))
    return [_stored(folder / name, name) for name in SECRETS]


def _stored(path: Path, name: str) -> Stored:
    return Stored(name, path.stat().st_size, book.digest_of(path))


def _report(steps: Steps, folder: Path, made: Manifest) -> None:
    rows = sum(each["rows"] for each in made.tables.values())
    steps.say(f"Backup of {made.made_at}: {rows} rows, {len(made.files)} files, {made.size / 1e6:.1f} MB in {folder}")
    if made.storage != "folder":
        steps.say(f"The uploaded files lie in {made.storage} and are not in it; back up the bucket by itself.")
    if made.secrets:
        steps.say("It holds the installation's secrets: whoever reads it can sign in as anybody.")
    else:
        steps.say(
            "Secrets are not in it (--with-secrets puts them in); without them people sign in again, "
            "and identity providers need their client secrets again."
        )
    for each in made.lost[:NAMED]:
        steps.say(f"LOST in storage, so not in the backup: {each['name']} {each['why']}.")
    if len(made.lost) > NAMED:
        steps.say(f"LOST: {len(made.lost) - NAMED} files more; manifest.json names them all.")


def version() -> str:
    return (CHECKOUT / "VERSION").read_text().strip()


def role_names(addresses: Addresses) -> dict[str, str]:
    return {"owner": urlsplit(addresses.owner).username or "", "app": urlsplit(addresses.app).username or ""}


@contextmanager
def database_of(state: State, *, make: bool = False, tell: Callable[[str], None] | None = None) -> Iterator[Addresses]:
    """The given addresses, else the embedded server; one that was not running is stopped again afterwards."""
    given = given_addresses(from_process(CHECKOUT))
    if given is not None:
        require_answer(given)
        state.make()
        yield given
        return
    if not make and not (state.server.place.data / "PG_VERSION").exists():
        raise BadBackup(f"{state.home} has no database, and DATABASE_URL names none.")
    ran = state.server.alive()
    try:
        yield start_embedded(state, tell)
    finally:
        if not ran:
            state.server.stop()
