"""Reading, comparing and matching tables: a library that knows neither Django nor the rest of Ridley.

    from ridley.engine import diff_by_key, read_table
    before, after = read_table("old.csv"), read_table("new.csv")
    print(diff_by_key(before.frame, after.frame, key=["id"]).summary())

Names are loaded on first use, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .diff import (
        Diff,
        apply_diff,
        diff_by_key,
        diff_rows,
        key_text,
        record_hash,
        row_hashes,
        split_key,
    )
    from .errors import BadColumn, BadFile, BadKey, BadOption, EngineError, OverBudget
    from .readers import Budget, Problem, ReadReport, TextTable, check_keys, read_limited, read_table

_HOMES = {
    "diff": ("Diff", "apply_diff", "diff_by_key", "diff_rows", "key_text", "record_hash", "row_hashes", "split_key"),
    "errors": ("BadColumn", "BadFile", "BadKey", "BadOption", "EngineError", "OverBudget"),
    "readers": ("Budget", "Problem", "ReadReport", "TextTable", "check_keys", "read_limited", "read_table"),
}

__all__ = [
    "BadColumn",
    "BadFile",
    "BadKey",
    "BadOption",
    "Budget",
    "Diff",
    "EngineError",
    "OverBudget",
    "Problem",
    "ReadReport",
    "TextTable",
    "apply_diff",
    "check_keys",
    "diff_by_key",
    "diff_rows",
    "key_text",
    "read_limited",
    "read_table",
    "record_hash",
    "row_hashes",
    "split_key",
]


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f".{module}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
