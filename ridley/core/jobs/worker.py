"""The library's worker with our schedules, and with patience for a database that has no room or is away."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from procrastinate.exceptions import ConnectorException
from procrastinate.worker import Worker

from ridley.core.jobs.registry import DATABASE_LOST, is_lost
from ridley.core.jobs.schedules import Schedules

logger = logging.getLogger(__name__)
AGAIN_SECONDS = 2.0


class PatientWorker(Worker):
    """Both methods are the library's private ones: tests/test_schedules.py notices if they go."""

    async def _periodic_deferrer(self) -> None:
        await Schedules(self.app.periodic_registry, self.app.connector).worker()

    async def _persist_job_status(self, *args: Any, **values: Any) -> None:
        """Write down how a job ended, again and again while the database cannot.

        Else the job would stay in the books as being done, by a worker that lives, and nobody would take it over.
        """
        while True:
            try:
                return await super()._persist_job_status(*args, **values)
            except ConnectorException as error:
                passes = isinstance(error.__cause__, DATABASE_LOST) and is_lost(error.__cause__)
                if not passes or self._stop_event.is_set():
                    raise
                logger.warning("The end of a job cannot be written down yet: %s", type(error.__cause__).__name__)
                await asyncio.sleep(AGAIN_SECONDS)
