"""The functions that run as the owner look at our tables, whatever the caller has put in their way."""

import pytest
from django.db import connection
from psycopg.types.json import Json

from ridley.core.tenants.functions import enter_tenant, my_tenants
from tests.world import person

TABLES = ("tenants_tenant", "tenants_membership", "tenants_grant")


@pytest.fixture
def shadowed(world):
    """The app role covers the tables with temporary ones, in which everybody belongs everywhere."""
    user, outsider = world.member("member"), person("outsider")
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"CREATE TEMPORARY TABLE {table} AS TABLE public.{table} WITH NO DATA")
        cursor.execute(
            "INSERT INTO pg_temp.tenants_tenant (id, key, name, products, source_word)"
            " VALUES (%s, %s, 'Shadow', '{}', 'shadow')", [world.tenant.pk, world.tenant.key]
        )  # fmt: skip
        for number, member in enumerate((user, outsider)):
            cursor.execute(
                "INSERT INTO pg_temp.tenants_membership (id, tenant_id, user_id, from_at) VALUES (%s, %s, %s, now())",
                [number, world.tenant.pk, member.pk],
            )
            cursor.execute(
                "INSERT INTO pg_temp.tenants_grant (id, tenant_id, membership_id, role, limits)"
                " VALUES (%s, %s, %s, 'admin', %s)", [number, world.tenant.pk, number, Json({})]
            )  # fmt: skip
    return user, outsider


def test_a_temporary_table_stands_in_for_no_table_of_ours(world, shadowed):
    user, outsider = shadowed
    assert [tenant["name"] for tenant in my_tenants(user.pk)] == [world.tenant.name]
    assert my_tenants(outsider.pk) == []
    assert enter_tenant(world.tenant.key, outsider.pk) is None
    entry = enter_tenant(world.tenant.key, user.pk)
    assert entry is not None
    assert (entry.products, [grant["role"] for grant in entry.grants]) == (("assistant",), ["member"])


def test_a_temporary_view_runs_no_code_as_the_owner(world):
    user = world.member("member")
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION pg_temp.grab() RETURNS text LANGUAGE plpgsql VOLATILE AS"
            " $$ BEGIN RAISE EXCEPTION 'ran as %', current_user; END $$"
        )
        cursor.execute(
            "CREATE TEMPORARY VIEW tenants_tenant AS SELECT id, pg_temp.grab() AS key, name, products, source_word"
            " FROM public.tenants_tenant"
        )
    assert [tenant["key"] for tenant in my_tenants(user.pk)] == [world.tenant.key]
    assert enter_tenant(world.tenant.key, user.pk).tenant_id == world.tenant.pk
