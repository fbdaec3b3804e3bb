"""The two roles of an installation: the owner, who migrates, and the app role, which serves behind the wall."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

EXTENSIONS = ("pg_trgm", "btree_gist", "unaccent")
LOCK = 7_236_145  # any number: two that prepare the same server wait for each other


def prepare(
    superuser_url: str,
    database: str,
    *,
    owner: str = "ridley_owner",
    owner_password: str,
    app: str = "ridley_app",
    app_password: str,
) -> tuple[str, str]:
    """Make both roles and the database with the app role's default rights; return (owner's address, app's address).

    Repeating it changes nothing but the passwords. Rights on tables that exist are left alone: some tables have fewer
    on purpose (audit's lose UPDATE and DELETE), and a GRANT on all tables would bring them back.
    """
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        _make_role(connection, owner, owner_password)
        _make_role(connection, app, app_password)
        _make_database(connection, database, owner)
        _grant_database(connection, database, app)
        with psycopg.connect(_address(superuser_url, database), autocommit=True) as inside:
            _make_extensions(inside)
            _set_default_rights(inside, owner, app)
    return (
        _address(superuser_url, database, owner, owner_password),
        _address(superuser_url, database, app, app_password),
    )


def drop_database(superuser_url: str, database: str) -> None:
    """Remove a database with everything in it, cutting the sessions that use it. A missing one is no error."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))


def check_app_role(connection: Any) -> list[str]:
    """Why this connection's role must not serve, in words; empty when it is harmless.

    `connection` is psycopg's or Django's. What counts is every role that it can become: by SET ROLE into one it is a
    member of, or by RESET ROLE back into the one that signed in.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolname, rolsuper FROM pg_roles WHERE rolname IN (session_user, current_user) ORDER BY 1"
        )
        reasons = []
        for role, superuser in cursor.fetchall():
            if superuser:  # who counts as a member of every role: one reason says it all
                reasons.append(f"The role {role} is a superuser: no row policy holds it.")
                continue
            cursor.execute(REACHED, [role])
            for reached, is_superuser, bypasses, tables, example in cursor.fetchall():
                who = f"The role {role}" if reached == role else f"The role {role} is a member of {reached}, which"
                if is_superuser:
                    reasons.append(f"{who} is a superuser: no row policy holds it.")
                if bypasses:
                    reasons.append(f"{who} has BYPASSRLS: no row policy holds it.")
                if tables:
                    count = f"{tables} table{'s' if tables > 1 else ''}"
                    reasons.append(f"{who} owns {count} (such as {example}): policies do not hold the owner.")
        return reasons


REACHED = """
SELECT role.rolname, role.rolsuper, role.rolbypassrls, count(relation.oid), min(relation.relname::text)
FROM pg_roles role
LEFT JOIN pg_class relation ON relation.relowner = role.oid
    AND relation.relnamespace = 'public'::regnamespace AND relation.relkind IN ('r', 'p')
WHERE pg_has_role(%s, role.oid, 'MEMBER')
GROUP BY role.rolname, role.rolsuper, role.rolbypassrls
ORDER BY role.rolname
"""


def _make_role(connection: psycopg.Connection[Any], name: str, password: str) -> None:
    exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    # Hashed here, so that the password itself appears in no statement and no log.
    hashed = connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
    connection.execute(
        sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD {}").format(
            sql.SQL("ALTER" if exists else "CREATE"), sql.Identifier(name), sql.Literal(hashed)
        )
    )


def _make_database(connection: psycopg.Connection[Any], database: str, owner: str) -> None:
    found = connection.execute(
        "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s", [database]
    ).fetchone()
    names = {"database": sql.Identifier(database), "owner": sql.Identifier(owner)}
    if found is None:
        connection.execute(sql.SQL("CREATE DATABASE {database} OWNER {owner}").format(**names))
    elif found[0] != owner:
        connection.execute(sql.SQL("ALTER DATABASE {database} OWNER TO {owner}").format(**names))


def _grant_database(connection: psycopg.Connection[Any], database: str, app: str) -> None:
    """Only these two roles come in. TEMPORARY, because COPY fills a temporary table that a walled one is fed from."""
    names = {"database": sql.Identifier(database), "app": sql.Identifier(app)}
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {database} FROM PUBLIC").format(**names))
    connection.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {app}").format(**names))


def _make_extensions(connection: psycopg.Connection[Any]) -> None:
    available = connection.execute("SELECT name FROM pg_available_extensions WHERE name = ANY(%s)", [list(EXTENSIONS)])
    for (name,) in available.fetchall():
        connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(name)))


def _set_default_rights(connection: psycopg.Connection[Any], owner: str, app: str) -> None:
    """What the app role may do with the tables, sequences and functions that the owner will make; never TRUNCATE."""
    names = {"owner": sql.Identifier(owner), "app": sql.Identifier(app)}
    for statement in (
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        "GRANT USAGE ON SCHEMA public TO {app}",
        # For the whole database: a schema's defaults can only add to what PUBLIC has.
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public"
        " GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {app}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO {app}",
    ):
        connection.execute(sql.SQL(statement).format(**names))


def _address(url: str, database: str, user: str | None = None, password: str | None = None) -> str:
    """The same server's address for another database and, when given, another role."""
    if user is None:
        return urlsplit(url)._replace(path=f"/{quote(database, safe='')}").geturl()
    server = conninfo_to_dict(url)
    host = quote(str(server.get("host", "127.0.0.1")), safe="")
    login = f"{quote(user, safe='')}:{quote(password or '', safe='')}"
    return f"postgresql://{login}@{host}:{server.get('port', 5432)}/{quote(database, safe='')}"
