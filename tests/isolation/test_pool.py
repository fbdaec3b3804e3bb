"""Many tenants at once over few connections: whoever had a connection before leaves nothing on it for the next."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest

from ridley.config import web
from ridley.config.processes import end_groups
from ridley.core.tenants.functions import ENTER_TENANT
from tests.isolation.checks import tenant_tables
from tests.isolation.crowd import (
    LOOK,
    MARK,
    Request,
    Tenant,
    hung_up,
    readings,
    refusals,
    requests,
    rolled_back,
    writes,
)
from tests.live import ROOT, database, environment, run

pytestmark = pytest.mark.slow

TENANTS = int(os.environ.get("RIDLEY_CROWD_TENANTS") or 50)
REQUESTS = int(os.environ.get("RIDLEY_CROWD_REQUESTS") or 1000)
CONNECTIONS, THREADS, AT_ONCE = 4, 16, 24
SEED = int(os.environ.get("RIDLEY_CROWD_SEED", "1"))


@pytest.fixture(scope="module")
def crowd(tmp_path_factory) -> Iterator[tuple[str, list[Tenant], str]]:
    """A server over a pool, its tenants with what each has, and the owner's address of their database."""
    home = tmp_path_factory.mktemp("crowd")
    with database(f"crowd_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}") as addresses:
        known = {**environment(home, addresses), "RIDLEY_DATABASE_POOL": str(CONNECTIONS)}
        run([sys.executable, "manage.py", "migrate", "--verbosity", "0"],
            {**known, "RIDLEY_RUN_AS": "owner", "RIDLEY_DATABASE_POOL": "0"})  # fmt: skip
        with serving(home, known) as address:
            tenants = [Tenant(address, **made) for made in many(known)]
            with ThreadPoolExecutor(AT_ONCE) as pool:
                list(pool.map(lambda tenant: tenant.furnish(wide=tenant.number < 2), tenants))
            yield address, tenants, addresses["DATABASE_OWNER_URL"]


def many(known: dict[str, str]) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "tests.isolation.many", str(TENANTS)]
    made = subprocess.run(command, cwd=ROOT, env=known, capture_output=True, text=True, timeout=180, check=False)
    assert made.returncode == 0, made.stderr
    return json.loads(made.stdout)


@contextmanager
def serving(home: Path, known: dict[str, str]) -> Iterator[str]:
    """One process, so that there is one pool, of more threads than it has connections."""
    listener = web.listen(None, None)
    port = listener.getsockname()[1]
    command = [
        *(sys.executable, "-m", "gunicorn", "tests.isolation.pooled:application", "--bind", f"fd://{listener.fileno()}"),
        *("--no-control-socket", "--workers", "1", "--threads", str(THREADS), "--worker-class", "gthread"),
        *("--timeout", "120", "--log-level", "critical"),
    ]  # fmt: skip
    with (home / "web.log").open("wb") as log:
        server = subprocess.Popen(
            command, cwd=ROOT, env={**known, "RIDLEY_LOG_LEVEL": "CRITICAL"}, stdin=subprocess.DEVNULL, stdout=log,
            stderr=log, pass_fds=(listener.fileno(),), start_new_session=True,
        )  # fmt: skip
    try:
        end = time.monotonic() + 120
        while not web.answers(port):
            assert time.monotonic() < end, (home / "web.log").read_text()
            time.sleep(0.2)
        yield f"http://{web.HOST}:{port}"
    finally:
        listener.close()
        end_groups([server.pid])
        server.wait(timeout=30)


def at_once(found: list[Request]) -> list[str]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [line for lines in pool.map(Request.complaints, found) for line in lines]


def connections(tenant: Tenant) -> list[dict[str, Any]]:
    status, text = tenant.ask("GET", LOOK)
    assert status == 200, text
    return json.loads(text.partition("\n\n")[2])


def strangers(owner: psycopg.Connection) -> list[str]:
    """Rows of one tenant that carry another one's mark."""
    numbers = dict(owner.execute("SELECT id, split_part(key, '-', 2)::int FROM tenants_tenant").fetchall())
    return [
        f"{table} of tenant {numbers[tenant]}: {text[:200]}"
        for table in tenant_tables(owner)
        for tenant, text in owner.execute(f'SELECT tenant_id, left(t::text, 5000) FROM "{table}" t').fetchall()
        if {int(number) for number in MARK.findall(text)} - {numbers[tenant]}
    ]


def test_a_thousand_requests_of_fifty_tenants_over_four_connections(crowd, record_property):
    _, tenants, owner_url = crowd
    print(f"\ncrowd seed: {SEED} (RIDLEY_CROWD_SEED={SEED} repeats it)")
    found = requests(tenants, REQUESTS, Random(SEED))
    complaints = at_once(found)
    assert not complaints, "\n".join(complaints[:20])
    states = connections(tenants[0])
    assert [(state["role"], state["pinned"], state["rows"]) for state in states] == [
        (psycopg.conninfo.conninfo_to_dict(os.environ["DATABASE_URL"])["user"], "", 0)
    ] * CONNECTIONS
    assert len({state["pid"] for state in states}) == CONNECTIONS
    with psycopg.connect(owner_url) as owner:
        assert strangers(owner) == []
        kept = owner.execute("SELECT key FROM tenants_branch ORDER BY key").fetchall()
    made = [key for tenant in tenants for key in (f"{tenant.mark}-first", *tenant.made)]
    assert [key for (key,) in kept] == sorted(made)
    kinds = {request.kind for request in found}
    assert kinds == {request.kind for kind in (readings, refusals, rolled_back, writes, hung_up)
                     for request in kind(tenants[0], tenants[1], 0)}  # fmt: skip
    failed = sum(min(request.wanted) >= 400 for request in found)
    record_property(
        "counted", f"{len(found):,} requests ({failed} refused or broken, {sum(request.cut for request in found)} cut)"
        f" of {len(tenants)} tenants over {CONNECTIONS} connections: 0 foreign marks, 0 tenants left pinned",
    )  # fmt: skip


def test_a_pin_that_outlives_its_transaction_is_found_on_the_pool(crowd):
    """The check has teeth: with a pin for the session instead of the transaction, it is red."""
    _, tenants, owner_url = crowd
    lasting = ENTER_TENANT.replace("tenant_id::text, true)", "tenant_id::text, false)")
    assert lasting != ENTER_TENANT
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute(lasting)
        try:
            at_once([request for tenant in tenants[:8] for request in readings(tenant, tenants[9], 0)])
            states = connections(tenants[0])
        finally:
            owner.execute(ENTER_TENANT)
    assert [state for state in states if state["pinned"] and state["rows"]] != []
