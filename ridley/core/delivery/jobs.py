"""Sending mails. They belong to no tenant: somebody who asks for a new password has not come in anywhere yet."""

from __future__ import annotations

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from ridley.core.delivery import services
from ridley.core.jobs.registry import DATABASE_LOST
from ridley.core.jobs.runner import drop_dead_connection

# 4 s, 16 s, a minute, ... four and a half hours: about six hours in all until a mail server is back
AGAIN = RetryStrategy(
    max_attempts=services.MAX_ATTEMPTS, exponential_wait=4, retry_exceptions=[OSError, *DATABASE_LOST]
)


@app.task(name="delivery.mail", retry=AGAIN)
def mail(mail_id: int) -> None:
    """Send one mail that waits."""
    drop_dead_connection()
    services.send_mail(mail_id)


@app.periodic(cron="41 3 * * *")
@app.task(name="delivery.forget_mails", queueing_lock="delivery.forget_mails")
def forget_mails(timestamp: int) -> None:
    drop_dead_connection()
    services.forget_old_mails()
