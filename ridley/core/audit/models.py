"""What was done, by whom, kept for ever. The app role can add events and read them; it cannot change or remove one."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from ridley.core.tenants.models import TenantModel


class Event(TenantModel):
    """One deed. The actor is no foreign key, or people could never be deleted."""

    at = models.DateTimeField(db_default=Now())
    kind = models.CharField(max_length=80, help_text="product.what_happened")
    actor_id = models.UUIDField(null=True)
    subject_type = models.CharField(max_length=60, blank=True, default="")
    subject_id = models.CharField(max_length=60, blank=True, default="")
    data = models.JSONField(default=dict)
    reason = models.TextField(blank=True, default="")
    request_id = models.CharField(max_length=64, default="-")
    staff_session_id = models.BigIntegerField(null=True, help_text="The staff session it was done in, if in one.")

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "id"], name="event_page"),
            models.Index(fields=["tenant", "subject_type", "subject_id"], name="event_subject"),
        ]
