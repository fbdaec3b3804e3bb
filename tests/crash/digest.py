"""Digests of all that applying, undoing and redoing write, without what differs from run to run: numbers and times.

Changes and rows are told by their keys, sets by their place among all sets, times by their place among those of all
rows. (Numbers leave gaps after a kill.)
"""

from __future__ import annotations

from typing import Any, NamedTuple

import psycopg


class Content(NamedTuple):
    """A table `t`, the columns of it that are left out, what is told in their place, and what that needs joined."""

    table: str
    left_out: set[str]
    told: str = ""
    joined: str = ""


CONTENTS = {
    "tables": Content("assistant_table", {"updated_at"}),
    "rows": Content(
        "assistant_row", {"id", "since", "change_set_id"}, "m.rank, n.number",
        "JOIN moments m ON m.at = t.since JOIN numbers n ON n.id = t.change_set_id",
    ),
    "history": Content(
        "assistant_rowversion", {"row_id", "since", "until", "change_set_id"}, "r.key, s.rank, u.rank, n.number",
        "JOIN assistant_row r ON r.id = t.row_id JOIN moments s ON s.at = t.since JOIN moments u ON u.at = t.until"
        " JOIN numbers n ON n.id = t.change_set_id",
    ),
    "sets": Content(
        "changes_changeset", {"id", "undoes_id", "created_at", "applied_at"},
        "n.number, u.number, t.applied_at IS NULL",
        "JOIN numbers n ON n.id = t.id LEFT JOIN numbers u ON u.id = t.undoes_id",
    ),
    "changes": Content(
        "changes_change", {"id", "change_set_id", "decided_at"}, "n.number, t.decided_at IS NULL",
        "JOIN numbers n ON n.id = t.change_set_id",
    ),
    "cells": Content(
        "changes_changecell", {"change_id", "change_set_id"}, "n.number, c.key, c.kind",
        "JOIN changes_change c ON c.id = t.change_id AND c.change_set_id = t.change_set_id"
        " JOIN numbers n ON n.id = t.change_set_id",
    ),
    "decisions": Content(
        "changes_decision", {"at", "change_set_id"}, "n.number", "JOIN numbers n ON n.id = t.change_set_id"
    ),
    "events": Content(
        "audit_event", {"id", "at", "request_id", "subject_id", "data"},
        "(SELECT count(*) FROM audit_event WHERE id < t.id), n.number, t.data - 'undo', u.number",
        "LEFT JOIN numbers n ON t.subject_type = 'changeset' AND n.id::text = t.subject_id"
        " LEFT JOIN numbers u ON u.id::text = t.data->>'undo'",
    ),
}  # fmt: skip
# What people see of the jobs: it moves while they run, so it is compared only once they have ended.
JOBS = Content(
    "jobs_job",
    {"id", "subject_id", "arguments", "result", "created_at", "started_at", "ended_at", "request_id", "attempts",
     "queue_id"},
    "n.number, t.arguments - 'change_set_id', t.result - 'change_set_id', t.result->>'change_set_id' = t.subject_id,"
    " t.ended_at IS NULL",
    "JOIN numbers n ON n.id::text = t.subject_id",
)  # fmt: skip
NAMED = """
WITH numbers AS MATERIALIZED (SELECT id, row_number() OVER (ORDER BY id) AS number FROM changes_changeset),
moments AS MATERIALIZED (
    SELECT at, dense_rank() OVER (ORDER BY at) AS rank
      FROM (SELECT since AS at FROM assistant_row UNION SELECT since FROM assistant_rowversion
            UNION SELECT until FROM assistant_rowversion) all_of_them)
"""
COLUMNS = "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"


def digests(connection: psycopg.Connection[Any], *, jobs: bool = False) -> dict[str, str]:
    """By content, how many rows it has and a digest of them all; read in one statement, so at one moment."""
    contents = {**CONTENTS, "jobs": JOBS} if jobs else CONTENTS
    parts = ", ".join(digest(connection, content) for content in contents.values())
    found = connection.execute(f"{NAMED} SELECT {parts}").fetchone()
    return dict(zip(contents, found or (), strict=True))


def digest(connection: psycopg.Connection[Any], content: Content) -> str:
    """As SQL. Columns are asked for, so that one which is added to a table later is compared too."""
    columns = {name for (name,) in connection.execute(COLUMNS, [content.table])}
    assert columns >= content.left_out
    told = [*(f't."{name}"' for name in sorted(columns - content.left_out)), *filter(None, [content.told])]
    whole = f"hash_record_extended(ROW({', '.join(told)}), 0)::numeric"
    return f"(SELECT count(*) || ' ' || coalesce(sum({whole}), 0) FROM {content.table} t {content.joined})"
