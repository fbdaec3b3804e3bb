"""What a backup says of itself: the manifest, and the counts, digests and rights that it is compared by."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import psycopg
from psycopg import sql

FORMAT = 1
NAME = "manifest.json"
DUMP = "database.dump"
FILES = "files"
SECRETS = "secrets"
PIECE = 1024 * 1024

Connection = psycopg.Connection[Any]


class BadBackup(Exception):
    """A backup cannot be made or used; the message says what was found and what was wanted."""


@dataclass(frozen=True)
class Stored:
    """One file of a backup, by the name it has there."""

    name: str
    size: int
    sha256: str


@dataclass
class Manifest:
    """Written last, so a folder with a manifest once was a whole backup."""

    ridley: str
    made_at: str  # UTC, the moment of the snapshot
    server: str
    roles: dict[str, str]
    storage: str  # "folder", or the address of the bucket whose files are not in the backup
    migrations: dict[str, list[str]]
    tables: dict[str, dict[str, Any]]  # name -> rows and digest
    rights: list[str]
    dump: Stored
    files: list[Stored] = field(default_factory=list)
    lost: list[dict[str, str]] = field(default_factory=list)  # named in the database, and not whole in storage
    secrets: list[Stored] = field(default_factory=list)
    seconds: float = 0
    size: int = 0
    format: int = FORMAT

    def write(self, folder: Path) -> None:
        (folder / NAME).write_text(json.dumps(asdict(self), indent=1))

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Raises BadBackup if there is none, or one that is cut, newer than this code or naming a path outside."""
        try:
            found = json.loads((folder / NAME).read_text())
        except FileNotFoundError:
            raise BadBackup(f"{folder} has no {NAME}: it is no backup, or one that was cut short.") from None
        except ValueError as error:
            raise BadBackup(f"{folder / NAME} cannot be read ({error}); the backup is damaged.") from None
        if not isinstance(found, dict) or found.get("format") != FORMAT:
            got = found.get("format") if isinstance(found, dict) else None
            raise BadBackup(f"{folder / NAME} has format {got}; this Ridley reads format {FORMAT}.")
        try:
            files, secrets = ([Stored(**each) for each in found.pop(name)] for name in ("files", "secrets"))
            manifest = cls(dump=Stored(**found.pop("dump")), files=files, secrets=secrets, **found)
        except (KeyError, TypeError) as error:
            raise BadBackup(f"{folder / NAME} is not as Ridley writes it: {error}.") from None
        for each in (*manifest.files, *manifest.secrets):
            path = PurePosixPath(each.name)
            if path.is_absolute() or ".." in path.parts:
                raise BadBackup(f"{folder / NAME} names {each.name!r}, which lies outside the backup.")
        return manifest

    def parts(self) -> list[tuple[str, Stored]]:
        """Everything that lies beside the manifest: the path there, and what it should be."""
        files = [(f"{FILES}/{each.name}", each) for each in self.files]
        secrets = [(f"{SECRETS}/{each.name}", each) for each in self.secrets]
        return [(DUMP, self.dump), *files, *secrets]


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, read in pieces."""
    whole = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            whole.update(piece)
    return whole.hexdigest()


def fault_of(path: Path, wanted: Stored) -> str:
    """What is wrong with a file, in words; empty if its size and hash are as they should be."""
    try:
        size = path.stat().st_size
        if size != wanted.size:
            return f"has {size} bytes instead of {wanted.size}"
        found = digest_of(path)
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return "" if found == wanted.sha256 else f"has SHA-256 {found[:12]}... instead of {wanted.sha256[:12]}..."


def begin_snapshot(connection: Connection) -> None:
    """One moment for all that follows; and rows as text the same on every server."""
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    for name, value in (
        ("timezone", "UTC"),
        ("datestyle", "ISO, MDY"),
        ("intervalstyle", "postgres"),
        ("bytea_output", "hex"),
        ("extra_float_digits", "1"),
        ("statement_timeout", "0"),
        ("idle_in_transaction_session_timeout", "0"),
    ):
        connection.execute("SELECT set_config(%s, %s, true)", [name, value])


def table_names(connection: Connection) -> list[str]:
    return [name for (name,) in connection.execute(TABLES).fetchall()]


def describe_table(connection: Connection, table: str) -> dict[str, Any]:
    """How many rows, and a digest of them that does not depend on their order.

    The digest is the sum of the rows' hashes (128 bits of SHA-256 of the row as text): one row more, less or twice
    changes it, and no sorting is needed. It finds accidents: whoever can write to the dump can write the manifest too.
    """
    query = sql.SQL(DIGEST).format(table=sql.Identifier(table))
    found = connection.execute(query).fetchone()
    assert found is not None  # an aggregate always answers
    rows, first, second = (int(each) for each in found)
    return {"rows": rows, "digest": f"{first % 2**64:016x}{second % 2**64:016x}"}


def count_rows(connection: Connection, table: str) -> int:
    """How many rows a table has, without reading more than that."""
    found = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
    return int(found[0]) if found else 0


def list_rights(connection: Connection) -> list[str]:
    """Owners, row policies and what each role may do, a line each: what the wall is made of."""
    return sorted(line for (line,) in connection.execute(RIGHTS).fetchall())


def list_migrations(connection: Connection) -> dict[str, list[str]]:
    done: dict[str, list[str]] = {}
    for app, name in connection.execute("SELECT app, name FROM django_migrations ORDER BY app, name").fetchall():
        done.setdefault(app, []).append(name)
    return done


TABLES = """
SELECT relname FROM pg_class t WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = t.oid AND classid = 'pg_class'::regclass AND deptype = 'e')
ORDER BY relname
"""

DIGEST = """
SELECT count(*), coalesce(sum(('x' || left(hash, 16))::bit(64)::bigint), 0),
    coalesce(sum(('x' || substr(hash, 17, 16))::bit(64)::bigint), 0)
