"""Opening a zip that nobody vouches for: what it says of itself is held against the budget before it costs anything."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import BadFile
from .budget import Budget

# Of an ordinary workbook so much may be repetition; past it, a member that shrank by more than the ratio is a bomb.
_GRACE_BYTES = 20_000_000


def is_zip(head: bytes) -> bool:
    return head.startswith((b"PK\3\4", b"PK\5\6", b"PK\7\10"))


class _Opening(io.FileIO):
    """A file that, until its list of members was read, refuses to read one that is too long.

    zipfile reads the list in one piece and makes an object of each member: 300,000 of them, in a file of 26 MB, take
    six seconds and 200 MB.
    """

    def __init__(self, path: Path, name: str, budget: Budget) -> None:
        super().__init__(path)
        self.name_shown, self.budget, self.opening = name, budget, True

    def read(self, size: int | None = -1, /) -> bytes:
        if self.opening and size is not None:
            self.budget.check("directory_bytes", size, self.name_shown)
        return super().read(size) or b""


@contextmanager
def opened_archive(path: Path, *, name: str, budget: Budget) -> Iterator[zipfile.ZipFile]:
    """A zip whose members may be unpacked. Raises OverBudget, BadFile, or what zipfile raises.

    A member that unpacks to more than it says is found while unpacking: zipfile checks size and checksum.
    """
    with _Opening(path, name, budget) as file, zipfile.ZipFile(file) as archive:
        file.opening = False
        check_members(archive.infolist(), name, budget)
        yield archive


def check_members(members: list[zipfile.ZipInfo], name: str, budget: Budget) -> None:
    """Raise if unpacking costs more than the budget, or far more than the packed size lets one expect."""
    budget.check("unpacked_bytes", sum(member.file_size for member in members), name)
    inflated = sum(each.file_size for each in members if each.file_size > budget.unpacked_ratio * each.compress_size)
    if inflated > _GRACE_BYTES:
        raise BadFile(
            f"{name} unpacks to {inflated:,} bytes, over {budget.unpacked_ratio} times what is packed; "
            "wanted an .xlsx file as a spreadsheet writes it.",
            inflated=inflated,
        )
