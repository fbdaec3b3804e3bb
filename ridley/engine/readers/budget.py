"""How much a file may cost to read."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ..errors import OverBudget

MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Budget:
    """What reading one file may take; past it the reader stops with OverBudget.

    `unpacked_bytes` is what the members of an .xlsx may add up to, `unpacked_ratio` how much smaller they may have been
    packed, `directory_bytes` the length of their list. No line of a text, and no quoted cell, is longer than
    `line_bytes`. `memory_bytes` and `memory_factor` limit only the child of `read_limited`: memory_bytes +
    memory_factor times the file's (unpacked) size.
    """

    bytes: int = 1_000 * MB
    unpacked_bytes: int = 2_000 * MB
    unpacked_ratio: int = 100
    directory_bytes: int = 1 * MB
    line_bytes: int = 16 * MB
    rows: int = 5_000_000
    columns: int = 1_000
    cells: int = 100_000_000
    seconds: float = 300.0
    memory_bytes: int = 1_000 * MB
    memory_factor: int = 8

    def check(self, resource: str, got: int, name: str) -> None:
        """Refuse `got` of a resource (the name of a field here) if that is over the budget."""
        wanted = getattr(self, resource)
        if got > wanted:
            raise OverBudget(
                f"{name} has {got:,} {resource.replace('_', ' ')}; at most {wanted:,} are allowed.",
                resource=resource,
                got=got,
                wanted=wanted,
            )

    def check_shape(self, rows: int, columns: int, name: str) -> None:
        """Refuse a table of that shape if it has too many rows, columns or cells."""
        self.check("rows", rows, name)
        self.check("columns", columns, name)
        self.check("cells", rows * columns, name)

    def deadline(self, name: str) -> Deadline:
        """The moment, counted from now, at which the seconds are used up."""
        return Deadline(self.seconds, name)


class Deadline:
    """A moment after which `check` raises OverBudget."""

    def __init__(self, seconds: float, name: str) -> None:
        self.seconds = seconds
        self.name = name
        self.at = time.monotonic() + seconds

    def check(self) -> None:
        """Call it every few thousand rows: a clock is not free."""
        if time.monotonic() > self.at:
            raise OverBudget(
                f"Reading {self.name} took longer than the {self.seconds:g} seconds allowed.",
                resource="seconds",
                wanted=self.seconds,
            )
