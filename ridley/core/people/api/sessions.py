"""Where I am signed in, and signing out elsewhere."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ridley.core.access.errors import NotFound
from ridley.core.access.fields import Output
from ridley.core.access.limits import CountedView
from ridley.core.access.schema import refusals
from ridley.core.accounts import sessions

REFUSALS = refusals("401 403 429")


class SessionOut(Output):
    """A sign-in. `this` is the one that asks."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=[sessions.COOKIE, sessions.TOKEN])
    address = serializers.CharField()
    agent = serializers.CharField(help_text="What the browser or program calls itself.")
    began_at = serializers.DateTimeField()
    seen_at = serializers.DateTimeField(help_text="To the minute.")
    this = serializers.BooleanField()


class SessionsOut(Output):
    items = SessionOut(many=True)


def current(request: Request) -> str | None:
    return sessions.session_key_of(request._request, request.auth)[0]


class MySessionsView(CountedView):
    """Where I am signed in: by a cookie, or by tokens."""

    metadata_class: Any = None

    @extend_schema(responses={200: SessionsOut, **REFUSALS})
    def get(self, request: Request) -> Response:
        """All of my sessions, the last seen first."""
        user: Any = request.user
        return Response(SessionsOut({"items": sessions.open_sessions(user.pk, current(request))}).data)

    @extend_schema(responses={204: None, **REFUSALS})
    def delete(self, request: Request) -> Response:
        """Sign out everywhere but here."""
        user: Any = request.user
        sessions.end_sessions(user.pk, but=current(request))
        return Response(status=204)


class MySessionView(CountedView):
    metadata_class: Any = None

    @extend_schema(responses={204: None, **REFUSALS, **refusals("404")})
    def delete(self, request: Request, id: int) -> Response:
        """End one of my sessions, with every token that was given out for it."""
        user: Any = request.user
        if not sessions.end_session(user.pk, id):
            raise NotFound()
        return Response(status=204)
