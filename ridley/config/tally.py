"""Counts of requests, kept by each process in a small file of its own and summed when somebody asks.

A process holds a lock on its file as long as it lives. The next one to start adds the files of the dead to its own and
removes them, so that no count is lost and no file is left. A file is a row of records: a key (UTF-8, padded with zeros)
and eight-byte numbers.
"""

from __future__ import annotations

import fcntl
import logging
import mmap
import os
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

logger = logging.getLogger(__name__)

BOUNDS = (0.01, 0.05, 0.1, 0.3, 1.0, 3.0, 10.0)  # seconds; slower ones count in the last bucket
VALUES = len(BOUNDS) + 2  # a bucket for each bound, one for all beyond, and the sum of seconds
KEY_BYTES = 256
RECORD = struct.Struct(f"={KEY_BYTES}s{VALUES}d")
RECORDS = 2000
OTHER = "other"
Key = tuple[str, str, str]
Counts = dict[Key, list[float]]


class Tally:
    """This process's counts. Without a folder that can be written they live in memory and nobody else sees them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lock = threading.Lock()
        self.places: dict[bytes, int] = {}
        self.owner = 0
        self.shared = True
        self.descriptor = -1
        self.memory: mmap.mmap | bytearray = bytearray()

    def count(self, route: str, method: str, status: str, seconds: float) -> None:
        """One request more. A file that is full counts new routes as `other`."""
        with self.lock:
            self._own()
            place = self._place((route, method, status))
            bucket = next((at for at, bound in enumerate(BOUNDS) if seconds <= bound), len(BOUNDS))
            for at, more in ((bucket, 1.0), (VALUES - 1, seconds)):
                offset = place * RECORD.size + KEY_BYTES + at * 8
                (before,) = struct.unpack_from("=d", self.memory, offset)
                struct.pack_into("=d", self.memory, offset, before + more)

    def totals(self) -> Counts:
        """The sums over all processes, living and dead, that share the folder."""
        with self.lock:
            self._own()
            if not self.shared:
                return dict(records(bytes(self.memory)))
        with locked(self.folder / "lock"):
            summed: Counts = {}
            for path in sorted(self.folder.glob("*.counts")):
                add(summed, records(path.read_bytes()))
            return summed

    def _own(self) -> None:
        """Take a file of our own, once in each process: a fork must not write into its parent's."""
        if self.owner == os.getpid():
            return
        self.owner, self.places = os.getpid(), {}
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with locked(self.folder / "lock"):
                inherited = take_over_the_dead(self.folder)
                self.descriptor, self.memory = new_file(self.folder)
                for key, values in list(inherited.items())[: RECORDS - 1]:
                    RECORD.pack_into(self.memory, self._place(key) * RECORD.size, encoded(key), *values)
        except OSError as error:
            logger.warning("Each process counts its requests alone: %s cannot be written (%s).", self.folder, error)
            self.shared, self.memory = False, bytearray(RECORD.size * RECORDS)

    def _place(self, key: Key) -> int:
        name = encoded(key)
        if name not in self.places:
            if len(self.places) >= RECORDS - 1:
                name = encoded((OTHER, OTHER, OTHER))
            if name not in self.places:
                self.places[name] = len(self.places)
                RECORD.pack_into(self.memory, self.places[name] * RECORD.size, name, *[0.0] * VALUES)
        return self.places[name]


def encoded(key: Key) -> bytes:
    """The key in its place; a route too long is cut."""
    route, method, status = key
    rest = f"\n{method}\n{status}".encode()
    return (route.encode()[: KEY_BYTES - len(rest)].decode(errors="ignore").encode() + rest).ljust(KEY_BYTES, b"\0")


def records(content: bytes) -> Iterator[tuple[Key, list[float]]]:
    for offset in range(0, len(content) - len(content) % RECORD.size, RECORD.size):
        name, *values = RECORD.unpack_from(content, offset)
        if not name[0]:
            return
        route, method, status = name.rstrip(b"\0").decode().split("\n")
        yield (route, method, status), values


def add(summed: Counts, more: Iterator[tuple[Key, list[float]]]) -> None:
    for key, values in more:
        before = summed.get(key, [0.0] * VALUES)
        summed[key] = [one + other for one, other in zip(before, values, strict=True)]


def take_over_the_dead(folder: Path) -> Counts:
    """The counts of every file whose process has ended. The files go."""
    summed: Counts = {}
    for path in sorted(folder.glob("*.counts")):
        descriptor = os.open(path, os.O_RDWR)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            add(summed, records(path.read_bytes()))
            path.unlink()
        except BlockingIOError:
            continue  # its process lives
        finally:
            os.close(descriptor)
    return summed


def new_file(folder: Path) -> tuple[int, mmap.mmap]:
    """A file of this process, locked for as long as it lives."""
    descriptor = os.open(folder / f"{uuid4().hex}.counts", os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    os.ftruncate(descriptor, RECORD.size * RECORDS)
    return descriptor, mmap.mmap(descriptor, RECORD.size * RECORDS)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Alone with the folder: nobody sums while another takes over."""
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
