"""What goes out: mails that wait, and what became of them."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class MailState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    SENT = "sent", "Sent"
    FAILED = "failed", "Failed"


class Mail(models.Model):
    """One mail. Its text, which may hold a secret link, is encrypted, and gone once the mail is sent or given up."""

    recipient = models.CharField(max_length=1000)
    kind = models.CharField(max_length=80, blank=True, default="", help_text="Which of our texts it is.")
    sealed = models.TextField(blank=True, help_text="Encrypted; empty once it has been sent or given up.")
    state = models.CharField(max_length=10, choices=MailState, default=MailState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=200, blank=True, default="", help_text="Why the last attempt failed.")
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="mail_age")]
