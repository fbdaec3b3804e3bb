"""What was answered to a call that carried an Idempotency-Key, kept for a day."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from ridley.core.tenants.models import TenantModel


class IdempotencyKey(TenantModel):
    """One key of one person. Claimed in the work's own transaction, so key and effect stand or fall together."""

    actor_id = models.UUIDField()
    key = models.CharField(max_length=200)
    call = models.CharField(max_length=500, help_text="Method and path.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the body.")
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "actor_id", "key"], name="idempotency_key_once")]
        indexes = [models.Index(fields=["tenant", "created_at"], name="idempotency_age")]
