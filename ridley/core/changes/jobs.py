"""The later halves of the deeds on change sets."""

from __future__ import annotations

from typing import Any

from ridley.core.access.scope import Scope
from ridley.core.changes.services.applying import apply_accepted
from ridley.core.changes.services.opening import take_difference
from ridley.core.changes.services.undoing import mirror_and_apply
from ridley.core.jobs.progress import Progress
from ridley.core.jobs.registry import job


@job("changes.read")
def read(scope: Scope, progress: Progress, *, change_set_id: int) -> dict[str, Any]:
    return take_difference(scope, progress, change_set_id=change_set_id)


@job("changes.apply")
def apply(scope: Scope, progress: Progress, *, change_set_id: int, asked: int) -> dict[str, Any]:
    return apply_accepted(scope, progress, change_set_id=change_set_id, asked=asked)


@job("changes.undo")
def undo(scope: Scope, progress: Progress, *, change_set_id: int) -> dict[str, Any]:
    return mirror_and_apply(scope, progress, change_set_id=change_set_id)
