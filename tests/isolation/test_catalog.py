"""Every table is behind the wall or on the list of those without a tenant. There is no third kind.

The database itself is asked (pg_catalog), so a table counts however it was made.
"""

import psycopg
import pytest
from django.conf import settings

from ridley.core.database.global_tables import DEFINER_FUNCTIONS, GLOBAL_TABLES

PINNED = "SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::bigint"
TENANT_ROWS = f'(tenant_id = ( {PINNED} AS "nullif"))'
APPEND_ONLY = ("audit_event", "assistant_rowversion")

TABLES = """
SELECT c.relname, c.relkind::text, c.relrowsecurity, c.relforcerowsecurity, c.oid::bigint,
       coalesce((SELECT a.attnotnull AND a.atttypid = 'bigint'::regtype FROM pg_attribute a
                 WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped), false),
       EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'id' AND NOT a.attisdropped)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname NOT LIKE 'pg\\_%%' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1
"""
POLICIES = "SELECT permissive, roles::text, cmd, qual, with_check FROM pg_policies WHERE tablename = %s"
UNIQUE_INDEXES = """
SELECT i.indexrelid::regclass::text, i.indisprimary, i.indpred IS NULL,
       array(SELECT pg_get_indexdef(i.indexrelid, n, false) FROM generate_series(1, i.indnkeyatts) n)
FROM pg_index i WHERE i.indrelid = %s AND i.indisunique ORDER BY 1
"""
FOREIGN_KEYS = """
SELECT k.conname::text, k.condeferrable, target.relname::text,
       array(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY c (n, o)
             JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = c.n ORDER BY c.o),
       array(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY c (n, o)
             JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = c.n ORDER BY c.o)
FROM pg_constraint k JOIN pg_class target ON target.oid = k.confrelid
WHERE k.conrelid = %s AND k.contype = 'f' AND k.conparentid = 0 ORDER BY 1
"""
DEFINERS = """
SELECT p.proname::text, coalesce(array_to_string(p.proconfig, ';'), ''),
       has_function_privilege('public', p.oid, 'EXECUTE')
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1
"""


def complaints(owner: psycopg.Connection) -> list[str]:
    """What is wrong with the wall, a line each."""
    tables = owner.execute(TABLES).fetchall()
    names = {table[0] for table in tables}
    walled, absent = names - GLOBAL_TABLES.keys(), GLOBAL_TABLES.keys() - names
    found = [f"{name} is on the list of tables without a tenant but does not exist" for name in absent]
    for name, kind, secured, forced, oid, has_tenant, has_id in tables:
        if kind not in ("r", "p"):
            found.append(f"{name} is no table (kind {kind}): what it shows passes by the wall")
            continue
        found += [f"{name}: {reason}" for reason in rights(owner, name, oid)]
        keys = owner.execute(FOREIGN_KEYS, [oid]).fetchall()
        if name in walled:
            found += [f"{name}: {reason}" for reason in wall(owner, name, secured, forced, has_tenant)]
            found += [f"{name}: {reason}" for reason in unique_indexes(owner, oid, has_id)]
            found += [f"{name}: {reason}" for reason in foreign_keys(keys, walled)]
        else:
            found += [f"{name}: {key[0]} points behind the wall" for key in keys if key[2] in walled]
    return sorted(found + definers(owner))


def wall(owner, name, secured, forced, has_tenant):
    if not has_tenant:
        yield "no column tenant_id bigint not null, and not on the list of tables without a tenant"
    if not secured:
        yield "row level security is off"
    if forced:
        yield "row level security is forced"
    policies = owner.execute(POLICIES, [name]).fetchall()
    if policies != [("PERMISSIVE", "{public}", "ALL", TENANT_ROWS, TENANT_ROWS)]:
        yield f"wanted the one policy for reading and writing, got {policies}"


def unique_indexes(owner, oid, has_id):
    indexes = owner.execute(UNIQUE_INDEXES, [oid]).fetchall()
    if has_id and not any(whole and columns == ["tenant_id", "id"] for _, _, whole, columns in indexes):
        yield "no UNIQUE (tenant_id, id)"
    for index, is_primary, _, columns in indexes:
        if columns[0] != "tenant_id" and not (is_primary and columns == ["id"]):
            yield f"the unique index {index} does not start with tenant_id"


def foreign_keys(keys, walled):
    for key, deferrable, target, ours, theirs in keys:
        if target in walled:
            if len(ours) != 2 or ours[0] != "tenant_id" or theirs != ["tenant_id", "id"]:
                yield f"the foreign key {key} does not carry the tenant"
            if deferrable:
                yield f"the foreign key {key} is deferrable"


def rights(owner, name, oid):
    def may(right):
        asked = owner.execute("SELECT has_table_privilege(%s, %s::oid, %s)", [settings.APP_ROLE, oid, right])
        return asked.fetchone()[0]

    if may("TRUNCATE"):
        yield "the app role may TRUNCATE"
    if name in APPEND_ONLY:
        yield from (f"the app role may {right}" for right in ("UPDATE", "DELETE") if may(right))


def definers(owner):
    found = owner.execute(DEFINERS).fetchall()
    missing = DEFINER_FUNCTIONS.keys() - {name for name, *_ in found}
    complaints = [f"{name} is on the list of functions that run as their owner, and is none" for name in missing]
    for name, config, public in found:
        if name not in DEFINER_FUNCTIONS:
            complaints.append(f"{name} runs as its owner and is not on the list")
        if config != "search_path=pg_catalog, public, pg_temp":
            complaints.append(f"{name} has no fixed search_path: {config!r}")
        if public:
            complaints.append(f"{name} may be called by every role")
    return complaints


