"""RIDLEY_EMAIL, read."""

import pytest

from ridley.config.environment import BadSetting
from ridley.config.mail import MailServer, mail_server

SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.mark.parametrize(
    ("address", "server"),
    [
        ("file", MailServer("ridley.core.delivery.mail.Folder")),
        ("console", MailServer("django.core.mail.backends.console.EmailBackend")),
        ("smtp://mail.example.com", MailServer(SMTP, "mail.example.com", 587, "", "", "start")),
        ("smtp://u%40x:p%3Aq@mail.example.com:2525", MailServer(SMTP, "mail.example.com", 2525, "u@x", "p:q", "start")),
        ("smtp://u:p@mail.example.com?tls=implicit", MailServer(SMTP, "mail.example.com", 465, "u", "p", "implicit")),
        ("smtp://mail.example.com?tls=none", MailServer(SMTP, "mail.example.com", 25, "", "", "none")),
        ("smtp://u:p@127.0.0.1:1025?tls=none", MailServer(SMTP, "127.0.0.1", 1025, "u", "p", "none")),
    ],
)
def test_what_it_says(address, server):
    assert mail_server(address) == server


@pytest.mark.parametrize(
    "address",
    ["", "files", "smtp://", "smtps://u:s3cret@mail.example.com", "smtp://u:s3cret@mail.example.com:port",
     "smtp://u:s3cret@mail.example.com?tls=yes", "smtp://u:s3cret@mail.example.com?ssl=true",
     "smtp://u:s3cret@mail.example.com/path", "smtp://u:s3cret@mail.example.com?tls=none"],
)  # fmt: skip
def test_what_it_cannot_mean_is_refused_without_telling_the_password(address):
    with pytest.raises(BadSetting) as refused:
        mail_server(address)
    assert str(refused.value).startswith("RIDLEY_EMAIL: ")
    assert "s3cret" not in str(refused.value)
