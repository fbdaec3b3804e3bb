"""A deed done later, as people follow it. The queue itself is procrastinate's; this is what it tells."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from ridley.core.tenants.models import TenantModel


class State(models.TextChoices):
    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class Job(TenantModel):
    """One job. `fraction` is 0 to 1; `words` say what is happening now; `problem` says why it failed."""

    kind = models.CharField(max_length=80, help_text="product.verb")
    arguments = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    fraction = models.FloatField(default=0)
    words = models.CharField(max_length=300, blank=True, default="")
    result = models.JSONField(null=True)
    problem = models.JSONField(null=True)
    actor_id = models.UUIDField(null=True)
    subject_type = models.CharField(max_length=60, blank=True, default="")
    subject_id = models.CharField(max_length=60, blank=True, default="")
    request_id = models.CharField(max_length=64, default="-")
    staff_session_id = models.BigIntegerField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    queue_id = models.BigIntegerField(null=True)
    not_before = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "id"], name="job_page"),
            models.Index(fields=["tenant", "subject_type", "subject_id"], name="job_subject"),
        ]
