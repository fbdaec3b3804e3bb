"""`ridley database prepare`: the two roles and the database on a PostgreSQL of somebody's own."""

import os
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from ridley.cli import main
from ridley.core.database.roles import check_app_role, drop_database

# Roles are the whole server's, which all workers of a test run share.
OURS = os.environ.get("PYTEST_XDIST_WORKER", "main")
NAME, OWNER, APP = f"prepared_{OURS}", f"prepared_{OURS}_owner", f"prepared_{OURS}_app"


@pytest.fixture
def addresses(monkeypatch):
    """Addresses on the test run's server, of roles and a database that are not there yet."""
    server = os.environ["RIDLEY_TEST_SUPERUSER"]
    place = urlsplit(server)
    where = f"{place.hostname}:{place.port}"
    monkeypatch.setenv("DATABASE_SUPERUSER_URL", server)
    monkeypatch.setenv("DATABASE_OWNER_URL", f"postgresql://{OWNER}:of-the-owner@{where}/{NAME}")
    monkeypatch.setenv("DATABASE_URL", f"postgresql://{APP}:of-the-app@{where}/{NAME}")
    yield
    drop_database(server, NAME)
    with psycopg.connect(server, autocommit=True) as connection:
        for role in (APP, OWNER):
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


def test_both_roles_come_in_and_the_one_that_serves_is_harmless(addresses, tmp_path, capsys):
    for _ in range(2):
        assert main(["database", "prepare", "--home", str(tmp_path)]) == 0
    said = f"The roles {OWNER} and {APP} and the database {NAME} are there. Next: ridley migrate\n"
    assert capsys.readouterr().out == said * 2
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        owner.execute("CREATE TABLE things (id int)")
    with psycopg.connect(os.environ["DATABASE_URL"]) as app:
        assert check_app_role(app) == []
        app.execute("INSERT INTO things VALUES (1)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("TRUNCATE things")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"DATABASE_URL": "", "DATABASE_OWNER_URL": ""}, "Give DATABASE_URL and DATABASE_OWNER_URL"),
        ({"DATABASE_OWNER_URL": f"postgresql://{OWNER}:x@127.0.0.1/elsewhere"}, "must name the same database"),
        ({"DATABASE_OWNER_URL": os.environ["DATABASE_URL"], "DATABASE_URL": os.environ["DATABASE_URL"]}, "two roles"),
    ],
)
def test_addresses_that_do_not_fit_are_refused(addresses, monkeypatch, tmp_path, capsys, changes, said):
    for name, value in changes.items():
        monkeypatch.setenv(name, value)
    assert main(["database", "prepare", "--home", str(tmp_path)]) == 1
    assert said in capsys.readouterr().err
    with psycopg.connect(os.environ["DATABASE_SUPERUSER_URL"]) as server:
        assert server.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APP]).fetchone() is None
