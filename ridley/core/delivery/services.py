"""Mails are kept with the deed that they tell of, and sent by a worker once it is committed."""

from __future__ import annotations

import json
from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPResponseException, SMTPSenderRefused  # noqa: TID251 the errors of Django's mail
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from ridley.core.access.encryption import decrypt, encrypt
from ridley.core.delivery.models import Mail, MailState

MAX_ATTEMPTS = 8
KEPT_DAYS = 30
FIELDS = ("subject", "body", "from_email", "to", "cc", "bcc", "reply_to", "extra_headers")
KIND = "X-Ridley-Mail"


def queue_mail(message: EmailMessage) -> Mail:
    """Keep a mail in the caller's transaction and have a worker send it after the commit: no deed, no mail."""
    if message.attachments:
        raise ValueError("A mail here is text; attachments are not kept.")
    contents: dict[str, Any] = {name: getattr(message, name) for name in FIELDS}
    contents["alternatives"] = [[str(content), kind] for content, kind in getattr(message, "alternatives", [])]
    with transaction.atomic():
        mail = Mail.objects.create(
            recipient=", ".join(message.recipients())[:1000],
            kind=str(message.extra_headers.get(KIND, ""))[:80],
            sealed=encrypt(json.dumps(contents)),
        )
        app.configure_task("delivery.mail").defer(mail_id=mail.pk)
    return mail


def send_mail(mail_id: int) -> None:
    """Send one mail that waits. Each attempt is counted before it is made, so that a mail goes out a few times at most.

    Raises what the mail server's absence raised, to be tried again later. A refusal of the mail itself is the end.
    """
    with transaction.atomic():
        mail = Mail.objects.select_for_update().filter(pk=mail_id, state=MailState.WAITING).first()
        if mail is None:
            return
        if mail.attempts >= MAX_ATTEMPTS:
            return end(mail, MailState.FAILED, mail.problem or "Its worker died in every attempt.")
        mail.attempts += 1
        mail.save(update_fields=["attempts"])
    try:
        get_connection(settings.MAIL_BACKEND).send_messages([read(mail)])
    except (SMTPRecipientsRefused, SMTPSenderRefused, SMTPResponseException) as error:
        code = getattr(error, "smtp_code", None) or max((code for code, _ in error.recipients.values()), default=550)  # type: ignore[union-attr]
        if code >= 500:
            return end(mail, MailState.FAILED, f"{type(error).__name__} {code}")
        return again(mail, error)
    except OSError as error:
        return again(mail, error)
    end(mail, MailState.SENT, "")


def again(mail: Mail, error: Exception) -> None:
    """Note why it failed, by the error's name alone: a server's words may quote the mail."""
    problem = type(error).__name__
    if mail.attempts >= MAX_ATTEMPTS:
        return end(mail, MailState.FAILED, problem)
    Mail.objects.filter(pk=mail.pk).update(problem=problem)
    raise error


def end(mail: Mail, state: MailState, problem: str) -> None:
    sent_at = timezone.now() if state == MailState.SENT else None
    Mail.objects.filter(pk=mail.pk).update(state=state, problem=problem[:200], sealed="", sent_at=sent_at)


def read(mail: Mail) -> EmailMessage:
    contents = json.loads(decrypt(mail.sealed))
    alternatives, headers = contents.pop("alternatives"), contents.pop("extra_headers")
    message = EmailMultiAlternatives(**contents, headers=headers)
    for content, kind in alternatives:
        message.attach_alternative(content, kind)
    return message


def forget_old_mails() -> int:
    """Remove what was sent or given up KEPT_DAYS ago. Returns how many."""
    before = timezone.now() - timedelta(days=KEPT_DAYS)
    return Mail.objects.filter(created_at__lt=before).exclude(state=MailState.WAITING).delete()[0]
