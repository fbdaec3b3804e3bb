"""Writes a difference into the change tables: COPY into temporary tables (walled ones refuse it), then INSERTs."""

from __future__ import annotations

import io
from collections.abc import Sequence

import polars as pl
from django.db import connection
from django.db.models import Count

from ridley.core.changes.difference import Difference
from ridley.core.changes.models import Change, ChangeCell, ChangeSet, Kind, Verdict
from ridley.core.database.copying import copy_frame, copy_in

NULL = "\\N"
CHANGE_COLUMNS = {
    "id": "bigint", "kind": "text", "key": "text", "record": "jsonb", "cell_count": "int",
    "before_version": "int", "before_hash": "bigint", "after_hash": "bigint",
}  # fmt: skip


def store(change_set: ChangeSet, difference: Difference, *, columns: Sequence[str], verdict: str) -> None:
    """Insert the changes, in the order of their keys, and their cells."""
    changes = as_changes(difference, columns)
    numbers = "SELECT nextval('changes_change_id_seq') FROM generate_series(1, %s)"
    changes = changes.with_columns(copy_frame(numbers, [changes.height], {"id": pl.Int64})["id"])
    copy_into_temporary("new_change", changes.select(list(CHANGE_COLUMNS)), CHANGE_COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO changes_change (id, tenant_id, change_set_id, kind, key, record, cell_count, verdict, fate,
                                        before_version, before_hash, after_hash)
            SELECT id, %s, %s, kind, key, jsonb_strip_nulls(record), cell_count, %s, 'waiting', before_version,
                   before_hash, after_hash
              FROM new_change ORDER BY id
            """,
            [change_set.tenant_id, change_set.pk, verdict],
        )
        cursor.execute("DROP TABLE new_change")
    if difference.cells.height:
        cells = difference.cells.join(
            changes.filter(kind="changed").select("key", "id"), left_on="@key", right_on="key"
        )
        shape = {"id": "bigint", "column_name": "text", "old": "text", "new": "text"}
        copy_into_temporary("new_cell", cells.rename({"column": "column_name"}).select(list(shape)), shape)
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO changes_changecell (tenant_id, change_set_id, "column", change_id, old, new)
                SELECT %s, %s, column_name, id, old, new FROM new_cell
                """,
                [change_set.tenant_id, change_set.pk],
            )
            cursor.execute("DROP TABLE new_cell")
    change_set.added, change_set.removed, change_set.changed = (
        difference.added.height,
        difference.removed.height,
        difference.changed.height,
    )
    change_set.cells = difference.cells.height
    per_column = difference.cells.group_by("column").len().sort("len", "column", descending=[True, False])
    change_set.columns = dict(per_column.iter_rows())
    change_set.rows_before, change_set.rows_after = difference.rows_before, difference.rows_after
    setattr(change_set, "accepted" if verdict == Verdict.ACCEPTED else "undecided", difference.count)


def count_contents(change_set: ChangeSet) -> None:
    """Count the kinds, cells and columns of a set anew, where it was not made from a difference. The caller saves."""
    where = {"tenant_id": change_set.tenant_id, "change_set": change_set}
    kinds = dict(Change.objects.filter(**where).values_list("kind").annotate(Count("id")).order_by())
    change_set.added, change_set.removed, change_set.changed = (
        kinds.get(kind, 0) for kind in (Kind.ADDED, Kind.REMOVED, Kind.CHANGED)
    )
    cells = ChangeCell.objects.filter(**where).values_list("column").annotate(number=Count("change_id"))
    change_set.columns = dict(cells.order_by("-number", "column"))
    change_set.cells = sum(change_set.columns.values())


def as_changes(difference: Difference, columns: Sequence[str]) -> pl.DataFrame:
    """All rows that differ, sorted by key, as the columns of the change table without the id."""
    counts = difference.cells.group_by("@key").len("cell_count")
    added, removed, changed = difference.added, difference.removed, difference.changed
    parts = [
        added.select("@key", "@after", record(added, columns), kind=pl.lit("added")),
        removed.select("@key", "@before", "@version", record(removed, columns), kind=pl.lit("removed")),
        changed.join(counts, on="@key", how="left").with_columns(kind=pl.lit("changed")),
    ]
    names = {"@key": "key", "@version": "before_version", "@before": "before_hash", "@after": "after_hash"}
    together = pl.concat(parts, how="diagonal_relaxed").rename(names).sort("key", "kind")
    return together.with_columns(pl.col("cell_count").fill_null(0))


def record(frame: pl.DataFrame, columns: Sequence[str]) -> pl.Expr:
    """Each row as a JSON object; fields that are absent from it are null here and dropped when it is inserted."""
    present = [name for name in columns if name in frame.columns]
    if not present:
        return pl.lit("{}").alias("record")
    return pl.struct(present).struct.json_encode().alias("record")


def copy_into_temporary(name: str, frame: pl.DataFrame, shape: dict[str, str]) -> None:
    """A temporary table of this transaction, filled through COPY."""
    columns = ", ".join(f"{column} {kind}" for column, kind in shape.items())
    buffer = io.BytesIO()
    frame.write_csv(buffer, include_header=False, null_value=NULL, quote_style="non_numeric")
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {name} ({columns}) ON COMMIT DROP")
    copy_in(name, buffer.getbuffer(), null=NULL)
