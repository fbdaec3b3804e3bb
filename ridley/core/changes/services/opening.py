"""From an uploaded file to a set of changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import polars as pl

from ridley.core.access.door import opened
from ridley.core.access.errors import Conflict, NotReady
from ridley.core.access.scope import Scope
from ridley.core.audit.services import record
from ridley.core.changes import queries, rules
from ridley.core.changes.difference import Difference, difference, incoming_rows
from ridley.core.changes.models import ChangeSet, Mode, Origin, State, Verdict
from ridley.core.changes.searching import NAME as SEARCHED
from ridley.core.changes.storing import store
from ridley.core.changes.targets import UPLOAD, Place, Target, target_named
from ridley.core.files.queries import complete_upload
from ridley.core.files.services import local_copy, quarantine
from ridley.core.jobs.services import enqueue
from ridley.core.search.services import keep_up
from ridley.engine.errors import BadFile, EngineError, OverBudget
from ridley.engine.readers import TextTable, check_keys, read_limited
from ridley.engine.readers.report import DUPLICATE_HEADER, DUPLICATE_KEY, EMPTY_KEY, NUL, UNREADABLE_ROWS
from ridley.engine.spreadsheet import unmark

READ_OPTIONS = ("format", "encoding", "delimiter", "header_row", "sheet")
SHOWN_PROBLEMS = 200
LONGEST_KEY = 2000  # bytes; an index entry has at most 2,704
# What makes a file unusable: rows that are not in the frame, text that cannot be kept, rows that cannot be told apart.
BLOCKING = UNREADABLE_ROWS | {NUL, DUPLICATE_HEADER, DUPLICATE_KEY, EMPTY_KEY}
Say = Callable[[float, str], None]


def open_upload(
    scope: Scope,
    *,
    target: str,
    target_id: int,
    upload_id: int,
    mode: str | None = None,
    comment: str = "",
    options: Mapping[str, Any] | None = None,
) -> ChangeSet:
    """Begin to take an uploaded file in: a set in state reading, and a job that compares it.

    A file that equals what the table holds already is answered at once, without a job.
    """
    where = target_named(target)
    place = where.place(scope, target_id, lock=True)
    queries.require(scope, where, UPLOAD, place.limit_value)
    upload = complete_upload(scope, upload_id)
    options = dict(options or {})
    profile = profile_digest(place, options)
    change_set = ChangeSet(
        tenant_id=scope.tenant_id,
        target=target,
        target_id=target_id,
        limit_value=place.limit_value,
        origin=Origin.UPLOAD,
        mode=mode or place.feed,
        state=State.READING,
        title=upload.name,
        comment=comment,
        upload=upload,
        options=options,
        four_eyes=place.four_eyes,
        digest=upload.sha256,
        created_by=scope.actor_id,
    )
    same = settled_by(scope, change_set, place, profile)
    if same is not None:
        change_set.state, change_set.report = State.EQUAL, same.report
        change_set.rows_before = change_set.rows_after = place.row_count
        change_set.settled_version, change_set.settled_profile = place.revision, profile
    change_set.save()
    record(scope, "changes.opened", subject=change_set, target=target, target_id=target_id, file=upload.name)
    if same is None:
        enqueue(scope, "changes.read", subject=change_set, lock=f"{target}:{target_id}", change_set_id=change_set.pk)
    return change_set


def profile_digest(place: Place, options: Mapping[str, Any]) -> str:
    """What besides the file decides the outcome: the fields, what was learned, how it is to be read."""
    kept = [place.columns, place.key, dict(place.profile), dict(options)]
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


def settled_by(scope: Scope, change_set: ChangeSet, place: Place, profile: str) -> ChangeSet | None:
    """An earlier set that shows that the table, as it is, equals this very file."""
    return ChangeSet.objects.filter(
        tenant_id=scope.tenant_id,
        target=change_set.target,
        target_id=place.id,
        digest=change_set.digest,
        mode=change_set.mode,
        settled_version=place.revision,
        settled_profile=profile,
    ).first()


def take_difference(scope: Scope, say: Say, *, change_set_id: int) -> dict[str, Any]:
    """The job behind an upload. Safe to run twice: all is written in one transaction, which also moves the state."""
    with opened(scope):
        change_set = queries.change_set(scope, change_set_id)
        if change_set.state != State.READING:
            return told(change_set)
        target = target_named(change_set.target)
        place = target.place(scope, change_set.target_id)
        assert change_set.upload_id is not None  # a set that is read has a file
        try:
            upload = complete_upload(scope, change_set.upload_id)
        except (Conflict, NotReady) as error:  # another set's job found that it cannot be read
            return fail(scope, change_set_id, error.code, str(error), report=None)
    say(0.02, f"Reading {upload.name}")
    options = {**{k: v for k, v in place.profile.items() if k in READ_OPTIONS}, **change_set.options}
    try:
        with local_copy(upload) as path:
            table = read_limited(path, name=upload.name, **{k: options[k] for k in READ_OPTIONS if k in options})
    except EngineError as error:
        unreadable = isinstance(error, BadFile | OverBudget)
        return fail(scope, change_set_id, error.code, str(error), report=None, unreadable=unreadable)
    frame, unmarked = unmark(table.frame)
    table = TextTable(frame, table.report)
    drift = rules.match_columns(
        table.frame.columns,
        place.columns,
        titles=place.titles,
        remembered=rules.remembered(place.profile.get("columns", {}), said=change_set.options.get("columns", {})),
    )
    report = {**table.report.to_dict(), "drift": drift.told(), "unmarked": unmarked}
    if refusal := unusable(place, table, drift, report):
        return fail(scope, change_set_id, *refusal, report=report)
    say(0.4, f"Comparing {table.frame.height:,} rows with {place.row_count:,}")
    incoming = incoming_rows(table.frame.select(list(drift.mapping)).rename(drift.mapping), place)
    with opened(scope):
        change_set = queries.change_set(scope, change_set_id, lock=True)
        if change_set.state != State.READING:  # another worker was first, or it was taken back
            return told(change_set)
        place = target.place(scope, change_set.target_id)
        removes = change_set.mode == Mode.SNAPSHOT
        found = difference(scope, target, place, incoming, removes=removes)
        say(0.7, f"Writing {found.count:,} changes")
        holds = hold_reasons(target, place, found)
        finish_reading(scope, change_set, place, found, report=report, holds=holds)
        learned = {"columns": drift.mapping, "sheet": report.get("sheet")}
        target.learn(scope, place, {name: value for name, value in learned.items() if value})
        return told(change_set)


def unusable(place: Place, table: TextTable, drift: rules.Drift, report: dict[str, Any]) -> tuple[str, str] | None:
    """Why a file that could be read still cannot be compared: (code, words). The report gets the rows by number."""
    if missing := [name for name in place.key if name in drift.missing]:
        wanted, got = ", ".join(missing), ", ".join(table.frame.columns[:20])
        return "key-column-missing", f"The file has no column for the key {wanted}. It has: {got}."
    if not drift.mapping:
        return "no-column-known", "None of the file's columns is a field of this table."
    headers = {field: header for header, field in drift.mapping.items()}
    longest = longest_key(table.frame.select([headers[name] for name in place.key]))
    if longest > LONGEST_KEY:
        return "key-too-long", f"A key of this file has {longest} bytes; at most {LONGEST_KEY} can be kept."
    problems = list(table.report.problems)
    if place.key:
        problems += check_keys(table.frame, [headers[name] for name in place.key], table.report)
    blocking = [problem for problem in problems if problem.type in BLOCKING]
    report["problems"] = [
        asdict(problem) for problem in sorted(problems, key=lambda one: one.type not in BLOCKING)[:SHOWN_PROBLEMS]
    ]
    if blocking:
        more = f" {len(blocking) - 1} more problems are in the report." if len(blocking) > 1 else ""
        return blocking[0].type, f"{blocking[0].message}{more} Nothing was taken in."
    return None


def longest_key(keys: pl.DataFrame) -> int:
    """The bytes of the longest key, all its columns together; 0 without key columns."""
    if not keys.width:
        return 0
    return int(keys.select(pl.sum_horizontal(pl.all().str.len_bytes()).max()).item() or 0)


def fail(
    scope: Scope,
    change_set_id: int,
    code: str,
    detail: str,
    *,
    report: dict[str, Any] | None,
    unreadable: bool = False,
) -> dict[str, Any]:
    """The file cannot be taken in: the set says why, and nothing else changed. An unreadable one goes to quarantine."""
    with opened(scope):
        change_set = queries.change_set(scope, change_set_id, lock=True)
        if change_set.state == State.READING:
            change_set.state, change_set.report = State.FAILED, report
            change_set.problem = {"code": code, "detail": detail}
            change_set.version += 1
            change_set.save()
            record(scope, "changes.refused", subject=change_set, code=code)
            if unreadable and change_set.upload_id is not None:
                quarantine(scope, id=change_set.upload_id, code=code)
        return told(change_set)


def finish_reading(
    scope: Scope,
    change_set: ChangeSet,
    place: Place,
    found: Difference,
    *,
    report: dict[str, Any] | None = None,
    holds: Sequence[dict[str, Any]] = (),
) -> None:
    """Store the difference and the state that follows from it."""
    store(change_set, found, columns=place.columns, verdict=Verdict.UNDECIDED)
    change_set.holds = list(holds)
    change_set.state = rules.after_difference(changes=found.count, holds=change_set.holds)
    change_set.report = report
    change_set.compared_revision = place.revision
    if change_set.state == State.EQUAL:
        change_set.settled_version = place.revision
        change_set.settled_profile = profile_digest(place, change_set.options)
    change_set.version += 1
    change_set.save()
    counts: dict[str, Any] = {
        "added": found.added.height,
        "removed": found.removed.height,
        "changed": found.changed.height,
    }
    keep_up(scope, SEARCHED, change_set.pk, among=found.count)
    record(scope, "changes.compared", subject=change_set, **counts, held=bool(change_set.holds))


def hold_reasons(target: Target, place: Place, found: Difference) -> list[dict[str, Any]]:
    groups_before, groups_removed = groups(target, place, found)
    return rules.hold_reasons(
        rows_before=found.rows_before,
        removed_keys=found.removed["@key"].to_list(),
        added_keys=found.added["@key"].to_list(),
        groups_before=groups_before,
        groups_removed=groups_removed,
    )


def groups(target: Target, place: Place, found: Difference) -> tuple[dict[str, int], dict[str, int]]:
    """Rows per value of the grouping field: before, and removed."""
    if not place.grouping or not found.removed.height or place.grouping not in found.removed.columns:
        return {}, {}
    before = target.records(place)
    return per_value(before, place.grouping), per_value(found.removed, place.grouping)


def per_value(frame: pl.DataFrame, column: str) -> dict[str, int]:
    return dict(frame.drop_nulls(column).group_by(column).len().iter_rows())


def told(change_set: ChangeSet) -> dict[str, Any]:
    """A set as a job's result."""
    names = ("state", "added", "removed", "changed", "cells", "problem")
    return {"change_set_id": change_set.pk, **{name: getattr(change_set, name) for name in names}}
