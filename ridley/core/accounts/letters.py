"""Mails as texts: `templates/mail/NAME.txt` of an app, whose first line is the subject."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.core.mail import EmailMessage
from django.template import Context, Engine

LONGEST_SUBJECT = 200


@cache
def engine() -> Engine:
    return Engine(app_dirs=True, autoescape=False)


def letter(name: str, to: str, values: Mapping[str, Any]) -> EmailMessage:
    """One of our mails, in plain text."""
    text = engine().get_template(f"mail/{name}.txt").render(Context({**values}, autoescape=False))
    subject, _, body = text.partition("\n")
    headers = {"X-Ridley-Mail": name, "Auto-Submitted": "auto-generated"}
    subject = " ".join(subject.split())[:LONGEST_SUBJECT]
    return EmailMessage(subject, f"{body.strip()}\n", to=[to], headers=headers)


def send(name: str, to: str, values: Mapping[str, Any]) -> None:
    """Send it once the caller's transaction is committed."""
    letter(name, to, values).send()
