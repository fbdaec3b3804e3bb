"""Periodic tasks: each moment of each schedule once, however clocks jump and however many workers there are.

What decides is the database's clock, which all workers share, and which `scheduled_at` is compared with too. The
library's own deferrer goes by the worker's clock, forgets what it fired before the newest moment (so a clock that jumps
ahead and back fires again), and after such a jump stays silent until the clock has caught up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from procrastinate.periodic import MARGIN, MAX_DELAY, PeriodicDeferrer, PeriodicRegistry, PeriodicTask, TaskAtTime

LOOK_SECONDS = 60.0  # a clock that was set is noticed within that time
NOW = "SELECT extract(epoch FROM clock_timestamp())::float AS now"
FIRED = """
SELECT EXISTS (SELECT 1 FROM procrastinate_jobs
    WHERE task_name = %(task)s AND args->>'timestamp' = %(moment)s) AS fired
"""
Clock = Callable[[], Awaitable[float]]


class Schedules(PeriodicDeferrer):
    """Defers what is due. `clock` is the database's unless a test says otherwise."""

    def __init__(self, registry: PeriodicRegistry, connector: Any, clock: Clock | None = None) -> None:
        super().__init__(registry, MAX_DELAY)
        self.connector = connector
        self.clock = clock or self.database_clock
        self.looked: float | None = None

    async def worker(self) -> None:
        """Look again and again, for ever."""
        while True:
            at = await self.look()
            await asyncio.sleep(min(self.get_next_tick(at) + MARGIN, LOOK_SECONDS))

    async def look(self) -> float:
        """Defer what is due at this moment, and return the moment."""
        at = await self.clock()
        due = [each for task in self.registry.periodic_tasks.values() if (each := self.newest(task, at))]
        await self.defer_jobs([each for each in due if not await self.was_fired(*each)])
        self.looked = at
        return at

    def newest(self, task: PeriodicTask, at: float) -> TaskAtTime | None:
        """The last moment of a schedule, if it is fresh, or came since the last look. Those before it are let go."""
        task.croniter.set_current(start_time=at)
        moment = round(task.croniter.get_prev(ret_type=float))
        came_since = self.looked is not None and moment > self.looked
        return (task, moment) if came_since or at - moment <= self.max_delay else None

    async def was_fired(self, task: PeriodicTask, moment: int) -> bool:
        """Whether any worker made the job of this moment within the week that the queue's books go back."""
        values = {"task": task.task.name, "moment": str(moment)}
        return bool((await self.connector.execute_query_one_async(FIRED, **values))["fired"])

    async def database_clock(self) -> float:
        return float((await self.connector.execute_query_one_async(NOW))["now"])
