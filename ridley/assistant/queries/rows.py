"""Rows of tables: as frames for comparing, as records for people, now and as of a moment."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence

import polars as pl
from django.db.models import QuerySet

from ridley.assistant.models import Row, RowVersion
from ridley.assistant.permissions import VIEW
from ridley.assistant.queries import tables
from ridley.core.access.errors import NotFound
from ridley.core.access.scope import Scope
from ridley.core.database.copying import copy_frame, copy_value

# A number comes first, see copy_frame.
HASHES = {"@hash": pl.Int64, "@key": pl.String}
RECORDS = {"@version": pl.Int64, **HASHES}


def hashes(table_id: int) -> pl.DataFrame:
    """The live rows as (@key, @hash), straight from COPY. The caller has pinned the tenant."""
    sql = "SELECT hash, key FROM assistant_row WHERE table_id = %s AND live"
    return copy_frame(sql, [table_id], HASHES)


def content_hashes(table_id: int) -> pl.Series:
    """The hashes of the live rows, in any order, as one value: for half the cost of as many rows."""
    sql = "SELECT string_agg(int8send(hash), ''::bytea) FROM assistant_row WHERE table_id = %s AND live"
    hashes = array("q", copy_value(sql, [table_id]))
    if sys.byteorder == "little":
        hashes.byteswap()
    return pl.Series("@hash", hashes, dtype=pl.Int64)


def records(
    table_id: int, columns: Sequence[str], keys: Sequence[str] | None = None, *, live: bool = True
) -> pl.DataFrame:
    """Live (or removed) rows as (@key, @hash, @version, one String column a field), all or those of `keys`."""
    if keys is None:
        return found_records(columns, "live = %s", [table_id, live])
    if not keys:
        return no_records(columns)
    return found_records(columns, "live = %s AND key = ANY(%s)", [table_id, live, list(keys)])


def records_of_hashes(table_id: int, columns: Sequence[str], hashes: Sequence[int]) -> pl.DataFrame:
    """The live rows that have one of these hashes, as `records`."""
    if not hashes:
        return no_records(columns)
    return found_records(columns, "live AND hash = ANY(%s::bigint[])", [table_id, list(hashes)])


def found_records(columns: Sequence[str], condition: str, values: Sequence[object]) -> pl.DataFrame:
    sql = f"SELECT version, hash, key, data FROM assistant_row WHERE table_id = %s AND {condition}"
    found = copy_frame(sql, values, {**RECORDS, "@data": pl.String})
    data = pl.Struct(dict.fromkeys(columns, pl.String))
    return found.select(*RECORDS, pl.col("@data").str.json_decode(data)).unnest("@data")


def no_records(columns: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame(schema={**RECORDS, **dict.fromkeys(columns, pl.String)})


def rows(scope: Scope, id: int) -> QuerySet[Row]:
    """All rows of a table, removed ones too (`live` tells)."""
    found = tables.table(scope, id)
    return Row.objects.filter(tenant_id=scope.tenant_id, table_id=found.pk)


def live_rows(scope: Scope, id: int) -> tuple[QuerySet[Row], list[str]]:
    """The live rows of a table in the order they came in, and the names of its fields."""
    found = tables.table(scope, id)
    names = [field["name"] for field in found.dataset.fields]
    return Row.objects.filter(tenant_id=scope.tenant_id, table_id=found.pk, live=True).order_by("id"), names


def rows_within(scope: Scope, permission: str) -> QuerySet[Row]:
    """The rows of every table that a permission extends to."""
    return Row.objects.filter(tables.within_reach(scope, permission, "table__"), tenant_id=scope.tenant_id)


def row(scope: Scope, id: int) -> Row:
    """One row. Raises NotFound."""
    found = rows_within(scope, VIEW).filter(pk=id).first()
    if found is None:
        raise NotFound()
    return found


def history(scope: Scope, id: int) -> list[RowVersion]:
    """What a row was before, newest first, the current version not included."""
    found = row(scope, id)
    earlier = RowVersion.objects.filter(tenant_id=scope.tenant_id, row_id=found.pk)
    return list(earlier.order_by("-version"))
