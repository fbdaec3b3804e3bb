"""What every table of a tenant gets when a migration makes it, so that no migration can forget it.

Walled means: a column tenant_id, row level security with one policy for reading and writing, UNIQUE (tenant_id, id) for
others to point at, and foreign keys between walled tables that carry the tenant along and are checked at the statement.
This leans on private parts of Django's schema editor; tests/test_schema.py pins what it makes.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.ddl_references import Columns
from django.db.backends.postgresql import schema
from django.db.models import Model

TENANT = "(SELECT nullif(current_setting('app.tenant_id', true), '')::bigint)"


def is_walled(model: type[Model]) -> bool:
    """Whether rows of this model belong to a tenant: the table has a column tenant_id."""
    return any(field.column == "tenant_id" for field in model._meta.local_fields)


def wall_statements(table: str) -> list[str]:
    """The SQL that walls a table, in order. `table` is quoted."""
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"CREATE POLICY tenant ON {table} USING (tenant_id = {TENANT}) WITH CHECK (tenant_id = {TENANT})",
    ]


class SchemaEditor(schema.DatabaseSchemaEditor):
    # Else AddField writes its foreign key past _create_fk_sql.
    sql_create_column_inline_fk = None  # type: ignore[assignment]

    def create_model(self, model: type[Model]) -> None:
        super().create_model(model)
        if is_walled(model):
            table = self.quote_name(model._meta.db_table)
            if any(field.column == "id" for field in model._meta.local_fields):
                self.execute(f"ALTER TABLE {table} ADD UNIQUE (tenant_id, id)")
            for statement in wall_statements(table):
                self.execute(statement)

    def add_field(self, model: type[Model], field: Any) -> None:
        if field.column == "tenant_id":
            raise ValueError(
                f"{model._meta.db_table}: a table cannot be walled later, its foreign keys would not carry the tenant. "
                "Put the field `tenant` into the migration's CreateModel."
            )
        super().add_field(model, field)

    def _create_fk_sql(self, model: type[Model], field: Any, suffix: str) -> Any:
        statement = super()._create_fk_sql(model, field, suffix)  # type: ignore[misc]
        target = field.remote_field.model
        if is_walled(model) and is_walled(target) and field.column != "tenant_id":
            ours, theirs = ["tenant_id", field.column], ["tenant_id", target._meta.pk.column]
            statement.parts["column"] = Columns(model._meta.db_table, ours, self.quote_name)
            statement.parts["to_column"] = Columns(target._meta.db_table, theirs, self.quote_name)
            statement.parts["deferrable"] = ""  # refused at the statement, not at COMMIT
        return statement

    def _constraint_names(self, model: type[Model], column_names: Any = None, **kind: Any) -> list[str]:
        """Django asks for the foreign key of one column, to replace it; ours carries the tenant before that column."""
        find = super()._constraint_names  # type: ignore[misc]
        found: list[str] = find(model, column_names, **kind)
        if kind.get("foreign_key") and column_names and is_walled(model):
            found += find(model, ["tenant_id", *column_names], **kind)
        return found
