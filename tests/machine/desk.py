"""Ridley as its people meet it: tables, files, decisions and applies over REST, and a worker that can be killed."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import InterfaceError, OperationalError, connection

from ridley.assistant.models import Dataset, Source
from ridley.assistant.models import Table as TableRecord
from ridley.core.access.door import trusted_scope
from ridley.core.jobs.registry import registered
from ridley.core.jobs.runner import run
from tests.machine.records import Table
from tests.world import Client, World, upload

OPTIONS = {"delimiter": ",", "header_row": 1}
AT_THE_END = -1  # when the job's work is committed, and only its end is still to be noted
PEOPLE = ("ann", "bob")
WRITES = (["UPDATE", "assistant_row"], ["INSERT", "INTO"])
Answer = tuple[int, str | None]


class Killed(BaseException):
    """The worker's process is gone: nothing that handles errors gets to see it."""


class Desk:
    """Two people of one tenant, and its worker."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.people: dict[str, Client] = {name: world.client("assistant.admin") for name in PEOPLE}
        for client in self.people.values():
            client.force_authenticate(client.user)  # signing in is no part of the steps
        self.wrote_rows = False  # whether the worker that died last had written rows of tables
        self.names = {str(client.user.pk): name for name, client in self.people.items() if client.user}

    def set_up(self, tables: Sequence[Table]) -> None:
        """Make the tables, all of one source."""
        with self.world.pinned():
            tenant = self.world.tenant
            source = Source.objects.create(tenant=tenant, key="acme", name="Acme")
            for table in tables:
                fields = [{"name": name, "title": "", "type": "text"} for name in table.fields]
                dataset = Dataset.objects.create(
                    tenant=tenant, key=table.name, name=table.name, fields=fields, key_fields=list(table.key)
                )
                made = TableRecord.objects.create(
                    tenant=tenant, dataset=dataset, source=source, name=table.name, grouping_field=table.grouping
                )
                table.id = made.pk

    def get(self, path: str, **query: Any) -> Any:
        answer = self.people["ann"].get(path, query)
        assert answer.status_code == 200, (path, answer.json())
        return answer.json()

    def post(self, who: str, path: str, body: Mapping[str, Any] | None = None) -> tuple[Answer, Any]:
        """The status with the code of a refusal, and the whole answer."""
        answer = self.people[who].post(path, body or {}, format="json")
        found = answer.json()
        return (answer.status_code, found.get("code") if answer.status_code >= 400 else None), found

    def patch(self, who: str, path: str, body: Mapping[str, Any]) -> Any:
        answer = self.people[who].patch(path, body, format="json")
        assert answer.status_code == 200, answer.json()
        return answer.json()

    def send(self, who: str, content: bytes) -> int:
        """A complete upload. Sending it in parts and resuming is the business of core/files."""
        user = self.people[who].user
        assert user is not None
        scope = trusted_scope(self.world.tenant.pk, actor_id=user.pk)
        return int(upload(self.world, scope, content).pk)

    def upload(self, who: str, table: Table, content: bytes, mode: str) -> tuple[Answer, Any]:
        body = {"upload_id": self.send(who, content), "mode": mode, "options": OPTIONS}
        return self.post(who, f"assistant/tables/{table.id}/change-sets/", body)

    # The worker

    def come_due(self, change_set: int) -> None:
        """The moment of a set's scheduled apply comes."""
        with self.world.pinned(), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE procrastinate_jobs q SET scheduled_at = now() FROM jobs_job j"
                " WHERE j.queue_id = q.id AND q.status = 'todo' AND j.subject_id = %s",
                [str(change_set)],
            )
            assert cursor.rowcount == 1

    def next_job(self) -> tuple[int, str, dict[str, int]] | None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, task_name, args FROM procrastinate_jobs WHERE status = 'todo'"
                " AND (args->>'tenant_id')::bigint = %s AND (scheduled_at IS NULL OR scheduled_at <= now())"
                " ORDER BY id LIMIT 1",
                [self.world.tenant.pk],
            )
            found = cursor.fetchone()
        if found is None:
            return None
        return found[0], found[1], found[2] if isinstance(found[2], dict) else json.loads(found[2])

    def work(self, after: int | None = None, how: str = "process") -> tuple[str, int] | None:
        """Do the job that has waited longest; with `after`, its worker dies at that statement.

        Returns ("done" or "killed", the job); None if nothing waits. A killed job waits again, as after a take-over.
        """
        found = self.next_job()
        if found is None:
            return None
        id, name, arguments = found
        outcome = "done"
        statements: list[str] = []
        try:
            with dying(after, how, statements):
                run(registered[name], **arguments)
            self.mark(id, "succeeded")
        except (Killed, OperationalError, InterfaceError):
            if after is None:
                raise
            outcome = "killed"
            self.wrote_rows = any(sql.split()[:2] in WRITES for sql in statements)
            connection.close()
        return outcome, arguments["job_id"]

    def told(self, job: int) -> tuple[str, str | None]:
        """How a job stands, and the state of the set that it tells."""
        with self.world.pinned(), connection.cursor() as cursor:
            cursor.execute("SELECT state, result->>'state' FROM jobs_job WHERE id = %s", [job])
            state, result = cursor.fetchone()
        return state, result

    def mark(self, id: int, status: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_jobs SET status = %s WHERE id = %s", [status, id])


@contextmanager
def dying(after: int | None, how: str, statements: list[str]) -> Iterator[None]:
    """Let this connection's work end at its statement number `after`: by the process, or by the database."""
    if after is None:
        yield
        return

    def count(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append(sql)
        if len(statements) == after or (after == AT_THE_END and "ended_at" in sql and sql.startswith("UPDATE")):
            if how == "process":
                raise Killed
            execute("SELECT pg_terminate_backend(pg_backend_pid())", (), False, context)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        yield


def as_csv(records: Sequence[Mapping[str, str]], columns: Sequence[str]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([columns, *([record.get(name, "") for name in columns] for record in records)])
    return out.getvalue().encode()