def test_no_table_and_no_function_leads_past_the_wall(owner):
    assert complaints(owner) == []


def test_the_lists_give_a_reason_for_every_entry():
    assert [name for name, why in {**GLOBAL_TABLES, **DEFINER_FUNCTIONS}.items() if len(why) < 10] == []


LINKS = (
    "CREATE TABLE tenants_branch_people"
    " (id bigint PRIMARY KEY, branch_id bigint REFERENCES tenants_branch, user_id uuid REFERENCES accounts_user)"
)
OPEN_POLICY = "CREATE POLICY all_of_it ON tenants_branch USING (true)"
READ_ONLY = "ALTER POLICY tenant ON tenants_branch WITH CHECK (true)"
DEFINER = "CREATE FUNCTION peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM tenants_branch'"
PLAIN_KEY = "ALTER TABLE tenants_membership ADD CONSTRAINT plain FOREIGN KEY (branch_id) REFERENCES tenants_branch"
LATE_KEY = (
    "ALTER TABLE tenants_membership ADD CONSTRAINT late FOREIGN KEY (tenant_id, branch_id)"
    " REFERENCES tenants_branch (tenant_id, id) DEFERRABLE"
)
POLICY = "wanted the one policy for reading and writing, got "


@pytest.mark.parametrize(
    ("breach", "told"),
    [
        ("DROP POLICY tenant ON tenants_branch", [f"tenants_branch: {POLICY}[]"]),
        ("ALTER TABLE audit_event DISABLE ROW LEVEL SECURITY", ["audit_event: row level security is off"]),
        ("ALTER TABLE audit_event FORCE ROW LEVEL SECURITY", ["audit_event: row level security is forced"]),
        (OPEN_POLICY, [f"tenants_branch: {POLICY}"]),
        (READ_ONLY, [f"tenants_branch: {POLICY}"]),
        (
            LINKS,
            [
                "tenants_branch_people: no UNIQUE (tenant_id, id)",
                "tenants_branch_people: no column tenant_id bigint not null",
                "tenants_branch_people: row level security is off",
                "tenants_branch_people: the foreign key tenants_branch_people_branch_id_fkey does not carry the tenant",
                f"tenants_branch_people: {POLICY}[]",
            ],
        ),
        (
            "ALTER TABLE tenants_branch ALTER tenant_id DROP NOT NULL",
            ["tenants_branch: no column tenant_id bigint not null"],
        ),
        (
            "ALTER TABLE people_claimedgrant DROP CONSTRAINT people_claimedgrant_tenant_id_id_key",
            ["people_claimedgrant: no UNIQUE (tenant_id, id)"],
        ),
        (
            "CREATE UNIQUE INDEX anywhere ON tenants_branch (key)",
            ["tenants_branch: the unique index anywhere does not start with tenant_id"],
        ),
        (PLAIN_KEY, ["tenants_membership: the foreign key plain does not carry the tenant"]),
        (LATE_KEY, ["tenants_membership: the foreign key late is deferrable"]),
        (
            "ALTER TABLE tenants_partner ADD branch_id bigint REFERENCES tenants_branch",
            ["tenants_partner: tenants_partner_branch_id_fkey points behind the wall"],
        ),
        ("CREATE VIEW all_branches AS SELECT * FROM tenants_branch", ["all_branches is no table (kind v)"]),
        ("CREATE SCHEMA elsewhere CREATE TABLE things (id bigint)", ["things: no UNIQUE", "things: no column tenant_id",
                                                                    "things: row level", f"things: {POLICY}"]),
        ("GRANT TRUNCATE ON tenants_branch TO {app}", ["tenants_branch: the app role may TRUNCATE"]),
        ("GRANT UPDATE ON audit_event TO {app}", ["audit_event: the app role may UPDATE"]),
        ("GRANT DELETE ON audit_event TO {app}", ["audit_event: the app role may DELETE"]),
        (
            DEFINER,
            ["peek has no fixed search_path: ''", "peek runs as its owner and is not on the list"],
        ),
        ("GRANT EXECUTE ON FUNCTION my_tenants TO PUBLIC", ["my_tenants may be called by every role"]),
        (
            "ALTER FUNCTION my_tenants SET search_path = pg_catalog, public",
            ["my_tenants has no fixed search_path: 'search_path=pg_catalog, public'"],
        ),
        ("ALTER FUNCTION my_tenants RESET ALL", ["my_tenants has no fixed search_path: ''"]),
        ("ALTER FUNCTION my_tenants SECURITY INVOKER", ["my_tenants is on the list of functions that run"]),
        (
            "DROP TABLE django_admin_log",
            ["django_admin_log is on the list of tables without a tenant but does not exist"],
        ),
    ],
)  # fmt: skip
def test_a_breach_is_told(owner, breach, told):
    with owner.transaction(force_rollback=True):
        owner.execute("SET LOCAL lock_timeout = '5s'")
        owner.execute(breach.replace("{app}", settings.APP_ROLE))
        found = complaints(owner)
    assert len(found) == len(told), found
    for line, beginning in zip(found, told, strict=True):
        assert line.startswith(beginning), (line, beginning)
