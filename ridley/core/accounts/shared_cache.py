"""Django's cache in a table that all web processes share: rate limits of sign-in, and second-factor codes already used.

Values are JSON, not pickles: whoever could write the table must not get to run code. Times are the database's.
"""

from __future__ import annotations

import json
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import connection, transaction

FOR_EVER = 10 * 365 * 86400
LIVES = "expires_at > clock_timestamp()"
SET = """
INSERT INTO accounts_cacheentry (key, value, expires_at)
VALUES (%s, %s, clock_timestamp() + make_interval(secs => %s))
ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at
"""
ADD = f"{SET} WHERE accounts_cacheentry.expires_at <= clock_timestamp()"
SWEEP = """
DELETE FROM accounts_cacheentry WHERE key = ANY (ARRAY(  -- an array, for it is made once: IN may ask again for each row
    SELECT key FROM accounts_cacheentry WHERE expires_at <= clock_timestamp() LIMIT 20 FOR UPDATE SKIP LOCKED))
"""


class SharedCache(BaseCache):
    """What has expired goes with the writes that follow, a few entries at a time."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        """Set it if it is not there. Of two at the same time one alone is told True."""
        return self._write(ADD, key, value, timeout, version)

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> None:
        self._write(SET, key, value, timeout, version)

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT value FROM accounts_cacheentry WHERE key = %s AND {LIVES}",
                [self.make_and_validate_key(key, version)],
            )
            row = cursor.fetchone()
        return default if row is None else json.loads(row[0])

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE accounts_cacheentry SET expires_at = clock_timestamp() + make_interval(secs => %s)"
                f" WHERE key = %s AND {LIVES}",
                [self._seconds(timeout), self.make_and_validate_key(key, version)],
            )
            return cursor.rowcount == 1

    def delete(self, key: Any, version: Any = None) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM accounts_cacheentry WHERE key = %s", [self.make_and_validate_key(key, version)])
            return cursor.rowcount == 1

    def clear(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM accounts_cacheentry")

    def _write(self, statement: str, key: Any, value: Any, timeout: Any, version: Any) -> bool:
        values: list[Any] = [self.make_and_validate_key(key, version), json.dumps(value), self._seconds(timeout)]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(SWEEP)
            cursor.execute(statement, values)
            return cursor.rowcount == 1

    def _seconds(self, timeout: Any) -> float:
        given = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        return FOR_EVER if given is None else max(float(given), 0.0)
