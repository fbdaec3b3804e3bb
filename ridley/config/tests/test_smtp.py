"""A mail by SMTP, to a server of a few lines that says yes to everything."""

import socketserver
import threading

import pytest
from django.core.mail import EmailMessage

from ridley.config.mail import mail_server
from ridley.core.delivery.models import Mail
from tests.world import run_jobs


class Postbox(socketserver.StreamRequestHandler):
    """Enough of RFC 5321: what is said and what is sent is kept on the server."""

    def handle(self):
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline():
            word = line.split()[0].upper()
            self.server.said.append(line.strip().decode())
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                while (line := self.rfile.readline()) not in (b".\r\n", b""):
                    self.server.text.append(line.decode())
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 yes\r\n")


@pytest.fixture
def server():
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Postbox) as listening:
        listening.said, listening.text = [], []
        thread = threading.Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        yield listening
        listening.shutdown()
        thread.join(timeout=30)


def test_a_mail_arrives_at_the_mail_server_that_the_settings_name(db, server, settings):
    found = mail_server(f"smtp://127.0.0.1:{server.server_address[1]}?tls=none")
    settings.EMAIL_BACKEND, settings.MAIL_BACKEND = "ridley.core.delivery.mail.Queue", found.backend
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = found.host, found.port, found.tls == "start"
    EmailMessage("Hello", "A line", "Ridley <ridley@example.com>", ["asha@example.com"]).send()
    assert server.said == []
    run_jobs()
    named = [word.lower().split(">")[0] for word in server.said if ":" in word]
    assert named == ["mail from:<ridley@example.com", "rcpt to:<asha@example.com"]
    text = "".join(server.text)
    assert "Subject: Hello\r\n" in text
    assert text.endswith("\r\nA line\r\n")
    assert Mail.objects.get().state == "sent"
