"""How often something may come within a time: counted in PostgreSQL, for all processes together.

A window begins with the first hit and ends after its period; then counting begins anew. Count outside of a transaction
that may be rolled back: a refusal would take its own count back.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import DatabaseError, connection

logger = logging.getLogger(__name__)

# In the order of the keys, so that two processes that count the same ones do not wait for each other in a circle.
COUNT = """
INSERT INTO accounts_hitcount AS c (key, ends_at, count)
SELECT w.key, statement_timestamp() + make_interval(secs => w.period), w.hits
  FROM unnest(%s::text[], %s::int[], %s::bigint[]) AS w (key, period, hits) ORDER BY w.key
ON CONFLICT (key) DO UPDATE SET
  count = CASE WHEN c.ends_at <= statement_timestamp() THEN excluded.count ELSE c.count + excluded.count END,
  ends_at = CASE WHEN c.ends_at <= statement_timestamp() THEN excluded.ends_at ELSE c.ends_at END
RETURNING key, count, extract(epoch FROM ends_at - statement_timestamp())::float
"""
TELL_SECONDS = 0.25  # for so long a process may know of hits that the others do not
NEAR = 0.9  # of a limit; from there on each hit is told at once


def count(hits: Mapping[str, tuple[int, int]]) -> dict[str, tuple[int, float]]:
    """Count `hits`, key -> (period in seconds, how many). Returns key -> (all of its window, seconds until its end)."""
    periods, numbers = zip(*hits.values(), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [list(hits), list(periods), list(numbers)])
        return {key: (found, left) for key, found, left in cursor.fetchall()}


def hit(key: str, limit: int, period: int) -> int | None:
    """Count one, exactly. None while there are no more than `limit` in `period` seconds; else the seconds to wait."""
    found, left = count({key: (period, 1)})[key]
    return None if found <= limit else max(1, math.ceil(left))


def forget_ended() -> int:
    """Remove the counts of windows that have ended. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_hitcount WHERE ends_at < now()")
        return int(cursor.rowcount)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a counted key stands: hits that are left of its window, and whole seconds until that ends."""

    remaining: int
    seconds: int
    refused: bool


@dataclass(slots=True)
class Window:
    ends: float  # by this process's monotonic clock
    period: int
    known: int = 0  # of all processes, as far as heard, and of this one
    untold: int = 0  # of them, those that the table does not have yet


class Shared:
    """Counts ahead in memory and tells the table four times a second, or at once when a limit is near.

    So a process lets through at most what comes to it in a quarter of a second too many, and a request costs no
    statement. A count that cannot be told stops nobody.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.windows: dict[str, Window] = {}
        self.due = 0.0

    def hit(self, key: str, limit: int, period: int) -> Standing:
        """Count one, unless the limit is reached already."""
        with self.lock:
            now = time.monotonic()
            window = self.windows.get(key)
            if window is None or now >= window.ends:
                window = self.windows[key] = Window(now + period, period)
            if window.known >= limit:
                return Standing(0, self.left(window), refused=True)
            window.known += 1
            window.untold += 1
            untold = self.taken(now) if now >= self.due or window.known >= NEAR * limit else {}
        if untold:
            self.tell(untold)
        return Standing(max(0, limit - window.known), self.left(window), refused=window.known > limit)

    @staticmethod
    def left(window: Window) -> int:
        return max(1, math.ceil(window.ends - time.monotonic()))

    def taken(self, now: float) -> dict[str, tuple[int, int]]:
        """What is to be told now. Windows that have ended are forgotten."""
        self.due = now + TELL_SECONDS
        self.windows = {key: window for key, window in self.windows.items() if window.ends > now}
        found = {key: (window.period, window.untold) for key, window in self.windows.items() if window.untold}
        for key in found:
            self.windows[key].untold = 0
        return found

    def tell(self, untold: Mapping[str, tuple[int, int]]) -> None:
        try:
            found = count(untold)
        except DatabaseError as error:
            if connection.in_atomic_block:
                raise
            logger.warning("Hits could not be counted: %s", error)
            return
        now = time.monotonic()
        with self.lock:
            for key, (all_hits, left) in found.items():
                if window := self.windows.get(key):
                    window.known, window.ends = all_hits + window.untold, now + left
