"""The bytes of unfinished uploads: one part file each, held by one request at a time.

A part lies in INCOMING/{tenant}/{upload}.part. Its lock (flock) belongs to the open file, so it goes with a killed
process. What removes or completes a part holds its lock too; a request that gets the lock of a file that is no longer
there under its name is told to ask again.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from django.conf import settings

from ridley.core.access.errors import Refusal
from ridley.core.files import rules
from ridley.core.files.errors import DiskFull, UploadBusy

CHUNK = 1024**2
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
OPEN = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


class Stream(Protocol):
    """What a body is read from. An exception means that the connection is gone."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Body:
    """The bytes of one request: its stream, how many it says there are (None: until it ends), and their checksum."""

    stream: Stream
    length: int | None
    checksum: rules.Checksum | None = None


def part_path(tenant_id: int, upload_id: int) -> Path:
    return Path(settings.INCOMING) / str(tenant_id) / f"{upload_id}.part"


def arrived(tenant_id: int, upload_id: int) -> int:
    """How many bytes have arrived."""
    try:
        return part_path(tenant_id, upload_id).stat().st_size
    except FileNotFoundError:
        return 0


def left_behind(tenant_id: int, *, known: Collection[int], before: float) -> list[int]:
    """The uploads whose parts lie there unknown, last changed before a moment (seconds since 1970)."""
    found = []
    for path in part_path(tenant_id, 0).parent.glob("*.part"):
        if path.stem.isdigit() and int(path.stem) not in known and is_older(path, before):
            found.append(int(path.stem))
    return sorted(found)


def is_older(path: Path, before: float) -> bool:
    """Whether a file is there and was last changed before a moment (seconds since 1970)."""
    try:
        return path.stat().st_mtime < before
    except FileNotFoundError:
        return False


def private_folder(folder: Path) -> None:
    """Make a folder, and those above it, that only we can look into."""
    for path in (*reversed(folder.parents), folder):
        if not path.is_dir():
            path.mkdir(mode=0o700, exist_ok=True)


@contextmanager
def room_needed() -> Iterator[None]:
    """Tell a full disk in words."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            raise DiskFull from error
        raise


@contextmanager
def locked(tenant_id: int, upload_id: int) -> Iterator[Part]:
    """The part file, made if it is not there, and nobody else's until the block ends. Raises UploadBusy at once."""
    path = part_path(tenant_id, upload_id)
    with room_needed():
        private_folder(path.parent)
        descriptor = os.open(path, OPEN, 0o600)
    try:
        lock(descriptor, path)
        yield Part(path, descriptor)
    finally:
        os.close(descriptor)


def lock(descriptor: int, path: Path) -> None:
    busy = UploadBusy("Another request works on this upload. Ask for its offset again in a moment.")
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.path.samestat(os.fstat(descriptor), os.stat(path)):
            raise busy
    except (BlockingIOError, FileNotFoundError):
        raise busy from None


@dataclass(frozen=True, slots=True)
class Part:
    """A part file under its lock."""

    path: Path
    descriptor: int

    def size(self) -> int:
        return os.fstat(self.descriptor).st_size

    def remove(self) -> None:
        with suppress(FileNotFoundError):
            self.path.unlink()

    def append(self, body: Body, *, room: int) -> str | None:
        """Add what the body brings and return the SHA-256 of it all if the part began empty.

        A cut connection keeps what arrived, and so does a full disk (DiskFull). A body that goes past `room` bytes
        (TooLarge), or does not come whole with the checksum it announced (ChecksumMismatch), leaves the part as it was.
        """
        start, taken, whole = self.size(), 0, hashlib.sha256()
        sent = hashlib.new(body.checksum.algorithm, usedforsecurity=False) if body.checksum else None
        os.lseek(self.descriptor, start, os.SEEK_SET)
        try:
            with room_needed():
                for chunk in chunks(body.stream, room + 1):
                    taken += len(chunk)
                    rules.require_room(taken, room=room)
                    write_all(self.descriptor, chunk)
                    whole.update(chunk)
                    if sent:
                        sent.update(chunk)
                os.fsync(self.descriptor)
            rules.require_checksum(body.checksum, sent.digest() if sent else None)
        except Refusal as refusal:
            if body.checksum or not isinstance(refusal, DiskFull):
                os.ftruncate(self.descriptor, start)
            raise
        return whole.hexdigest() if start == 0 else None

    def sha256(self) -> str:
        """The SHA-256 of all that is there, read from the disk."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def chunks(stream: Stream, most: int) -> Iterator[bytes]:
    """What a stream brings, at most `most` bytes of it. A connection that is gone ends it."""
    while most > 0:
        try:
            chunk = stream.read(min(CHUNK, most))
        except Exception:
            return  # each server has errors of its own for a connection that is gone; what came before counts
        if not chunk:
            return
        most -= len(chunk)
        yield chunk


def write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
