"""Django's way to send mail, with a queue in between: named as EMAIL_BACKEND, so that whoever sends mail uses it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.filebased import EmailBackend as FileBackend


class Queue(BaseEmailBackend):
    """Keeps mails in the caller's transaction; a worker sends them by MAIL_BACKEND."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        from ridley.core.delivery import services  # names models, which are not ready when settings are read

        for message in email_messages:
            services.queue_mail(message)
        return len(email_messages)


class Folder(FileBackend):
    """Writes mails as files into EMAIL_FILE_PATH, a folder that nobody else may read: mails hold secret links."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        Path(settings.EMAIL_FILE_PATH).mkdir(mode=0o700, parents=True, exist_ok=True)
        super().__init__(*args, **kwargs)
