"""One database for each test worker, made by the owner, used as the app role; and the tenants tests begin with."""

from __future__ import annotations

import os

import psycopg
import pytest

from ridley.config.environment import Environment
from ridley.core.database.roles import drop_database, prepare

KEPT_TABLES = ("django_migrations", "django_content_type", "auth_permission")


@pytest.fixture(scope="session")
def django_db_setup(request: pytest.FixtureRequest, django_test_environment: None, django_db_blocker):
    """One database for each worker, made and migrated by the owner and then used as the app role."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
    from django.test import TransactionTestCase

    name = f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    superuser = os.environ["RIDLEY_TEST_SUPERUSER"]
    drop_database(superuser, name)
    values = connection.settings_dict
    app = {"USER": values["USER"], "PASSWORD": values["PASSWORD"]}
    owner = Environment(os.environ).database("DATABASE_OWNER_URL")
    with django_db_blocker.unblock():
        prepare(superuser, name, owner_password=str(owner["PASSWORD"]), app_password=str(app["PASSWORD"]))
        connection.close()
        settings.RUNS_AS_OWNER = True
        values.update(NAME=name, USER=owner["USER"], PASSWORD=owner["PASSWORD"])
        call_command("migrate", verbosity=0, interactive=False)
        connection.close()
        settings.RUNS_AS_OWNER = False
        values.update(app)
    TransactionTestCase._fixture_teardown = lambda self: truncate_as_owner()  # type: ignore[method-assign]
    yield
    with django_db_blocker.unblock():
        connection.close()
        drop_database(superuser, name)


def truncate_as_owner() -> None:
    """Empty every table after a test that committed. The app role may not truncate."""
    with owner_connection() as connection:
        found = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> ALL(%s)", [[*KEPT_TABLES]]
        )
        tables = ", ".join(f'"{name}"' for (name,) in found)
        connection.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")


def owner_connection():
    """A connection of the owner to this worker's database, committing at once."""
    from django.db import connection

    owner = Environment(os.environ).database("DATABASE_OWNER_URL")
    values = connection.settings_dict
    return psycopg.connect(
        dbname=values["NAME"], host=values["HOST"], port=values["PORT"], user=str(owner["USER"]),
        password=str(owner["PASSWORD"]), autocommit=True,
    )  # fmt: skip


@pytest.fixture
def owner(db):
    """Run SQL as the owner of the tables."""
    with owner_connection() as connection:
        yield connection


@pytest.fixture
def world(db):
    """A tenant with the Assistant switched on."""
    from tests.world import make_world

    return make_world()


@pytest.fixture
def other(db):
    """Another tenant."""
    from tests.world import make_world

    return make_world()
