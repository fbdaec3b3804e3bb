"""Handing a table's changes to the path that all changes take: from a file, or row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ridley.assistant import rules
from ridley.assistant.permissions import EDIT, UPLOAD
from ridley.assistant.queries import tables
from ridley.core.access.scope import Scope
from ridley.core.changes.models import ChangeSet
from ridley.core.changes.services import open_edits, open_upload
from ridley.core.jobs.models import Job


def propose_file(
    scope: Scope,
    *,
    table_id: int,
    upload_id: int,
    mode: str | None = None,
    comment: str = "",
    options: Mapping[str, Any] | None = None,
) -> tuple[ChangeSet, Job | None]:
    """Begin to take a file in: the set and the job to follow, None if the file equals the table already."""
    scope.require(UPLOAD)
    fields = [field["name"] for field in tables.table(scope, table_id).dataset.fields]
    rules.require_columns((options or {}).get("columns", {}), fields)
    made = open_upload(
        scope, target=tables.TARGET, target_id=table_id, upload_id=upload_id, mode=mode, comment=comment,
        options=options,
    )  # fmt: skip
    return made, tables.latest_job(scope, made)


def propose_edits(
    scope: Scope, *, table_id: int, changes: Sequence[Mapping[str, Any]], comment: str = "", apply: bool = False
) -> ChangeSet:
    """Propose changes of single rows as one set; with `apply`, carry them out as well."""
    scope.require(EDIT)
    return open_edits(
        scope, target=tables.TARGET, target_id=table_id, edits=changes, comment=comment, apply=apply
    )  # fmt: skip
