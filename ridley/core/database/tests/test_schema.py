"""What a migration makes of a tenant's table, for every operation that touches a foreign key."""

import os
from contextlib import contextmanager

import pytest
from django.db import IntegrityError, connection, connections, models, transaction
from django.db.migrations import operations as op
from django.db.migrations.loader import MigrationLoader
from psycopg.conninfo import conninfo_to_dict

from ridley.core.database.base import DatabaseWrapper

UNCHECKED = models.DO_NOTHING
COMPOSITE = "FOREIGN KEY (tenant_id, {column}) REFERENCES {table}(tenant_id, id)"


class Migrations:
    """Applies operations to the database as the owner, one schema editor each, as `migrate` does."""

    def __init__(self, database) -> None:
        self.database = database
        self.state = MigrationLoader(None).project_state(("tenants", "0002_functions"))

    def __call__(self, *operations) -> None:
        for operation in operations:
            after = self.state.clone()
            operation.state_forwards("tenants", after)
            with self.database.schema_editor() as editor:
                operation.database_forwards("tenants", editor, self.state, after)
            self.state = after

    def rows(self, sql: str, *values):
        with self.database.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchall() if cursor.description else []

    def foreign_keys(self, table: str) -> dict[str, str]:
        """The last column of each foreign key of a table, and how PostgreSQL writes the key."""
        found = self.rows(
            "SELECT attname, pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN pg_attribute ON attrelid = conrelid"
            " AND attnum = conkey[cardinality(conkey)] WHERE contype = 'f' AND conrelid = %s::regclass",
            table,
        )
        assert len(found) == len(dict(found)), found  # never two keys on one column
        return dict(found)


@contextmanager
def owner_database():
    owner = conninfo_to_dict(os.environ["DATABASE_OWNER_URL"])
    values = {**connection.settings_dict, "USER": owner["user"], "PASSWORD": owner["password"]}
    connections.databases["owner"], connections["owner"] = values, DatabaseWrapper(values, "owner")
    try:
        yield connections["owner"]
    finally:
        connections["owner"].close()
        del connections["owner"], connections.databases["owner"]


@pytest.fixture
def migrations(django_db_setup, django_db_blocker):
    """Everything that is made is rolled back. The app role's connection takes no part."""
    with django_db_blocker.unblock(), owner_database() as database, transaction.atomic(using="owner"):
        yield Migrations(database)
        transaction.set_rollback(True, using="owner")


def table(name: str, *fields, tenant: bool = True):
    own = [("id", models.BigAutoField(primary_key=True))]
    if tenant:
        own.append(("tenant", models.ForeignKey("tenants.tenant", UNCHECKED, db_index=False, related_name="+")))
    return op.CreateModel(name, [*own, *fields])


def key(to: str, **options):
    return models.ForeignKey(to, UNCHECKED, null=True, related_name="+", **options)


def test_a_new_table_is_walled_and_its_foreign_keys_carry_the_tenant(migrations):
    migrations(table("thing", ("branch", key("tenants.branch")), ("person", key("accounts.user"))))
    assert migrations.foreign_keys("tenants_thing") == {
        "tenant_id": "FOREIGN KEY (tenant_id) REFERENCES tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED",
        "branch_id": COMPOSITE.format(column="branch_id", table="tenants_branch"),
        "person_id": "FOREIGN KEY (person_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED",
    }
    assert migrations.rows(
        "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = 'tenants_thing'"
    ) == [(True, False)]
    assert migrations.rows("SELECT policyname, cmd FROM pg_policies WHERE tablename = 'tenants_thing'") == [
        ("tenant", "ALL")
    ]


def test_a_table_without_a_tenant_is_left_as_django_makes_it(migrations):
    migrations(table("thing", ("branch", key("tenants.branch")), tenant=False))
    assert migrations.foreign_keys("tenants_thing") == {
        "branch_id": "FOREIGN KEY (branch_id) REFERENCES tenants_branch(id) DEFERRABLE INITIALLY DEFERRED"
    }
    assert migrations.rows("SELECT relrowsecurity FROM pg_class WHERE relname = 'tenants_thing'") == [(False,)]


def test_a_foreign_key_to_the_table_itself_carries_the_tenant(migrations):
    migrations(table("thing", ("above", key("self"))))
    assert migrations.foreign_keys("tenants_thing")["above_id"] == COMPOSITE.format(
        column="above_id", table="tenants_thing"
    )


