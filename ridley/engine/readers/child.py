"""The child of `read_limited`: reads one request from stdin, limits itself, writes table.arrow and answers on stdout.

Run as `python -m ridley.engine.readers.child`. The answer is {"report": ...} or {"error": ...}.
"""

from __future__ import annotations

import json
import resource
import sys
import zipfile
from pathlib import Path
from typing import Any

from ..errors import EngineError, OverBudget
from .archive import opened_archive
from .budget import Budget
from .table import read_table


def main() -> int:
    """Answer one request; 0 also when the answer is an error that was foreseen."""
    request = json.load(sys.stdin)
    budget = Budget(**request.pop("budget"))
    folder = Path(request.pop("folder"))
    path = Path(request.pop("path"))
    limit_process(memory_limit(path, budget))
    try:
        answer = _read(path, folder, {**request, "budget": budget})
    except EngineError as error:
        answer = {"error": error.to_dict()}
    except MemoryError:
        answer = {"error": _too_large(request["name"]).to_dict()}
    json.dump(answer, sys.stdout)
    return 0


def _read(path: Path, folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    table = read_table(path, **options)
    table.frame.write_ipc(folder / "table.arrow")
    return {"report": table.report.to_dict()}


def memory_limit(path: Path, budget: Budget) -> int:
    """The bytes of data that reading this file may take, by its size; for a zip by the size it says it unpacks to."""
    size = path.stat().st_size
    try:
        with opened_archive(path, name=path.name, budget=budget) as archive:
            size = max(size, sum(member.file_size for member in archive.infolist()))
    except (EngineError, zipfile.BadZipFile, OSError):
        pass  # no zip, or one that will be refused: its size is what it is
    return budget.memory_bytes + budget.memory_factor * min(size, max(budget.bytes, budget.unpacked_bytes))


def limit_process(data_bytes: int) -> None:
    """Limit this process's data and forbid core dumps."""
    resource.setrlimit(resource.RLIMIT_DATA, (data_bytes, data_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _too_large(name: str) -> OverBudget:
    return OverBudget(f"Reading {name} needs more memory than the budget allows.", resource="memory")


if __name__ == "__main__":
    sys.exit(main())
