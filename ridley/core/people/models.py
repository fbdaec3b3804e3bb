"""Invitations: what somebody was offered, by whom, and what became of it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from ridley.core.tenants.models import Branch, TenantModel


class InvitationState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    ACCEPTED = "accepted", "Accepted"
    WITHDRAWN = "withdrawn", "Withdrawn"
    EXPIRED = "expired", "Expired"


class Invitation(TenantModel):
    """An address is invited to be a member with these roles, all with the same reach, from a moment until a moment.

    The secret of its link is kept as a hash alone. One that waits beyond `expires_at` counts as expired.
    """

    email = models.EmailField()
    roles = ArrayField(models.CharField(max_length=60))
    limits = models.JSONField(default=dict)
    branch = models.ForeignKey(Branch, null=True, on_delete=models.PROTECT, related_name="+")
    from_at = models.DateTimeField(null=True)
    until_at = models.DateTimeField(null=True)
    message = models.TextField(blank=True, default="")
    state = models.CharField(max_length=10, choices=InvitationState, default=InvitationState.WAITING)
    token_hash = models.CharField(max_length=64, db_index=True, help_text="SHA-256.")
    invited_by = models.UUIDField()
    staff_session_id = models.BigIntegerField(null=True, help_text="Invited by a superuser at work here.")
    accepted_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "email"], condition=Q(state="waiting"), name="invitation_once")
        ]
