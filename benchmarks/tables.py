"""Tables of 10 text columns, `id` the key, in versions that differ by a known share of their rows."""

from __future__ import annotations

import random
from pathlib import Path

COLUMNS = ("id", *(f"c{number}" for number in range(1, 10)))


def write_table(path: Path, rows: int, *, changed: float = 0.0, version: int = 0, lacks: int | None = None) -> Path:
    """Write one version of a table of `rows` rows.

    A share `changed` of its rows has one cell that says the version. `lacks`: it is without every 1,000th row, counted
    from there, so that versions that lack different rows have additions and removals between them.
    """
    cells, change = random.Random(0), random.Random(version)
    with path.open("w") as file:
        file.write(",".join(COLUMNS) + "\n")
        for number in range(rows):
            row = [f"value {cells.randrange(10**6)}" for _ in range(9)]
            if changed and change.random() < changed:
                row[change.randrange(9)] = f"changed {version}"
            if number % 1000 != lacks:
                file.write(f"K{number:09},{','.join(row)}\n")
    return path
