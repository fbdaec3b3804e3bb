"""The queue's own schedules: dead workers' jobs are taken over, old entries are removed."""

from __future__ import annotations

import logging

from django.conf import settings
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException

from ridley.core.access.idempotency import forget_old_keys
from ridley.core.accounts.limits import forget_ended
from ridley.core.database.pin import pinned
from ridley.core.jobs.runner import drop_dead_connection, end_given_up
from ridley.core.tenants.models import Tenant

logger = logging.getLogger(__name__)


@app.periodic(cron="* * * * *")
@app.task(name="jobs.take_over", queueing_lock="jobs.take_over", pass_context=True)
async def take_over(context: JobContext, timestamp: int) -> None:
    """Queue again what a killed worker left behind. Jobs are safe to run twice."""
    stalled = await context.app.job_manager.get_stalled_jobs(seconds_since_heartbeat=settings.JOB_STALLED_SECONDS)
    for job in stalled:
        try:
            await context.app.job_manager.retry_job(job)
        except ConnectorException as error:  # it ended at this very moment; the others are not to wait for it
            logger.warning("Job %s of the queue could not be taken over: %s", job.id, error)


@app.periodic(cron="*/5 * * * *")
@app.task(name="jobs.end_given_up", queueing_lock="jobs.end_given_up")
def tell_given_up(timestamp: int) -> None:
    """Tell the end of what the queue has given up, of every tenant, each behind its own wall."""
    drop_dead_connection()
    for tenant_id in Tenant.objects.order_by("pk").values_list("pk", flat=True):
        with pinned(tenant_id):
            end_given_up(tenant_id)


@app.periodic(cron="17 3 * * *")
@app.task(name="jobs.clean_up", queueing_lock="jobs.clean_up", pass_context=True)
async def clean_up(context: JobContext, timestamp: int) -> None:
    """Remove the queue's entries of jobs that ended well a week ago. What people see of a job stays."""
    await context.app.job_manager.delete_old_jobs(nb_hours=7 * 24, include_failed=False)


@app.periodic(cron="41 * * * *")
@app.task(name="jobs.forget_hits", queueing_lock="jobs.forget_hits")
def forget_hits(timestamp: int) -> None:
    """Forget how often came whom nobody counts any more."""
    drop_dead_connection()
    forget_ended()


@app.periodic(cron="29 * * * *")
@app.task(name="jobs.forget_keys", queueing_lock="jobs.forget_keys")
def forget_keys(timestamp: int) -> None:
    """Forget the idempotency keys of every tenant that are older than a day, each behind its own wall."""
    drop_dead_connection()
    for tenant_id in Tenant.objects.order_by("pk").values_list("pk", flat=True):
        with pinned(tenant_id):
            forget_old_keys(tenant_id)
