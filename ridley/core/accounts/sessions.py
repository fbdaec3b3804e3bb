"""Where a person is signed in: by a cookie or by tokens, each a session that can be listed and ended."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.headless.tokens.strategies.jwt.internal import session_key_from_sid
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

COOKIE, TOKEN = "cookie", "token"
SEEN_EVERY_SECONDS = 60
REMEMBERED = 10_000  # sessions of which this process knows when it last noted them
SEEN = """
INSERT INTO usersessions_usersession (user_id, session_key, ip, user_agent, data, created_at, last_seen_at)
VALUES (%s, %s, %s, %s, jsonb_build_object('kind', %s::text), clock_timestamp(), clock_timestamp())
ON CONFLICT (session_key) DO UPDATE SET last_seen_at = excluded.last_seen_at, ip = excluded.ip,
    user_agent = excluded.user_agent, data = usersessions_usersession.data || excluded.data
  WHERE usersessions_usersession.user_id = excluded.user_id
"""


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session as its person sees it. `this` is the one that asks."""

    id: int
    kind: str
    address: str
    agent: str
    began_at: datetime
    seen_at: datetime
    this: bool


def session_key_of(request: HttpRequest, auth: Any = None) -> tuple[str | None, str]:
    """The key of the session that a request came by, and whether by cookie or token."""
    claims = auth if isinstance(auth, Mapping) else getattr(auth, "claims", None)
    if claims and "sid" in claims:
        return session_key_from_sid(claims["sid"]), TOKEN
    return request.session.session_key, COOKIE


def of(user_id: UUID) -> QuerySet[UserSession]:
    """The person's sessions that have not ended or expired."""
    alive = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    return UserSession.objects.filter(user_id=user_id, session_key__in=alive)


def open_sessions(user_id: UUID, current: str | None) -> list[OpenSession]:
    """Where the person is signed in, the last seen first."""
    return [
        OpenSession(
            id=row.pk, kind=row.data.get("kind", COOKIE), address=row.ip, agent=row.user_agent,
            began_at=row.created_at, seen_at=row.last_seen_at, this=row.session_key == current,
        )
        for row in of(user_id).order_by("-last_seen_at", "-pk")
    ]  # fmt: skip


def end_session(user_id: UUID, id: int) -> bool:
    """End one of the person's sessions, with every token given out for it. False if they have no such session."""
    return end(UserSession.objects.filter(user_id=user_id, pk=id)) > 0


def end_sessions(user_id: UUID, *, but: str | None = None) -> int:
    """End all of the person's sessions, or all but the one with this key. Returns how many."""
    return end(UserSession.objects.filter(user_id=user_id).exclude(session_key=but or ""))


def end(rows: QuerySet[UserSession]) -> int:
    keys = list(rows.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    return rows.model.objects.filter(session_key__in=keys).delete()[0]


def note_seen(request: HttpRequest, user_id: UUID, session_key: str, kind: str) -> None:
    """Note from where a session was used, now."""
    agent = request.headers.get("User-Agent", "").replace("\x00", "")[:200]
    address = get_adapter().get_client_ip(request)
    with connection.cursor() as cursor:
        cursor.execute(SEEN, [user_id, session_key, address, agent, kind])


class RememberSeen:
    """Notes the use of sessions, each at most once a minute in each process."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.noted: OrderedDict[str, float] = OrderedDict()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if hasattr(request, "auth") or hasattr(request, "_cached_user"):  # else nobody asked who this is
            self.note(request)
        return response

    def note(self, request: HttpRequest) -> None:
        user: Any = request.user
        key, kind = session_key_of(request, getattr(request, "auth", None)) if user.is_authenticated else (None, "")
        if key and self.is_due(key):
            with suppress(DatabaseError, PermissionDenied), transaction.atomic():  # no reason to refuse an answer
                note_seen(request, user.pk, key, kind)

    def is_due(self, key: str) -> bool:
        now = time.monotonic()
        if now - self.noted.get(key, -SEEN_EVERY_SECONDS) < SEEN_EVERY_SECONDS:
            return False
        self.noted[key] = now
        self.noted.move_to_end(key)
        while len(self.noted) > REMEMBERED:
            self.noted.popitem(last=False)
        return True
