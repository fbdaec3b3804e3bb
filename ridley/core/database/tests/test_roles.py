"""The two roles and the reasons to refuse serving, on a real server with real roles."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from ridley.core.database.embedded import Server
from ridley.core.database.roles import check_app_role, drop_database, prepare

PASSWORDS = {"owner_password": "o/w:n@e r%", "app_password": "a?p#p&"}


@pytest.fixture(scope="module")
def superuser_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = Server(tmp_path_factory.mktemp("roles"), durable=False)
    yield server.start().superuser_url
    server.destroy()


@pytest.fixture
def urls(superuser_url: str) -> Iterator[tuple[str, str]]:
    """(owner, app) of a fresh database with one table, `things`, that the owner made."""
    owner_url, app_url = prepare(superuser_url, "wall of test", **PASSWORDS)
    run(owner_url, "CREATE TABLE things (id bigint GENERATED ALWAYS AS IDENTITY, name text)")
    yield owner_url, app_url
    drop_database(superuser_url, "wall of test")
    run(superuser_url, "ALTER ROLE ridley_app NOSUPERUSER NOBYPASSRLS", "REVOKE ridley_owner FROM ridley_app")


def run(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def read(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
        assert row is not None
        return row[0]


def reasons(url: str, *statements: str) -> list[str]:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)
        return check_app_role(connection)


def in_test_database(superuser_url: str) -> str:
    return superuser_url.removesuffix("/postgres") + "/wall%20of%20test"


def test_the_addresses_sign_in_as_the_two_roles_and_carry_any_character(urls: tuple[str, str]) -> None:
    owner_url, app_url = urls
    assert owner_url.startswith("postgresql://ridley_owner:o%2Fw%3An%40e%20r%25@127.0.0.1:")
    assert app_url.startswith("postgresql://ridley_app:a%3Fp%23p%26@127.0.0.1:")
    assert owner_url.endswith("/wall%20of%20test")
    assert read(owner_url, "SELECT current_user || ' in ' || current_database()") == "ridley_owner in wall of test"
    assert read(app_url, "SELECT current_user || ' in ' || current_database()") == "ridley_app in wall of test"


def test_the_roles_sign_in_and_nothing_more(superuser_url: str, urls: tuple[str, str]) -> None:
    with psycopg.connect(superuser_url) as connection:
        rows = connection.execute(
            "SELECT rolname, rolcanlogin, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolreplication"
            " FROM pg_roles WHERE rolname LIKE 'ridley%' ORDER BY 1"
        ).fetchall()
    assert rows == [
        ("ridley_app", True, False, False, False, False, False),
        ("ridley_owner", True, False, False, False, False, False),
    ]


def test_the_app_role_reads_and_writes_rows_of_the_owners_tables(urls: tuple[str, str]) -> None:
    _, app_url = urls
    run(
        app_url,
        "INSERT INTO things (name) VALUES ('one'), ('two')",
        "UPDATE things SET name = 'three' WHERE name = 'one'",
        "DELETE FROM things WHERE name = 'two'",
        "CREATE TEMPORARY TABLE incoming (name text)",
    )
    assert read(app_url, "SELECT string_agg(name, ',') FROM things") == "three"


@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE things",
        "DROP TABLE things",
        "ALTER TABLE things DISABLE ROW LEVEL SECURITY",
        "CREATE TABLE mine (a int)",
    ],
)
def test_the_app_role_changes_no_table(urls: tuple[str, str], statement: str) -> None:
    owner_url, app_url = urls
    run(owner_url, "INSERT INTO things (name) VALUES ('stays')")
    with pytest.raises(InsufficientPrivilege):
        run(app_url, statement)
    assert read(owner_url, "SELECT string_agg(name, ',') FROM things") == "stays"


def test_a_function_of_the_owner_runs_for_the_app_role_and_for_nobody_else(
    superuser_url: str, urls: tuple[str, str]
) -> None:
    owner_url, app_url = urls
    run(owner_url, "CREATE FUNCTION seven() RETURNS int LANGUAGE sql AS 'SELECT 7'")
    run(superuser_url, "CREATE ROLE stranger LOGIN PASSWORD 'known'")
    run(in_test_database(superuser_url), 'GRANT CONNECT ON DATABASE "wall of test" TO stranger')
    stranger_url = app_url.replace("ridley_app:a%3Fp%23p%26", "stranger:known")
    try:
        assert read(app_url, "SELECT seven()") == 7
        assert read(stranger_url, "SELECT 1") == 1
        with pytest.raises(InsufficientPrivilege):
            read(stranger_url, "SELECT seven()")
    finally:
        run(in_test_database(superuser_url), "DROP OWNED BY stranger", "DROP ROLE stranger")


def test_only_the_two_roles_may_connect(superuser_url: str, urls: tuple[str, str]) -> None:
    run(superuser_url, "CREATE ROLE stranger LOGIN PASSWORD 'known'")
    try:
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(urls[1].replace("ridley_app:a%3Fp%23p%26", "stranger:known"))
    finally:
        run(superuser_url, "DROP ROLE stranger")


def test_the_extensions_for_searching_are_there(urls: tuple[str, str]) -> None:
    query = "SELECT string_agg(extname, ',' ORDER BY extname) FROM pg_extension WHERE extname <> 'plpgsql'"
    assert read(urls[1], query) == "btree_gist,pg_trgm,unaccent"


def test_preparing_again_keeps_rows_and_what_was_taken_from_the_app_role(
    superuser_url: str, urls: tuple[str, str]
) -> None:
    owner_url, app_url = urls
    run(owner_url, "INSERT INTO things (name) VALUES ('stays')", "REVOKE UPDATE, DELETE ON things FROM ridley_app")
    assert prepare(superuser_url, "wall of test", **PASSWORDS) == urls
    assert read(app_url, "SELECT string_agg(name, ',') FROM things") == "stays"
    with pytest.raises(InsufficientPrivilege):
        run(app_url, "DELETE FROM things")


def test_preparing_with_other_passwords_changes_them(superuser_url: str, urls: tuple[str, str]) -> None:
    _, new = prepare(superuser_url, "wall of test", owner_password="other", app_password="another")
    assert read(new, "SELECT 1") == 1
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(urls[1])


def test_preparing_takes_back_what_a_role_should_not_have(superuser_url: str, urls: tuple[str, str]) -> None:
    run(superuser_url, "ALTER ROLE ridley_app SUPERUSER BYPASSRLS CREATEDB")
    assert reasons(urls[1]) == ["The role ridley_app is a superuser: no row policy holds it."]
    prepare(superuser_url, "wall of test", **PASSWORDS)
    assert reasons(urls[1]) == []


def test_the_app_role_as_prepared_may_serve(urls: tuple[str, str]) -> None:
    assert reasons(urls[1]) == []


def test_a_superuser_may_not_serve(superuser_url: str, urls: tuple[str, str]) -> None:
    assert reasons(in_test_database(superuser_url)) == ["The role postgres is a superuser: no row policy holds it."]


def test_a_superuser_behind_set_role_may_not_serve(superuser_url: str, urls: tuple[str, str]) -> None:
    assert reasons(in_test_database(superuser_url), "SET ROLE ridley_app") == [
        "The role postgres is a superuser: no row policy holds it."
    ]


def test_a_role_that_bypasses_policies_may_not_serve(superuser_url: str, urls: tuple[str, str]) -> None:
    run(superuser_url, "ALTER ROLE ridley_app BYPASSRLS")
    assert reasons(urls[1]) == ["The role ridley_app has BYPASSRLS: no row policy holds it."]


def test_a_role_that_owns_a_table_may_not_serve(superuser_url: str, urls: tuple[str, str]) -> None:
    run(in_test_database(superuser_url), "ALTER TABLE things OWNER TO ridley_app")
    assert reasons(urls[1]) == ["The role ridley_app owns 1 table (such as things): policies do not hold the owner."]


def test_the_owner_may_not_serve(urls: tuple[str, str]) -> None:
    run(urls[0], "CREATE TABLE more (a int)")
    assert reasons(urls[0]) == ["The role ridley_owner owns 2 tables (such as more): policies do not hold the owner."]


@pytest.mark.parametrize("option", ["", " WITH INHERIT FALSE, SET TRUE"])
def test_a_member_of_the_owner_may_not_serve(superuser_url: str, urls: tuple[str, str], option: str) -> None:
    run(superuser_url, f"GRANT ridley_owner TO ridley_app{option}")
    assert reasons(urls[1]) == [
        "The role ridley_app is a member of ridley_owner, which owns 1 table (such as things): "
        "policies do not hold the owner."
    ]


def test_a_member_of_a_member_of_a_superuser_may_not_serve(superuser_url: str, urls: tuple[str, str]) -> None:
    run(
        superuser_url,
        "CREATE ROLE between",
        "CREATE ROLE chief SUPERUSER",
        "GRANT chief TO between",
        "GRANT between TO ridley_app",
    )
    try:
        assert reasons(urls[1]) == [
            "The role ridley_app is a member of chief, which is a superuser: no row policy holds it."
        ]
    finally:
        run(superuser_url, "DROP ROLE between", "DROP ROLE chief")


def test_dropping_a_database_cuts_its_sessions_and_dropping_it_twice_is_harmless(
    superuser_url: str, urls: tuple[str, str]
) -> None:
    with psycopg.connect(urls[1]):
        drop_database(superuser_url, "wall of test")
    drop_database(superuser_url, "wall of test")
    assert read(superuser_url, "SELECT count(*) FROM pg_database WHERE datname = 'wall of test'") == 0
