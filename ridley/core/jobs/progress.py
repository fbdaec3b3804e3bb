"""Progress told from outside the job's transaction, so that people see it before the work commits."""

from __future__ import annotations

import logging
import time
from concurrent.futures import Future, ThreadPoolExecutor

from django.db import DatabaseError, InterfaceError

from ridley.core.database.pin import pinned
from ridley.core.jobs.models import Job, State

logger = logging.getLogger(__name__)
EVERY_SECONDS = 0.5
# One thread, one connection of its own, for all jobs of this process.
_teller = ThreadPoolExecutor(max_workers=1, thread_name_prefix="progress")


class Progress:
    """Say how far a job is: `progress(0.4, "Comparing 1,000,000 rows")`. Told at most twice a second; never fails."""

    def __init__(self, tenant_id: int, job_id: int) -> None:
        self.tenant_id, self.job_id = tenant_id, job_id
        self.last = 0.0
        self.waiting: Future[None] | None = None

    def __call__(self, fraction: float, words: str) -> None:
        now = time.monotonic()
        if now - self.last >= EVERY_SECONDS and (self.waiting is None or self.waiting.done()):
            self.last = now
            self.waiting = _teller.submit(tell, self.tenant_id, self.job_id, fraction, words)

    def finish(self) -> None:
        """Wait for the last word, so that it cannot overtake the job's end."""
        if self.waiting is not None:
            self.waiting.result()


def tell(tenant_id: int, job_id: int, fraction: float, words: str) -> None:
    try:
        with pinned(tenant_id):
            Job.objects.filter(tenant_id=tenant_id, pk=job_id, state=State.RUNNING).update(
                fraction=min(max(fraction, 0.0), 1.0), words=words[:300]
            )
    except (DatabaseError, InterfaceError):
        logger.warning("The progress of job %s could not be told.", job_id)
