"""The tenant that this connection works for, until the transaction ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def pinned(tenant_id: int) -> Iterator[None]:
    """A transaction in which the database shows and takes rows of one tenant only.

    Nested blocks restore the pin before them: a savepoint's release would keep it. After an error the rollback does.
    """
    with transaction.atomic():
        before = pin(tenant_id)
        yield
        restore(before)


def pin(tenant_id: int) -> str:
    """Pin until the transaction's end and return the pin before. Only inside a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(current_setting('app.tenant_id', true), ''), set_config('app.tenant_id', %s, true)",
            [str(tenant_id)],
        )
        return str(cursor.fetchone()[0])


def restore(before: str) -> None:
    """Put an earlier pin back, unless a rollback is due, which does it by itself."""
    if not connection.needs_rollback:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('app.tenant_id', %s, true)", [before])
