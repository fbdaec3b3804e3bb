"""Every error that the engine raises on purpose.

    EngineError            engine-error   anything below
    |-- BadFile            bad-file       the bytes are not a table that can be read
    |-- BadColumn          bad-column     a named column is absent, doubled or not text
    |-- BadKey             bad-key        the key is absent, or two rows of one side share it
    |-- BadOption          bad-option     an option has a value that cannot be meant
    `-- OverBudget         over-budget    reading it would take more bytes, rows, cells, memory or seconds than allowed

A message says what was got and what was wanted. `code` is stable and kebab-case; `details` holds the values of the
message.
"""

from __future__ import annotations

from typing import Any


class EngineError(Exception):
    """Something that the caller's input or options made impossible; never a fault of the engine itself."""

    code = "engine-error"

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    def to_dict(self) -> dict[str, Any]:
        """As JSON-able values, so that a child process can hand its error to its parent."""
        return {"code": self.code, "message": self.message, "details": self.details}


class BadFile(EngineError):
    """The bytes are not a table that can be read."""

    code = "bad-file"


class BadColumn(EngineError):
    """A named column is absent, doubled or not text."""

    code = "bad-column"


class BadKey(EngineError):
    """The key is absent, or two rows of one side share it."""

    code = "bad-key"


class BadOption(EngineError):
    """An option has a value that cannot be meant."""

    code = "bad-option"


class OverBudget(EngineError):
    """Reading it would take more than allowed. `details["resource"]` says of what."""

    code = "over-budget"


def error_from_dict(values: dict[str, Any]) -> EngineError:
    """The error that `to_dict` described; an unknown code becomes a plain EngineError."""
    kinds: dict[str, type[EngineError]] = {
        kind.code: kind for kind in (BadFile, BadColumn, BadKey, BadOption, OverBudget)
    }
    return kinds.get(values["code"], EngineError)(values["message"], **values["details"])
