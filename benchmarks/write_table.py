"""Writes docs/benchmarks.md from the results beside it: `make benchmarks-table`."""

from __future__ import annotations

import json
from typing import Any

from measuring import RESULTS

PAGE = RESULTS.parents[1] / "docs" / "benchmarks.md"
HEAD = """# How fast

Each line is one promise, its bar, and what was measured. The files in `benchmarks/results` have all figures. Run them
all with `make bench`, and write this page anew with `make benchmarks-table`. A small run of the first is part of CI.

CPU seconds count every process of the server, the database included, and the client. They move with the machine:
compare a figure with its peer's, which was measured in the same run, and not with another day's. Milliseconds are by
the server's clock, so whatever else the machine did then is in them; `load` tells how much that was.
"""
ORDER = ("diff", "changes", "reads", "idle")


def table(name: str, result: dict[str, Any]) -> str:
    versions = ", ".join(f"{package} {version}" for package, version in result["versions"].items())
    facts = f"{result['date']}, {result['cores']} cores ({result['processor']}), load {result['load']}, {versions}"
    note = [result["note"], ""] if "note" in result else []
    lines = [f"## {name}", "", facts, "", *note, "| promise | bar | measured | kept |", "|---|---|---|---|"]
    for line in result["promises"]:
        lines.append(
            f"| {line['promise']} | {line['bar']} | {line['measured']} | {'yes' if line['kept'] else '**no**'} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    found = {file.stem: json.loads(file.read_text()) for file in RESULTS.glob("*.json")}
    names = sorted(found, key=lambda name: (ORDER.index(name.partition("_")[0]), len(name), name))
    PAGE.write_text("\n".join([HEAD, *(table(name, found[name]) for name in names)]))
    print(f"written: {PAGE.relative_to(RESULTS.parents[1])}")


if __name__ == "__main__":
    main()
