"""Mail: kept with the deed, sent after it, a few times at most, and told of without its secrets."""

import json
import smtplib
import stat
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.db import connection, transaction
from django.utils import timezone

from ridley.core.access.encryption import decrypt
from ridley.core.delivery import services
from ridley.core.delivery.models import Mail, MailState
from tests.world import run_jobs

SECRET = "https://example.com/account/reset#s3cret"
LOCMEM = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture(autouse=True)
def queue(db, settings):
    """As in production, but for the last step: what leaves is put into the outbox."""
    settings.EMAIL_BACKEND, settings.MAIL_BACKEND = "ridley.core.delivery.mail.Queue", LOCMEM


def message(**more):
    return EmailMessage("Hello", f"Follow {SECRET}", to=["asha@example.com"], headers={"X-Ridley-Mail": "test"}, **more)


def state():
    return list(Mail.objects.order_by("pk").values_list("state", "attempts", "problem"))


class Broken:
    """A mail server that answers with this error, so many times, and then works."""

    def __init__(self, monkeypatch, error, times=10**6):
        self.asked, self.error, self.times = 0, error, times
        monkeypatch.setattr(f"{LOCMEM}.send_messages", self.send)

    def send(self, messages):
        self.asked += 1
        if self.asked <= self.times:
            raise self.error
        mail.outbox.extend(messages)
        return len(messages)


def test_a_mail_waits_for_a_worker_and_goes_out_once():
    assert message().send() == 1
    assert (mail.outbox, state()) == ([], [("waiting", 0, "")])
    assert run_jobs() == 1
    (sent,) = mail.outbox
    assert (sent.subject, sent.body, sent.to) == ("Hello", f"Follow {SECRET}", ["asha@example.com"])
    assert sent.extra_headers == {"X-Ridley-Mail": "test"}
    assert state() == [("sent", 1, "")]
    services.send_mail(Mail.objects.get().pk)
    assert len(mail.outbox) == 1


def test_a_deed_that_is_taken_back_sends_nothing():
    with transaction.atomic():
        message().send()
        transaction.set_rollback(True)
    assert (run_jobs(), mail.outbox, state()) == (0, [], [])


def test_both_parts_of_a_mail_and_all_who_get_it_arrive():
    both = EmailMultiAlternatives(
        "Hello", "plain", "From <from@example.com>", ["to@example.com"],
        cc=["cc@example.com"], bcc=["bcc@example.com"], reply_to=["re@example.com"],
    )  # fmt: skip
    both.attach_alternative("<p>rich</p>", "text/html")
    both.send()
    run_jobs()
    (sent,) = mail.outbox
    assert sent.recipients() == ["to@example.com", "cc@example.com", "bcc@example.com"]
    assert (sent.from_email, sent.reply_to) == ("From <from@example.com>", ["re@example.com"])
    assert [tuple(part) for part in sent.alternatives] == [("<p>rich</p>", "text/html")]


def test_an_attachment_is_refused_and_not_lost_silently():
    with pytest.raises(ValueError, match="attachments are not kept"):
        message(attachments=[("a.txt", "text", "text/plain")]).send()
    assert Mail.objects.count() == 0


def test_its_text_is_encrypted_while_it_waits_and_gone_when_it_is_sent(owner):
    message().send()
    row = Mail.objects.get()
    assert json.loads(decrypt(row.sealed))["body"] == f"Follow {SECRET}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(m::text, '') FROM delivery_mail m")
        stored = cursor.fetchone()[0]
        cursor.execute("SELECT string_agg(j::text, '') FROM procrastinate_jobs j")
        stored += cursor.fetchone()[0]
    assert "s3cret" not in stored
    run_jobs()
    assert Mail.objects.get().sealed == ""


def test_a_server_that_is_away_is_asked_again_and_the_mail_arrives(monkeypatch):
    server = Broken(monkeypatch, ConnectionRefusedError("no"), times=2)
    message().send()
    row = Mail.objects.get()
    for _ in range(2):
        with pytest.raises(ConnectionRefusedError):
            services.send_mail(row.pk)
    assert state() == [("waiting", 2, "ConnectionRefusedError")]
    services.send_mail(row.pk)
    assert (server.asked, len(mail.outbox), state()) == (3, 1, [("sent", 3, "")])


def test_after_eight_attempts_it_is_given_up(monkeypatch):
    server = Broken(monkeypatch, TimeoutError("no"))
    message().send()
    row = Mail.objects.get()
    for _ in range(7):
        with pytest.raises(TimeoutError):
            services.send_mail(row.pk)
    services.send_mail(row.pk)
    services.send_mail(row.pk)
    assert (server.asked, state(), Mail.objects.get().sealed) == (8, [("failed", 8, "TimeoutError")], "")


def test_a_worker_that_dies_while_sending_does_not_send_for_ever(monkeypatch):
    server = Broken(monkeypatch, KeyboardInterrupt())
    message().send()
    row = Mail.objects.get()
    for _ in range(8):
        with pytest.raises(KeyboardInterrupt):
            services.send_mail(row.pk)
    services.send_mail(row.pk)
    assert (server.asked, state()) == (8, [("failed", 8, "Its worker died in every attempt.")])


REFUSED = {"asha@example.com": (550, b"no such user s3cret")}


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (smtplib.SMTPRecipientsRefused(REFUSED), "SMTPRecipientsRefused 550"),
        (smtplib.SMTPSenderRefused(553, b"no", "from@example.com"), "SMTPSenderRefused 553"),
        (smtplib.SMTPDataError(554, b"spam s3cret"), "SMTPDataError 554"),
    ],
)
def test_a_mail_that_is_refused_for_good_is_not_sent_again(monkeypatch, error, told):
    server = Broken(monkeypatch, error)
    message().send()
    run_jobs()
    assert (server.asked, state()) == (1, [("failed", 1, told)])


@pytest.mark.parametrize(
    "error",
    [
        smtplib.SMTPRecipientsRefused({"asha@example.com": (451, b"later")}),
        smtplib.SMTPDataError(421, b"later"),
        smtplib.SMTPServerDisconnected("gone"),
    ],
)
def test_a_mail_that_is_refused_for_now_is_sent_again(monkeypatch, error):
    Broken(monkeypatch, error, times=1)
    message().send()
    with pytest.raises(type(error)):
        run_jobs()
    services.send_mail(Mail.objects.get().pk)
    assert state() == [("sent", 2, "")]


def test_files_of_mails_lie_in_a_folder_that_nobody_else_may_read(settings, tmp_path):
    settings.MAIL_BACKEND = "ridley.core.delivery.mail.Folder"
    settings.EMAIL_FILE_PATH = tmp_path / "new" / "mail"
    message().send()
    run_jobs()
    (file,) = settings.EMAIL_FILE_PATH.iterdir()
    assert f"Follow {SECRET}" in file.read_text()
    assert stat.S_IMODE(settings.EMAIL_FILE_PATH.stat().st_mode) == 0o700


def test_what_was_sent_is_forgotten_after_a_month_and_what_waits_is_not():
    old, young = (timezone.now() - timedelta(days=days) for days in (31, 29))
    for moment in (old, young):
        for each in MailState:
            made = Mail.objects.create(recipient="a@example.com", state=each)
            Mail.objects.filter(pk=made.pk).update(created_at=moment)
    assert services.forget_old_mails() == 2
    assert list(Mail.objects.filter(created_at=old).values_list("state", flat=True)) == ["waiting"]
    assert Mail.objects.filter(created_at=young).count() == 3
