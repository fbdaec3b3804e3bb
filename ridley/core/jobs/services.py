"""Enqueueing work in the caller's transaction: no deed, no job; no job, no deed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone
from procrastinate.contrib.django import app

from ridley.core.access.scope import Scope
from ridley.core.jobs.models import Job, State
from ridley.core.jobs.registry import registered


def cancel(job: Job) -> None:
    """Take a job back that has not begun, in the caller's transaction. One that runs or has ended is left alone."""
    if job.state == State.WAITING and app.job_manager.cancel_job_by_id(job.queue_id or 0):
        job.state, job.words, job.ended_at = State.CANCELLED, "Cancelled.", timezone.now()
        job.save(update_fields=["state", "words", "ended_at"])


def enqueue(
    scope: Scope,
    name: str,
    *,
    subject: Any = None,
    lock: str | None = None,
    at: datetime | None = None,
    **arguments: Any,
) -> Job:
    """Have a worker do a job after this transaction commits, or from `at` on. Jobs of one `lock` run in turn."""
    if name not in registered:
        raise ValueError(f"No job is named {name!r}. Known: {', '.join(sorted(registered)) or 'none'}.")
    made = Job.objects.create(
        tenant_id=scope.tenant_id,
        kind=name,
        arguments=arguments,
        words="Waiting for a worker." if at is None else "Waiting for its moment.",
        actor_id=scope.actor_id,
        subject_type=subject._meta.model_name if subject is not None else "",
        subject_id=str(subject.pk) if subject is not None else "",
        request_id=scope.request_id,
        staff_session_id=scope.staff_session_id,
        not_before=at,
    )
    task = app.configure_task(name, lock=f"{scope.tenant_id}:{lock}" if lock else None, schedule_at=at)
    made.queue_id = task.defer(tenant_id=scope.tenant_id, job_id=made.pk)
    made.save(update_fields=["queue_id"])
    return made
