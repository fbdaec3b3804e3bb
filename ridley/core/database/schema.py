"""What every table of a tenant gets when a migration makes it, so that no migration can forget it.

Walled means: a column tenant_id, row level security with one policy for reading and writing, UNIQUE (tenant_id, id) for
others to point at, and foreign keys between walled tables that carry the tenant along and are checked at the statement.
This leans on private parts of Django's schema editor; tests/test_wall.py pins what it makes.
"""

from __future__ import annotations

from typing import Any

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
    sql_create_column_inline_fk = None  # else AddField writes its foreign key past _create_fk_sql

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
        statement = super()._create_fk_sql(model, field, suffix)
        target = field.remote_field.model
        if is_walled(model) and is_walled(target) and field.column != "tenant_id":
            statement.parts["column"] = f"{self.quote_name('tenant_id')}, {self.quote_name(field.column)}"
            statement.parts["to_column"] = (
                f"{self.quote_name('tenant_id')}, {self.quote_name(target._meta.pk.column)}"
            )
            statement.parts["deferrable"] = ""  # refused at the statement, not at COMMIT
        return statement
