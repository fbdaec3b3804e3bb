"""The jobs there are, by name. A service enqueues by name, so services and jobs form no circle of imports."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.db import Error as DjangoError
from django.db import InterfaceError, OperationalError
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from psycopg import InterfaceError as DriverInterfaceError
from psycopg import OperationalError as DriverOperationalError

JobFunction = Callable[..., dict[str, Any] | None]
registered: dict[str, JobFunction] = {}

# A database that restarts or a worker that is killed is no reason to give up: about ten minutes of tries.
MAX_ATTEMPTS = 10
DATABASE_LOST = (OperationalError, InterfaceError, DriverOperationalError, DriverInterfaceError)
# SQLSTATE classes that pass by waiting: connection, transaction, rollback, resources, locks, operator, system.
PASSING = ("08", "25", "40", "53", "55", "57", "58")
DISK_FULL = "53100"
AGAIN = RetryStrategy(max_attempts=MAX_ATTEMPTS, exponential_wait=2, retry_exceptions=[*DATABASE_LOST])


def job(name: str) -> Callable[[JobFunction], JobFunction]:
    """Register `function(scope, progress, **arguments)` as the job of this name.

    It must be safe to run twice. It opens its own transactions (access.door.opened) and returns the job's result.
    """

    def register(function: JobFunction) -> JobFunction:
        if name in registered:
            raise ValueError(f"Two jobs are named {name}.")
        registered[name] = function

        @app.task(name=name, pass_context=True, retry=AGAIN)
        @functools.wraps(function)
        def task(context: Any, *, tenant_id: int, job_id: int) -> None:
            from ridley.core.jobs.runner import run

            run(function, tenant_id=tenant_id, job_id=job_id)

        return function

    return register


def is_lost(error: BaseException) -> bool:
    """Whether an error of the database's means that it went away or was busy, and not that it refused the work."""
    cause = error.__cause__ if isinstance(error, DjangoError) else error
    state = getattr(cause, "sqlstate", None)
    return state is None or state[:2] in PASSING


def is_full(error: BaseException) -> bool:
    """Whether the database refused because its disk is full."""
    cause = error.__cause__ if isinstance(error, DjangoError) else error
    return getattr(cause, "sqlstate", None) == DISK_FULL