def test_a_foreign_key_added_later_carries_the_tenant(migrations):
    migrations(table("thing"), op.AddField("thing", "branch", key("tenants.branch")))
    assert migrations.foreign_keys("tenants_thing")["branch_id"] == COMPOSITE.format(
        column="branch_id", table="tenants_branch"
    )


def test_a_tenant_cannot_be_added_later(migrations):
    migrations(table("thing", tenant=False))
    with pytest.raises(ValueError, match=r"tenants_thing: a table cannot be walled later.*CreateModel"):
        migrations(op.AddField("thing", "tenant", key("tenants.tenant")))
    columns = migrations.rows("SELECT column_name FROM information_schema.columns WHERE table_name = 'tenants_thing'")
    assert columns == [("id",)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (key("tenants.branch"), key("tenants.membership")),
        (key("tenants.branch", db_constraint=False), key("tenants.membership")),
        (models.BigIntegerField(null=True, db_column="to_id"), key("tenants.membership")),
    ],
    ids=["from another table", "from an unchecked key", "from a number"],
)
def test_an_altered_foreign_key_points_to_its_new_table_alone_and_carries_the_tenant(migrations, before, after):
    migrations(table("thing", ("to", before)), op.AlterField("thing", "to", after))
    assert migrations.foreign_keys("tenants_thing")["to_id"] == COMPOSITE.format(
        column="to_id", table="tenants_membership"
    )


def test_a_foreign_key_altered_in_other_respects_keeps_its_tenant(migrations):
    required = models.ForeignKey("tenants.branch", UNCHECKED, related_name="+")
    migrations(table("thing", ("to", key("tenants.branch"))), op.AlterField("thing", "to", required))
    assert migrations.foreign_keys("tenants_thing")["to_id"] == COMPOSITE.format(column="to_id", table="tenants_branch")
    migrations(op.AlterField("thing", "to", key("tenants.branch", db_constraint=False)))
    assert set(migrations.foreign_keys("tenants_thing")) == {"tenant_id"}


def test_a_renamed_and_then_removed_foreign_key_leaves_no_constraint_behind(migrations):
    migrations(table("thing", ("to", key("tenants.branch"))), op.RenameField("thing", "to", "branch"))
    assert migrations.foreign_keys("tenants_thing")["branch_id"] == COMPOSITE.format(
        column="branch_id", table="tenants_branch"
    )
    migrations(op.RemoveField("thing", "branch"))
    assert set(migrations.foreign_keys("tenants_thing")) == {"tenant_id"}


def test_a_column_renamed_in_the_migration_that_made_it_keeps_its_foreign_key(migrations):
    """Foreign keys are written at the editor's end, so they must follow a rename before it."""
    steps = [table("thing", ("to", key("tenants.branch"))), op.RenameField("thing", "to", "branch")]
    with migrations.database.schema_editor() as editor:
        for step in steps:
            after = migrations.state.clone()
            step.state_forwards("tenants", after)
            step.database_forwards("tenants", editor, migrations.state, after)
            migrations.state = after
    assert migrations.foreign_keys("tenants_thing")["branch_id"] == COMPOSITE.format(
        column="branch_id", table="tenants_branch"
    )


def test_the_owner_too_cannot_point_across_tenants_and_is_told_at_the_statement(migrations):
    migrations(table("thing"), op.AddField("thing", "branch", key("tenants.branch")))
    ours, theirs = (
        migrations.rows("INSERT INTO tenants_tenant (key, name, description, logo, home_url, support_email, language,"
                        " source_word, products, version, default_role, requires_second_factor)"
                        " VALUES (%s, '', '', '', '', '', '', '', '{}', 1, '', false)"
                        " RETURNING id",
                        name)[0][0]
        for name in ("ours", "theirs")
    )  # fmt: skip
    branch = migrations.rows("INSERT INTO tenants_branch (tenant_id, version, updated_at, key, title)"
                             " VALUES (%s, 1, now(), 'b', 'B') RETURNING id", theirs)[0][0]  # fmt: skip
    migrations.rows("INSERT INTO tenants_thing (tenant_id, branch_id) VALUES (%s, %s)", theirs, branch)
    with pytest.raises(IntegrityError, match="tenants_thing_branch_id"), transaction.atomic(using="owner"):
        migrations.rows("INSERT INTO tenants_thing (tenant_id, branch_id) VALUES (%s, %s)", ours, branch)
