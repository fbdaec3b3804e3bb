"""How mail leaves: RIDLEY_EMAIL as Django's settings."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import parse_qsl, unquote, urlsplit

from ridley.config.environment import BadSetting

WANTED = "file, console or smtp://user:password@host:port?tls=start|implicit|none"
PORTS = {"start": 587, "implicit": 465, "none": 25}


@dataclass(frozen=True, slots=True)
class MailServer:
    """`tls`: start (a plain connection that is encrypted before anything is said), implicit (from the first byte)."""

    backend: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    tls: str = "none"


def mail_server(address: str) -> MailServer:
    """What RIDLEY_EMAIL says. Raises BadSetting, without the address: there is a password in it."""
    if address == "file":
        return MailServer("ridley.core.delivery.mail.Folder")
    if address == "console":
        return MailServer("django.core.mail.backends.console.EmailBackend")
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise BadSetting(f"RIDLEY_EMAIL: its port is no number; wanted {WANTED}.") from None
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    tls = options.pop("tls", "start")
    if parts.scheme != "smtp" or not parts.hostname or options or tls not in PORTS or parts.path.strip("/"):
        raise BadSetting(f"RIDLEY_EMAIL: wanted {WANTED}.")
    if tls == "none" and parts.password and not is_this_machine(parts.hostname):
        raise BadSetting("RIDLEY_EMAIL: with tls=none the password would cross the network in the clear.")
    return MailServer(
        "django.core.mail.backends.smtp.EmailBackend", parts.hostname, port or PORTS[tls],
        unquote(parts.username or ""), unquote(parts.password or ""), tls,
    )  # fmt: skip


def is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
