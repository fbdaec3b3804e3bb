"""Rows of tables: as frames for comparing, as records for people, now and as of a moment."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from django.db.models import QuerySet

from ridley.assistant.models import Row, RowVersion
from ridley.assistant.permissions import VIEW
from ridley.assistant.queries import tables
from ridley.core.access.errors import NotFound
from ridley.core.access.scope import Scope
from ridley.core.database.copying import copy_out

# A number comes first: at the beginning of what it reads, polars takes U+FEFF for a mark of the encoding and drops it.
HASHES = {"@hash": pl.Int64, "@version": pl.Int64, "@key": pl.String}


def hashes(table_id: int) -> pl.DataFrame:
    """The live rows as (@key, @hash, @version), straight from COPY. The caller has pinned the tenant."""
    sql = "SELECT hash, version, key FROM assistant_row WHERE table_id = %s AND live"
    return copied_out(sql, [table_id], HASHES)


def records(
    table_id: int, columns: Sequence[str], keys: Sequence[str] | None = None, *, live: bool = True
) -> pl.DataFrame:
    """Live (or removed) rows as (@key, @hash, @version, one String column a field), all or those of `keys`."""
    schema = {**HASHES, **dict.fromkeys(columns, pl.String)}
    if keys is not None and not keys:
        return pl.DataFrame(schema=schema)
    sql = "SELECT hash, version, key, data FROM assistant_row WHERE table_id = %s AND live = %s"
    values: list[object] = [table_id, live]
    if keys is not None:
        sql += " AND key = ANY(%s)"
        values.append(list(keys))
    found = copied_out(sql, values, {**HASHES, "@data": pl.String})
    data = pl.Struct(dict.fromkeys(columns, pl.String))
    return found.select(*HASHES, pl.col("@data").str.json_decode(data)).unnest("@data")


def copied_out(sql: str, values: Sequence[object], schema: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    """The answer of a SELECT as a frame, through COPY ... TO: a policy allows it, and it is far cheaper than rows."""
    found = copy_out(sql, values)
    if not found:
        return pl.DataFrame(schema=schema)
    return pl.read_csv(found, has_header=False, schema=schema, empty_string_is_null=False)


def rows(scope: Scope, id: int) -> QuerySet[Row]:
    """All rows of a table, removed ones too (`live` tells)."""
    found = tables.table(scope, id)
    return Row.objects.filter(tenant_id=scope.tenant_id, table_id=found.pk)


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
