"""A small disk of its own for a test: a tmpfs, mounted and unmounted again."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

NOT_ROOT = "This test mounts a small tmpfs, so it must run as root with the right to mount, as CI does. "


@dataclass
class SmallDisk:
    path: Path

    @property
    def ballast(self) -> Path:
        return self.path / "ballast"

    def free(self) -> int:
        found = os.statvfs(self.path)
        return found.f_bavail * found.f_frsize

    def fill(self, *, leave: int = 0) -> None:
        """Take all the room but `leave` bytes."""
        with self.ballast.open("ab", buffering=0) as file:
            while (rest := self.free() - leave) > 0:
                try:
                    file.write(bytes(min(rest, 1024**2)))
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    return

    def make_room(self) -> None:
        self.ballast.unlink(missing_ok=True)


@contextmanager
def small_disk(path: Path, megabytes: int) -> Iterator[SmallDisk]:
    """A tmpfs of so many megabytes at `path`. Where it cannot be mounted the test fails, and says why."""
    path.mkdir(parents=True, exist_ok=True)
    options = f"size={megabytes}m,mode=0711"
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(path)], capture_output=True, text=True)
    if done.returncode:
        pytest.fail(f"{NOT_ROOT}mount said: {done.stderr.strip()}")
    try:
        yield SmallDisk(path)
    finally:
        with suppress(FileNotFoundError):
            (path / "ballast").unlink()
        assert unmounted(path)


def unmounted(path: Path) -> bool:
    """Unmount; a process that still has its folder there is left to end first (lazily)."""
    return any(subprocess.run(["umount", *how, str(path)], capture_output=True).returncode == 0 for how in ([], ["-l"]))
