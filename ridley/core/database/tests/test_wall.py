"""The wall as the app role meets it: PostgreSQL itself refuses, whatever the code above it forgets."""

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from psycopg import errors as pg

from ridley.core.database.pin import pin, pinned
from ridley.core.tenants.models import Branch, Membership


def setting() -> str | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('app.tenant_id', true)")
        return cursor.fetchone()[0]


def branch(world, key="b"):
    with world.pinned():
        return Branch.objects.create(tenant=world.tenant, key=key, title=key.upper())


def keys():
    return list(Branch.objects.order_by("key").values_list("key", flat=True))


def test_without_a_pin_there_are_no_rows_to_read_change_or_remove(world):
    branch(world)
    assert keys() == []
    assert Branch.objects.update(title="taken") == 0
    assert Branch.objects.all()._raw_delete("default") == 0
    with world.pinned():
        assert list(Branch.objects.values_list("key", "title")) == [("b", "B")]


def test_without_a_pin_no_row_can_be_written(world):
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        Branch.objects.create(tenant=world.tenant, key="b", title="B")


def test_each_tenant_sees_its_own_rows_alone_even_when_the_query_has_no_filter(world, other):
    branch(world, "ours")
    branch(other, "theirs")
    with world.pinned():
        assert keys() == ["ours"]
        assert Branch.objects.filter(tenant=other.tenant).count() == 0
    with other.pinned():
        assert keys() == ["theirs"]


def test_a_row_cannot_be_written_for_another_tenant(world, other):
    with world.pinned(), pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        Branch.objects.create(tenant=other.tenant, key="b", title="B")
    with other.pinned():
        assert keys() == []


def test_a_row_cannot_be_moved_to_another_tenant(world, other):
    branch(world)
    with world.pinned():
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Branch.objects.update(tenant=other.tenant)
        assert keys() == ["b"]
    with other.pinned():
        assert keys() == []


def test_another_tenants_id_is_refused_at_the_statement_like_one_that_does_not_exist(world, other):
    theirs = branch(other)
    for foreign in (theirs.pk, 10**12):
        with world.pinned():
            with pytest.raises(IntegrityError) as refused, transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO tenants_branch (tenant_id, version, updated_at, key, title, parent_id)"
                    " VALUES (%s, 1, now(), 'x', 'X', %s)",
                    [world.tenant.pk, foreign],
                )  # here, and not at the commit, which a test like this one never comes to
            assert isinstance(refused.value.__cause__, pg.ForeignKeyViolation)
            assert keys() == []


def test_an_update_cannot_point_to_another_tenants_row(world, other):
    theirs = branch(other)
    user = world.member("member")
    with world.pinned():
        with pytest.raises(IntegrityError), transaction.atomic():
            Membership.objects.filter(user=user).update(branch=theirs)
        assert Membership.objects.get(user=user).branch_id is None


def test_the_same_key_in_two_tenants_does_not_collide(world, other):
    branch(world)
    branch(other)
    with world.pinned(), pytest.raises(IntegrityError, match="branch_key_once"), transaction.atomic():
        Branch.objects.create(tenant=world.tenant, key="b", title="again")


def test_a_nested_pin_is_taken_back(world, other):
    with world.pinned():
        with other.pinned():
            assert setting() == str(other.tenant.pk)
        assert setting() == str(world.tenant.pk)
    assert setting() == ""


def test_a_nested_pin_is_taken_back_after_an_error_too(world, other):
    with world.pinned():
        with pytest.raises(ZeroDivisionError), other.pinned():
            raise ZeroDivisionError
        assert setting() == str(world.tenant.pk)


def test_a_nested_pin_is_taken_back_after_an_error_of_the_database(world, other):
    with world.pinned():
        with pytest.raises(ProgrammingError), other.pinned(), connection.cursor() as cursor:
            cursor.execute("SELECT nothing FROM nowhere")
        assert setting() == str(world.tenant.pk)


def test_a_nested_pin_whose_rollback_is_due_is_taken_back(world, other):
    with world.pinned():
        with other.pinned():
            Branch.objects.create(tenant=other.tenant, key="b", title="B")
            transaction.set_rollback(True)
        assert setting() == str(world.tenant.pk)
    with other.pinned():
        assert keys() == []


@pytest.mark.django_db(transaction=True)
def test_a_pin_does_not_outlive_its_transaction(world):
    with pinned(world.tenant.pk):
        assert setting() == str(world.tenant.pk)
    assert setting() == ""  # and not NULL, once it has been set on this connection
    assert keys() == []


@pytest.mark.django_db(transaction=True)
def test_a_pin_that_nobody_took_back_ends_with_the_transaction(world):
    branch(world)
    with transaction.atomic():
        assert pin(world.tenant.pk) == ""
        assert keys() == ["b"]
    assert setting() == ""
    assert keys() == []


@pytest.mark.django_db(transaction=True)
def test_a_pin_outside_a_transaction_holds_for_no_further_statement(world):
    branch(world)
    pin(world.tenant.pk)
    assert keys() == []


def test_the_app_role_cannot_empty_a_table(world):
    truncate = "TRUNCATE tenants_branch"
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        connection.cursor().execute(truncate)
