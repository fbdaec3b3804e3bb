"""Files that people sent, while they arrive and once they lie in storage."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from ridley.core.files import rules
from ridley.core.tenants.models import TenantModel


class State(models.TextChoices):
    RECEIVING = rules.RECEIVING, "Receiving"
    COMPLETE = rules.COMPLETE, "Complete"
    EXPIRED = rules.EXPIRED, "Expired"
    QUARANTINED = rules.QUARANTINED, "Quarantined"


class Upload(TenantModel):
    """One file. `name` is only ever shown: where the bytes lie follows from the id and the hash.

    While it is receiving, the size of its part file is the truth; `offset` is what the last request left there. Bytes
    that a killed server had written are therefore not asked for again.
    """

    name = models.CharField(max_length=rules.MAX_NAME, help_text="As the sender called it; never used as a path.")
    media_type = models.CharField(max_length=rules.MAX_MEDIA_TYPE, help_text="As the sender said; not looked into.")
    size = models.BigIntegerField(help_text="Bytes announced.")
    offset = models.BigIntegerField(default=0, help_text="Bytes received.")
    state = models.CharField(max_length=12, choices=State, default=State.RECEIVING)
    sha256 = models.CharField(max_length=64, blank=True, default="", help_text="Of the whole file; empty until known.")
    storage_name = models.CharField(max_length=200, blank=True, default="")
    actor_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(help_text="When it is removed if nothing more arrives.")
    completed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(offset__gte=0, offset__lte=models.F("size")), name="upload_offset_within_size"
            ),
            models.CheckConstraint(
                condition=~models.Q(state=State.COMPLETE)
                | models.Q(offset=models.F("size"), sha256__gt="", storage_name__gt="", completed_at__isnull=False),
                name="upload_complete_is_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "sha256"], name="upload_hash"),
            models.Index(fields=["tenant", "state", "expires_at"], name="upload_expiry"),
        ]
