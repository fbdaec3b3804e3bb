"""Setting up who sends what: sources, datasets and tables. Without rows of their own; those come by change sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ridley.assistant import rules
from ridley.assistant.models import Dataset, Row, Source, Table
from ridley.assistant.models import Mapping as Meaning
from ridley.assistant.permissions import CONFIGURE
from ridley.assistant.queries import tables as queries
from ridley.core.access.errors import Invalid
from ridley.core.access.scope import Scope
from ridley.core.audit.services import archive_record, create_record, locked, update_record

PROFILE = ("columns", "sheet")  # what of a table's profile people may set


def create_source(scope: Scope, *, values: Mapping[str, Any]) -> Source:
    scope.require_within(CONFIGURE, queries.KIND, values["key"])
    return create_record(scope, Source, values, event="assistant.source_created")


def update_source(scope: Scope, *, id: int, values: Mapping[str, Any], expected: int | None = None) -> Source:
    require_configurable(scope, queries.source(scope, id))
    rows = queries.sources(scope)
    return update_record(scope, rows, id, values, event="assistant.source_changed", expected=expected)


def archive_source(scope: Scope, *, id: int, expected: int | None = None) -> Source:
    """Archive a source without tables in use."""
    require_configurable(scope, queries.source(scope, id))
    locked(queries.sources(scope), id, expected)
    rules.require_none_open(queries.open_tables(scope, source_id=id).count(), what="source", below="table")
    rows = queries.sources(scope)
    return archive_record(scope, rows, id, event="assistant.source_archived", expected=expected)


def create_dataset(scope: Scope, *, values: Mapping[str, Any]) -> Dataset:
    require_configurable(scope, None)
    rules.require_schema(values.get("fields", []), values.get("key_fields", []))
    return create_record(scope, Dataset, values, event="assistant.dataset_created")


def update_dataset(scope: Scope, *, id: int, values: Mapping[str, Any], expected: int | None = None) -> Dataset:
    """Change a dataset. Once a table of it has rows, or a file on its way, fields are only added or retitled."""
    require_configurable(scope, None)
    dataset = locked(queries.datasets(scope), id, expected)
    fields, key = values.get("fields", dataset.fields), values.get("key_fields", dataset.key_fields)
    rules.require_schema(fields, key)
    if (fields, key) != (dataset.fields, dataset.key_fields):
        require_shape(scope, dataset, fields, key)
    rows = queries.datasets(scope)
    return update_record(scope, rows, id, values, event="assistant.dataset_changed", expected=expected)


def require_shape(scope: Scope, dataset: Dataset, fields: list[dict[str, Any]], key: list[str]) -> None:
    """Raise Conflict unless the dataset's tables still work with these fields. Holds off what begins in them."""
    in_use = list(queries.open_tables(scope, dataset_id=dataset.pk).select_for_update().order_by("pk"))
    gone = {field["name"] for field in dataset.fields} - {field["name"] for field in fields}
    for table in in_use:
        columns = table.profile.get("columns", {})
        rules.require_unused(gone, table=table.name, grouping_field=table.grouping_field, columns=columns)
    has_rows = Row.objects.filter(tenant_id=scope.tenant_id, table__dataset=dataset).exists()
    if has_rows or queries.unfinished_sets(scope, [table.pk for table in in_use]):
        rules.require_same_shape(
            before=dataset.fields, after=fields, key_before=dataset.key_fields, key_after=key
        )  # fmt: skip


def archive_dataset(scope: Scope, *, id: int, expected: int | None = None) -> Dataset:
    """Archive a dataset without tables in use."""
    require_configurable(scope, None)
    locked(queries.datasets(scope), id, expected)
    rules.require_none_open(queries.open_tables(scope, dataset_id=id).count(), what="dataset", below="table")
    rows = queries.datasets(scope)
    return archive_record(scope, rows, id, event="assistant.dataset_archived", expected=expected)


def create_table(scope: Scope, *, values: Mapping[str, Any]) -> Table:
    """Make a table of a dataset, as a source sends it; without a source, the tenant's master."""
    scope.require(CONFIGURE)
    source, dataset = open_source(scope, values.get("source_id")), open_dataset(scope, values["dataset_id"])
    require_configurable(scope, source)
    require_table_fields(dataset, values)
    profile = {name: values[name] for name in PROFILE if values.get(name)}
    kept = {name: value for name, value in values.items() if name not in PROFILE}
    kept["name"] = kept.get("name") or f"{source.name if source else 'Master'} {dataset.name}"[:200]
    return create_record(scope, Table, {**kept, "profile": profile}, event="assistant.table_created")


def update_table(scope: Scope, *, id: int, values: Mapping[str, Any], expected: int | None = None) -> Table:
    """Change how a table is fed and read. What it is a table of stays."""
    scope.require(CONFIGURE)
    rows = queries.tables(scope)
    table = locked(rows, id, expected)
    require_configurable(scope, table.source)
    require_table_fields(table.dataset, values)
    changed = {name: value for name, value in values.items() if name not in PROFILE}
    if given := {name: values[name] for name in PROFILE if name in values}:
        profile = {**table.profile, **given}
        changed["profile"] = {name: value for name, value in profile.items() if value or name not in PROFILE}
    return update_record(scope, rows, id, changed, event="assistant.table_changed", expected=expected)


def archive_table(scope: Scope, *, id: int, expected: int | None = None) -> Table:
    """Archive a table that nothing is on its way to, and, if it is a master, that no row in use means."""
    scope.require(CONFIGURE)
    rows = queries.tables(scope)
    table = locked(rows, id, expected)
    require_configurable(scope, table.source)
    rules.require_none_open(queries.unfinished_sets(scope, [id]), what="table", below="change set")
    meant = Meaning.objects.filter(
        tenant_id=scope.tenant_id, ended_at=None, master_row__table=table, row__table__archived_at=None
    )
    rules.require_none_open(meant.count(), what="table", below="mapping")
    return archive_record(scope, rows, id, event="assistant.table_archived", expected=expected)


def require_configurable(scope: Scope, source: Source | None) -> None:
    """Raise Denied unless the person may configure this source, or what belongs to none."""
    scope.require_within(CONFIGURE, queries.KIND, source.key if source else None)


def open_source(scope: Scope, id: int | None) -> Source | None:
    """The source that a body names. Raises Invalid, the same for an unknown, archived and unreachable one."""
    if id is None:
        return None
    found = queries.sources(scope).select_for_update().filter(pk=id, archived_at=None).first()
    if found is None:
        raise Invalid(f"source_id: there is no open source {id}.", code="unknown-reference")
    return found


def open_dataset(scope: Scope, id: int) -> Dataset:
    found = queries.datasets(scope).select_for_update().filter(pk=id, archived_at=None).first()
    if found is None:
        raise Invalid(f"dataset_id: there is no open dataset {id}.", code="unknown-reference")
    return found


def require_table_fields(dataset: Dataset, values: Mapping[str, Any]) -> None:
    """Raise Invalid if the set-up of a table names what is no field of its dataset."""
    names = [field["name"] for field in dataset.fields]
    if values.get("grouping_field"):
        rules.require_field("grouping_field", values["grouping_field"], names)
    rules.require_columns(values.get("columns") or {}, names)
