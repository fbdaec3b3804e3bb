"""Idempotency-Key on a real server: one effect of many calls, and a key that outlives neither refusal nor crash."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import signal
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Barrier
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest

from tests.live import Live
from tests.worker import eventually

pytestmark = pytest.mark.slow
CALLS = 50
BODY = {"changes": [{"kind": "create", "values": {"code": "a", "price": "1"}}]}
OTHER = {"changes": [{"kind": "create", "values": {"code": "b", "price": "1"}}]}
WAITING = """
SELECT a.client_port FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid
 WHERE a.datname = current_database() AND NOT l.granted AND l.relation = 'changes_changeset'::regclass
"""


@dataclass
class Desk:
    """A table that edits are proposed to: each call makes a set, unless a key says that it was made already."""

    live: Live
    table: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.headers = {"Authorization": f"Bearer {self.live.token('admin')}"}
        name = f"crash-{secrets.token_hex(4)}"
        fields = [{"name": name, "type": "text"} for name in ("code", "price")]
        source = self.made("sources/", {"key": name, "name": name})
        dataset = self.made("datasets/", {"key": name, "name": name, "fields": fields, "key_fields": ["code"]})
        self.table = self.made("tables/", {"source_id": source, "dataset_id": dataset})

    def made(self, path: str, body: dict) -> int:
        return self.live.asked(f"/api/v1/{self.live.tenant}/assistant/{path}", body, self.headers)["id"]

    @property
    def address(self) -> str:
        return f"{self.live.address}/api/v1/{self.live.tenant}/assistant/tables/{self.table}/edits/"

    def propose(self, key: str, body: dict = BODY) -> tuple[int, dict, str | None, str | None]:
        """Status, body, ETag, and whether it is an answer given before."""
        named = {**self.headers, "Content-Type": "application/json", "Idempotency-Key": key}
        request = urllib.request.Request(self.address, json.dumps(body).encode(), named)
        try:
            answer = urllib.request.urlopen(request, timeout=120)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return answer.status, json.load(answer), answer.headers["ETag"], answer.headers["Idempotency-Replayed"]

    def look(self) -> psycopg.Connection:
        name = f"live_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
        url = urlsplit(os.environ["RIDLEY_TEST_SUPERUSER"])._replace(path=f"/{name}").geturl()
        return psycopg.connect(url, autocommit=True)

    def effects(self) -> tuple[int, int]:
        """How many sets were made for the table, and how many events tell of one."""
        with self.look() as connection:
            return connection.execute(
                "SELECT (SELECT count(*) FROM changes_changeset WHERE target_id = %(table)s), (SELECT count(*)"
                " FROM audit_event WHERE kind = 'changes.opened' AND data->>'target_id' = %(table)s::text)",
                {"table": self.table},
            ).fetchone()


@pytest.fixture
def desk(live_ridley):
    return Desk(live_ridley)


def test_fifty_calls_at_once_with_one_key_have_one_effect_and_one_answer(desk, tell):
    barrier = Barrier(CALLS)

    def call(_):
        barrier.wait(60)
        return desk.propose("order-1")

    with ThreadPoolExecutor(CALLS) as threads:
        answers = list(threads.map(call, range(CALLS)))
    assert {status for status, *_ in answers} == {201}
    assert all(answer[1:3] == answers[0][1:3] for answer in answers)
    assert sorted(replayed or "" for *_, replayed in answers) == ["", *["true"] * (CALLS - 1)]
    assert desk.effects() == (1, 1)
    tell(f"{CALLS} calls with one key: 1 effect, and the same answer to all")


def test_a_key_with_another_body_is_refused_and_changes_nothing(desk):
    assert desk.propose("order-2")[0] == 201
    status, problem, _, _ = desk.propose("order-2", OTHER)
    assert (status, problem["code"]) == (422, "idempotency-key-reused")
    assert desk.effects() == (1, 1)
    assert desk.propose("order-2")[3] == "true"


def test_a_server_killed_between_claim_and_commit_leaves_the_key_free(desk, tell):
    with desk.look() as connection, ThreadPoolExecutor(1) as threads:
        with connection.transaction():
            connection.execute("LOCK TABLE changes_changeset IN ACCESS EXCLUSIVE MODE")
            first = threads.submit(desk.propose, "order-3")
            (port,) = eventually(lambda: connection.execute(WAITING).fetchone())
            os.kill(process_at(port), signal.SIGKILL)
            with pytest.raises((ConnectionError, urllib.error.URLError, http.client.HTTPException)):
                first.result(timeout=60)
        status, body, _, replayed = eventually(lambda: answered(desk, "order-3"))
    assert (status, replayed) == (201, None)
    assert desk.effects() == (1, 1)
    assert desk.propose("order-3")[1:] == (body, f'"changeset-{body["id"]}-{body["version"]}"', "true")
    tell("1 kill between claim and commit: the key was free, 1 effect")


def test_a_caller_who_hung_up_gets_the_answer_with_the_next_call(desk):
    body, at = json.dumps(BODY), urlsplit(desk.address)
    connection = http.client.HTTPConnection(at.hostname, at.port, timeout=30)
    named = {**desk.headers, "Content-Type": "application/json", "Idempotency-Key": "order-4"}
    connection.request("POST", at.path, body, named)
    connection.close()
    status, _, _, replayed = eventually(lambda: desk.effects() == (1, 1) and desk.propose("order-4"))
    assert (status, replayed) == (201, "true")
    assert desk.effects() == (1, 1)


def process_at(port):
    """The process whose connection to the database begins at this port."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            ports = {each.laddr.port for each in process.net_connections("tcp") if each.laddr}
            if port in ports and process.name() != "postgres":
                return process.pid
    raise AssertionError(f"nobody has the port {port}")


def answered(desk, key):
    """The answer; nothing while the web server starts its process again."""
    with suppress(ConnectionError, urllib.error.URLError, http.client.HTTPException):
        return desk.propose(key)
    return None
