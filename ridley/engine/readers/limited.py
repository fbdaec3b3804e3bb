"""Reading a file that nobody vouches for: in a fresh interpreter with limits on memory and time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..errors import BadFile, OverBudget, error_from_dict
from .budget import Budget
from .report import ReadReport, TextTable

_ROOT = Path(__file__).resolve().parents[3]
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
_START_SECONDS = 20.0  # starting an interpreter and polars on a busy machine
_OUT_OF_MEMORY = (-signal.SIGABRT, -signal.SIGKILL, -signal.SIGSEGV, -signal.SIGBUS)
_MEMORY_SIGNS = (b"MemoryError", b"PanicException", b"memory allocation", b"Cannot allocate memory")
_REASON_SHOWN = 300


def read_limited(
    path: str | Path,
    *,
    name: str | None = None,
    format: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    header_row: int | None = None,
    sheet: str | None = None,
    budget: Budget | None = None,
) -> TextTable:
    """`read_table` in a child interpreter that cannot take more memory or time than the budget allows.

    A fresh interpreter, because a fork of a threaded process can hang; its environment holds no secrets of ours. The
    limit is on data, not on address space, of which polars reserves plenty. A child that dies is an OverBudget of
    memory if it was killed or aborted, else a BadFile.
    """
    path = Path(path)
    name = name or path.name
    budget = budget or Budget()
    request = {
        "path": str(path.resolve()),
        "name": name,
        "format": format,
        "encoding": encoding,
        "delimiter": delimiter,
        "header_row": header_row,
        "sheet": sheet,
        "budget": asdict(budget),
    }
    with tempfile.TemporaryDirectory(prefix="ridley-read-") as folder:
        answer = _run_child({**request, "folder": folder}, name, budget)
        if "error" in answer:
            raise error_from_dict(answer["error"])
        return _load(Path(folder), answer)


def _run_child(request: dict[str, Any], name: str, budget: Budget) -> dict[str, Any]:
    environment = {key: value for key in _PASSED_ON if (value := os.environ.get(key)) is not None}
    environment |= {"PYTHONPATH": str(_ROOT), "POLARS_MAX_THREADS": "2", "PYTHONIOENCODING": "utf-8"}
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "ridley.engine.readers.child"],
            input=json.dumps(request).encode(),
            capture_output=True,
            env=environment,
            timeout=budget.seconds + _START_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise OverBudget(
            f"Reading {name} took longer than the {budget.seconds:g} seconds allowed.",
            resource="seconds",
            wanted=budget.seconds,
        ) from None
    if done.returncode == 0:
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer
    if done.returncode in _OUT_OF_MEMORY or any(sign in done.stderr for sign in _MEMORY_SIGNS):
        raise _out_of_memory(name)
    reason = done.stderr.decode(errors="replace").strip().rpartition("\n")[2][:_REASON_SHOWN]
    raise BadFile(f"{name} stopped its reader (exit {done.returncode}): {reason}", exit=done.returncode)


def _out_of_memory(name: str) -> OverBudget:
    return OverBudget(f"Reading {name} needs more memory than the budget allows.", resource="memory")


def _load(folder: Path, answer: dict[str, Any]) -> TextTable:
    import polars as pl

    frame = pl.read_ipc(folder / "table.arrow")
    return TextTable(frame, ReadReport.from_dict(answer["report"]))
