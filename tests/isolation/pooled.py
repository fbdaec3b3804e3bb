"""The web server's application as tests run it over a pool: it can break in the middle of a deed, and show its pool.

Started by gunicorn as `tests.isolation.pooled:application`, with RIDLEY_DATABASE_POOL.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import Any

from ridley.config.wsgi import application as ridley
from ridley.core.access import request_id
from ridley.core.audit import services
from tests.isolation.crowd import BREAK, LOOK

STATE = """
SELECT pg_backend_pid(), current_user::text, coalesce(current_setting('app.tenant_id', true), ''),
       (SELECT count(*) FROM tenants_branch)
"""
record = services.record


def record_or_break(*args: Any, **kwargs: Any) -> None:
    record(*args, **kwargs)
    if request_id.current.get().startswith(BREAK):
        raise ZeroDivisionError("a test asked for it")


services.record = record_or_break


def every_connection() -> list[dict[str, Any]]:
    """All connections of the pool at once: who each is, whose tenant it is pinned to, and the rows that it shows."""
    from django.db import connection

    with ExitStack() as stack:
        taken = [stack.enter_context(connection.pool.connection()) for _ in range(connection.pool.max_size)]
        states = [one.execute(STATE).fetchone() for one in taken]
    return [dict(zip(("pid", "role", "pinned", "rows"), state, strict=True)) for state in states]


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    if environ["PATH_INFO"] != LOOK:
        return ridley(environ, start_response)
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(every_connection()).encode()]
