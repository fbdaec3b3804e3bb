"""`ridley diff` beside DuckDB and polars on the same two files, as whole processes.

    python benchmarks/bench_diff.py [--rows 1000000] [--runs 5] [--changed 0.01]

The promise: at most 1.15 times DuckDB's CPU plus 0.4 s of start-up, and at most 700 MB.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

from measuring import keep, machine, measure

DUCKDB = """
import duckdb, sys
old, new = (f"read_csv('{path}', all_varchar=true, header=true)" for path in sys.argv[1:3])
connection = duckdb.connect(config={"threads": 2})
names = [row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {old}").fetchall()]
here = "a.id IS NOT NULL AND b.id IS NOT NULL"
counts = ", ".join(f'sum((a."{n}" IS DISTINCT FROM b."{n}" AND {here})::int)' for n in names)
print(connection.execute(f"SELECT sum((a.id IS NULL)::int), sum((b.id IS NULL)::int), {counts}"
                         f" FROM {old} a FULL JOIN {new} b ON a.id = b.id").fetchall())
"""
POLARS = """
import polars as pl, sys
old, new = (pl.read_csv(path, infer_schema=False) for path in sys.argv[1:3])
both = old.join(new, on="id", how="full", suffix="@new")
names = [name for name in old.columns if name != "id"]
here = pl.col("id").is_not_null() & pl.col("id@new").is_not_null()
print(both.select(pl.col("id").is_null().sum().alias("added"), pl.col("id@new").is_null().sum().alias("removed"),
                  *[(here & pl.col(n).ne_missing(pl.col(n + "@new"))).sum() for n in names]))
"""


def write_files(folder: Path, rows: int, changed: float) -> tuple[Path, Path]:
    """Two files of 10 columns, `id` the key. A share of the rows differs in one cell; 1 in 1,000 comes, 1 goes."""
    chance = random.Random(1)
    old, new = folder / "old.csv", folder / "new.csv"
    header = "id," + ",".join(f"c{number}" for number in range(1, 10)) + "\n"
    with old.open("w") as before, new.open("w") as after:
        before.write(header)
        after.write(header)
        for number in range(rows):
            cells = [f"value {chance.randrange(10**6)}" for _ in range(9)]
            key = f"K{number:09}"
            if number % 1000 != 1:
                before.write(f"{key},{','.join(cells)}\n")
            if chance.random() < changed:
                cells[chance.randrange(9)] = "changed"
            if number % 1000 != 2:
                after.write(f"{key},{','.join(cells)}\n")
    return old, new


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--changed", type=float, default=0.01)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        old, new = (str(path) for path in write_files(Path(folder), wanted.rows, wanted.changed))
        commands = {
            "ridley diff": [sys.executable, "-m", "ridley.cli", "diff", old, new, "--key", "id", "--json"],
            "duckdb": [sys.executable, "-c", DUCKDB, old, new],
            "polars": [sys.executable, "-c", POLARS, old, new],
        }
        figures = measure(commands, runs=wanted.runs, good=lambda code: code in (0, 1))
    bar = 1.15 * figures["duckdb"]["cpu"] + 0.4
    for name, one in figures.items():
        print(f"{name:<12} {one['cpu']:>7.2f} CPU s {one['peak_mib']:>7.0f} MiB")
    print(f"bar          {bar:>7.2f} CPU s     667 MiB (1.15 x duckdb + 0.4 s, 700 MB)")
    facts = machine("polars", "duckdb")
    keep(
        f"diff_{wanted.rows}", {"rows": wanted.rows, "changed": wanted.changed, "figures": figures, "bar": bar, **facts}
    )


if __name__ == "__main__":
    main()
