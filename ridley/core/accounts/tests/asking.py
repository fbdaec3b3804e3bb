"""A front end at sign-in: with a cookie (browser) or with tokens (app), against django-allauth's headless API."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import struct
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

from django.core import mail
from django.test import Client

from ridley.core.accounts.models import User
from tests.world import World

PASSWORD = "correct-horse-9"
LINK = re.compile(r"https?://\S+")


class FrontEnd:
    """One device. `token` is set once signed in with tokens; before that `session` carries a half-done sign-in."""

    def __init__(self, kind: str = "browser", address: str = "127.0.0.1") -> None:
        self.kind, self.client = kind, Client(REMOTE_ADDR=address, headers={"User-Agent": f"Test {kind}"})
        self.session = self.token = ""

    def ask(self, verb: str, path: str, body: Any = None, **headers: str) -> Any:
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        elif self.session:
            headers["X-Session-Token"] = self.session
        full = path if path.startswith("/") else f"/_allauth/{self.kind}/v1/{path}"
        content = b"" if body is None else json.dumps(body).encode()
        response = self.client.generic(verb, full, content, content_type="application/json", headers=headers)
        meta = response.json().get("meta", {}) if response.content[:1] == b"{" else {}
        if self.kind == "app":
            self.session = meta.get("session_token", self.session)
            self.token = meta.get("access_token", self.token)
        return response

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.ask("POST", path, {} if body is None else body, **headers)

    def get(self, path: str, **headers: str) -> Any:
        return self.ask("GET", path, **headers)

    def sign_in(self, user: User, password: str = PASSWORD) -> Any:
        return self.post("auth/login", {"email": user.email, "password": password})

    def enrol(self, user: User) -> str:
        """Connect an authenticator app and return its secret."""
        secret = self.get("account/authenticators/totp").json()["meta"]["secret"]
        self.post("auth/reauthenticate", {"password": PASSWORD})
        answer = self.post("account/authenticators/totp", {"code": code(secret)})
        assert answer.status_code == 200, answer.content
        return secret


def with_password(user: User) -> User:
    user.set_password(PASSWORD)
    user.save()
    return user


def member(world: World, *roles: str) -> User:
    return with_password(world.member(*roles))


class Clock:
    """What time it is for codes and guesses: it stands still unless it is moved on (conftest.py)."""

    now = 1_900_000_000.0

    def time(self) -> float:
        return self.now

    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)

    def move(self, **of_time: float) -> None:
        self.now += timedelta(**of_time).total_seconds()

    def next_code(self) -> None:
        self.move(seconds=90)  # beyond the half minutes around this one


CLOCK = Clock()


def code(secret: str, steps: int = 0) -> str:
    """The code that an authenticator app shows now, or so many half minutes later (RFC 6238)."""
    counter = struct.pack(">Q", int(CLOCK.time()) // 30 + steps)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


def links() -> list[str]:
    """The links in the mails that were sent, in order."""
    return [link for message in mail.outbox for link in LINK.findall(str(message.body))]


def key_in(link: str) -> str:
    """What stands after #, as a front end reads it."""
    return unquote(link.partition("#")[2])
