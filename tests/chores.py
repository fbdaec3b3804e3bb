"""Jobs that only tests know, run by real workers (tests/worker.py)."""

from __future__ import annotations

import os
import time
from typing import Any

from django.db import connection

from ridley.core.access.door import opened
from ridley.core.access.errors import Conflict
from ridley.core.access.scope import Scope
from ridley.core.audit.services import record
from ridley.core.jobs.progress import Progress
from ridley.core.jobs.registry import job
from ridley.core.tenants.models import Branch


def make(scope: Scope, key: str) -> None:
    """Make the branch if it is not there: a job may run twice."""
    made, is_new = Branch.objects.get_or_create(
        tenant_id=scope.tenant_id, key=key, defaults={"title": str(os.getpid())}
    )
    if is_new:
        record(scope, "chores.made", subject=made)


@job("chores.make")
def make_branch(scope: Scope, progress: Progress, *, key: str) -> dict[str, Any]:
    with opened(scope):
        make(scope, key)
    return {"key": key}


@job("chores.refuse")
def make_branch_and_refuse(scope: Scope, progress: Progress, *, key: str) -> None:
    with opened(scope):
        make(scope, key)
        raise Conflict("There is no room for another branch.", code="no-room", room=0)


@job("chores.break")
def make_branch_and_break(scope: Scope, progress: Progress, *, key: str) -> None:
    with opened(scope):
        make(scope, key)
        raise ZeroDivisionError


@job("chores.lose_database")
def lose_database_once(scope: Scope, progress: Progress, *, key: str) -> dict[str, Any]:
    """The first time, PostgreSQL ends this connection in the middle of the work."""
    with opened(scope):
        is_first = not Branch.objects.filter(key=f"{key}-begun").exists()
        make(scope, f"{key}-begun")
    with opened(scope), connection.cursor() as cursor:
        make(scope, key)
        if is_first:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    return {"key": key}


@job("chores.wait")
def wait(scope: Scope, progress: Progress, *, key: str) -> dict[str, Any]:
    """Half done until the branch KEY-go is there; then the whole is done in one transaction."""
    with opened(scope):
        make(scope, f"{key}-begun")
    for _ in range(1200):
        progress(0.5, "Half of it.")
        with opened(scope):
            if Branch.objects.filter(key=f"{key}-go").exists():
                make(scope, key)
                return {"key": key}
        time.sleep(0.1)
    raise Conflict("Nobody said go.")