FROM (SELECT encode(sha256(convert_to((each_row.*)::text, 'UTF8')), 'hex') AS hash FROM {table} each_row) hashes
"""

# Rights of the owner itself are left out: a newer PostgreSQL knows more of them.
RIGHTS = """
SELECT format('%s %s: owner %s, row policies %s', relkind, relname, pg_get_userbyid(relowner),
    CASE WHEN relforcerowsecurity THEN 'forced' WHEN relrowsecurity THEN 'on' ELSE 'off' END)
FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')
UNION ALL
SELECT format('%s %s: %s has %s', relkind, relname, coalesce(nullif(grantee, 0)::regrole::text, 'everybody'),
    privilege_type)
FROM pg_class, aclexplode(relacl)
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S') AND grantee <> relowner
UNION ALL
SELECT format('column %s.%s: %s has %s', attrelid::regclass, attname,
    coalesce(nullif(grantee, 0)::regrole::text, 'everybody'), privilege_type)
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid, aclexplode(attacl)
WHERE relnamespace = 'public'::regnamespace
UNION ALL
SELECT format('policy %s on %s: %s, %s, to %s, using %s, check %s', policyname, tablename, permissive, cmd,
    array_to_string(roles, ' '), qual, with_check)
FROM pg_policies WHERE schemaname = 'public'
UNION ALL
SELECT format('function %s: owner %s, %s, settings %s', f.oid::regprocedure, pg_get_userbyid(proowner),
    CASE WHEN prosecdef THEN 'as its owner' ELSE 'as its caller' END, coalesce(array_to_string(proconfig, ' '), 'none'))
FROM pg_proc f WHERE pronamespace = 'public'::regnamespace
AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = f.oid AND classid = 'pg_proc'::regclass AND deptype = 'e')
UNION ALL
SELECT format('function %s: %s has %s', f.oid::regprocedure, coalesce(nullif(grantee, 0)::regrole::text, 'everybody'),
    privilege_type)
FROM pg_proc f, aclexplode(coalesce(proacl, acldefault('f', proowner)))
WHERE pronamespace = 'public'::regnamespace AND grantee <> proowner
AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = f.oid AND classid = 'pg_proc'::regclass AND deptype = 'e')
UNION ALL
SELECT format('new %s in %s: %s has %s', defaclobjtype, coalesce(nspname, 'any schema'),
    coalesce(nullif(grantee, 0)::regrole::text, 'everybody'), privilege_type)
FROM pg_default_acl LEFT JOIN pg_namespace ON pg_namespace.oid = defaclnamespace, aclexplode(defaclacl)
WHERE grantee <> defaclrole
"""
