"""The deeds on change sets: open, decide, apply, undo."""

from ridley.core.changes.services.applying import apply_accepted, cancel_schedule, request_apply
from ridley.core.changes.services.deciding import decide, release, undo_decision, withdraw
from ridley.core.changes.services.editing import open_edits
from ridley.core.changes.services.opening import open_upload, take_difference
from ridley.core.changes.services.undoing import request_undo

__all__ = [
    "apply_accepted", "cancel_schedule", "decide", "open_edits", "open_upload", "release", "request_apply",
    "request_undo", "take_difference", "undo_decision", "withdraw",
]  # fmt: skip
