"""Measures whole processes: CPU seconds and peak memory, medians of several runs, peers in turn."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
# Run by a fresh interpreter, so that the command is its only child and its figures are the operating system's own.
RUNNER = """
import json, resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"code": code, "cpu": used.ru_utime + used.ru_stime, "peak_mib": used.ru_maxrss / 1024}))
"""


def measure(
    commands: Mapping[str, Sequence[str]], *, runs: int, good: Callable[[int], bool]
) -> dict[str, dict[str, float]]:
    """Run each command in turn, `runs` times round after one round to warm up: medians of cpu (s) and peak_mib."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in commands}
    for turn in range(runs + 1):
        for name, command in commands.items():
            ran = subprocess.run([sys.executable, "-c", RUNNER, *command], capture_output=True, text=True, check=True)
            figures = json.loads(ran.stdout)
            if not good(figures["code"]):
                raise SystemExit(f"{name} ended with {figures['code']}: {ran.stderr[-500:]}")
            if turn:
                found[name].append(figures)
    return {
        name: {key: round(statistics.median(one[key] for one in figures), 3) for key in ("cpu", "peak_mib")}
        for name, figures in found.items()
    }


def machine(*packages: str) -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "cores": os.cpu_count(),
        "processor": platform.machine(),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2),
        "memory_mib": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024**2,
        "versions": {name: version(name) for name in packages},
    }


def promise(what: str, *, measured: str, bar: str, kept: bool) -> dict[str, Any]:
    """One line of docs/benchmarks.md."""
    print(f"{'kept  ' if kept else 'BROKEN'}  {what}: {measured} ({bar})")
    return {"promise": what, "measured": measured, "bar": bar, "kept": kept}


def keep(name: str, result: dict[str, Any]) -> None:
    """Write a result as JSON beside the benchmarks, and say where."""
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{name}.json"
    file.write_text(json.dumps(result, indent=2) + "\n")
    print(f"kept in {file.relative_to(Path(__file__).parents[1])}")
