"""Deeds in processes of their own, for tests to kill: `python -m tests.crash.forks`, told through stdin.

Django is imported once. Each deed is a fork with connections of its own, as the app role: it costs milliseconds to
begin, and it is the real code in a real process.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any
from uuid import UUID

ROWS = 15_000
EACH = 7_000  # added, and removed, and changed: 21,000 changes


def prepare() -> dict[str, Any]:
    """A tenant with a table of 15,000 rows and a set of 21,000 changes of every kind, accepted as a whole."""
    from ridley.core.changes import services
    from ridley.core.changes.tests import steps
    from tests.world import make_world

    world = make_world("puri-brokers")
    table = steps.make_table(world)
    before = [(f"{number:06}", f"Model {number % 50}", "100") for number in range(ROWS)]
    after = [*((code, f"{model} S" if int(code) % 2 else model, "200") for code, model, _ in before[:EACH])]
    after += [*before[EACH : ROWS - EACH], *((f"n{number:06}", "New", "300") for number in range(EACH))]
    scope = world.scope("assistant.admin")
    steps.applied(world, table, steps.as_csv(before), scope)
    made = steps.opened(world, table, steps.as_csv(after), scope)
    assert (made.added, made.removed, made.changed) == (EACH, EACH, EACH)
    with world.pinned():
        services.release(scope, change_set_id=made.pk)
        services.decide(scope, change_set_id=made.pk, verdict="accepted")
    return {"tenant": world.tenant.pk, "actor": str(scope.actor_id), "change_set": made.pk}


def request(*, tenant: int, actor: str, change_set: int, deed: str) -> dict[str, Any]:
    """Ask for a set to be applied or undone. Returns the set that the job works on, and the job."""
    from ridley.core.access.door import opened, trusted_scope
    from ridley.core.changes import services

    scope = trusted_scope(tenant, actor_id=UUID(actor))
    with opened(scope):
        asked = services.request_apply if deed == "apply" else services.request_undo
        made, job = asked(scope, change_set_id=change_set)
    return {"change_set": made.pk, "job": job and job.pk}


def work(*, tenant: int, job: int) -> dict[str, Any]:
    """Do a job as a worker does it."""
    from ridley.core.database.pin import pinned
    from ridley.core.jobs.models import Job
    from ridley.core.jobs.registry import registered
    from ridley.core.jobs.runner import run

    with pinned(tenant):
        kind = Job.objects.values_list("kind", flat=True).get(pk=job)
    print(json.dumps({"begins": kind}), flush=True)
    run(registered[kind], tenant_id=tenant, job_id=job)
    return {}


def take_over() -> dict[str, Any]:
    """Enqueue what the schedule enqueues each minute: the look for jobs of dead workers."""
    from procrastinate.contrib.django import app
    from procrastinate.exceptions import AlreadyEnqueued

    try:
        app.tasks["jobs.take_over"].defer(timestamp=int(time.time()))
        return {"enqueued": True}
    except AlreadyEnqueued:
        return {"enqueued": False}


DEEDS: dict[str, Callable[..., dict[str, Any]]] = {
    one.__name__: one for one in (prepare, request, work, take_over)
}  # fmt: skip


def carry_out(database: str, name: str, arguments: dict[str, Any]) -> int:
    from django.db import connection

    connection.settings_dict["NAME"] = database
    connection.settings_dict["OPTIONS"]["application_name"] = f"fork-{os.getpid()}"
    try:
        print(json.dumps(DEEDS[name](**arguments)), flush=True)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def main() -> None:
    import django

    django.setup()
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            os._exit(carry_out(**asked))
        print(json.dumps({"pid": child}), flush=True)
        # Its number stays taken until it is waited for, so whoever kills it cannot hit another.
        sys.stdin.readline()
        _, status = os.waitpid(child, 0)
        print(json.dumps({"ended": os.waitstatus_to_exitcode(status)}), flush=True)


if __name__ == "__main__":
    main()
