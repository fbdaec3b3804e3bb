"""Where finished files lie: Django's default storage, a local folder or a bucket."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage, default_storage

from ridley.core.files.models import Upload
from ridley.core.files.parts import is_older, private_folder, room_needed


def keep(part: Path, name: str) -> str:
    """Put the bytes of a part into storage and return the name they have there. The part stays.

    In a folder on the same disk they only get a second name (a hard link): nothing is copied, and a crash before the
    caller has written it down loses nothing. What an earlier attempt left under this name is replaced.
    """
    default_storage.delete(name)
    with room_needed():
        if linked(part, name):
            return name
        try:
            with part.open("rb") as file:
                return default_storage.save(name, File(file))
        except OSError:
            default_storage.delete(name)  # a full disk leaves half a file
            raise


def linked(part: Path, name: str) -> bool:
    """Whether the part could get a second name in storage: not in a bucket, on another disk or without hard links."""
    target = folder_path(name)
    if target is None:
        return False
    private_folder(target.parent)
    try:
        os.link(part, target)
    except OSError:
        return False
    return True


def folder_path(name: str) -> Path | None:
    """Where the bytes lie on this machine; None in a bucket."""
    return Path(default_storage.path(name)) if isinstance(default_storage, FileSystemStorage) else None


def remove(name: str) -> None:
    """Remove the bytes if they are there."""
    if name:
        default_storage.delete(name)


def opened_file(upload: Upload) -> IO[bytes]:
    """The file's bytes, to be read and closed."""
    return default_storage.open(upload.storage_name, "rb")


def copies() -> Path:
    """The folder of temporary copies, made if it is not there."""
    folder = Path(settings.INCOMING) / "copies"
    with room_needed():
        private_folder(folder)
    return folder


def remove_old_copies(*, before: float) -> None:
    """Remove the copies that killed processes left, by the time of their last change (seconds since 1970)."""
    for path in copies().glob("*"):
        if is_older(path, before):
            path.unlink(missing_ok=True)
