"""Events over REST: read and filtered, never written."""

from __future__ import annotations

from typing import Any

from django.urls import path
from django_filters import rest_framework as filters
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ridley.core.access.fields import Output
from ridley.core.access.permissions import EVENTS_VIEW
from ridley.core.access.views import ListView, ScopedView
from ridley.core.audit import queries
from ridley.core.audit.kinds import kinds, words_of
from ridley.core.audit.models import Event


class EventOut(serializers.ModelSerializer):
    words = serializers.SerializerMethodField(help_text="The kind in words.")
    actor_name = serializers.SerializerMethodField()
    actor_email = serializers.SerializerMethodField()
    actor_kind = serializers.SerializerMethodField(help_text="person, or service for a program; empty if by itself.")

    class Meta:
        model = Event
        fields = [
            "id", "at", "kind", "words", "actor_id", "actor_name", "actor_email", "actor_kind", "subject_type",
            "subject_id", "data", "reason", "request_id", "staff_session_id",
        ]  # fmt: skip

    def get_words(self, event: Any) -> str:
        return words_of(event.kind)

    def get_actor_name(self, event: Any) -> str:
        who = event.who or {}
        return f"{who.get('first_name', '')} {who.get('last_name', '')}".strip() or who.get("email", "")

    def get_actor_email(self, event: Any) -> str:
        return (event.who or {}).get("email", "")

    def get_actor_kind(self, event: Any) -> str:
        return (event.who or {}).get("kind", "")


class EventFilters(filters.FilterSet):
    kind = filters.CharFilter(help_text="product.what_happened, exactly")
    actor = filters.UUIDFilter(field_name="actor_id")
    subject_type = filters.CharFilter()
    subject_id = filters.CharFilter()
    reason = filters.CharFilter(lookup_expr="icontains", help_text="A part of the reason.")
    staff_session = filters.NumberFilter(field_name="staff_session_id", help_text="Done in this staff session.")
    since = filters.IsoDateTimeFilter(field_name="at", lookup_expr="gte", help_text="From this moment on.")
    before = filters.IsoDateTimeFilter(field_name="at", lookup_expr="lt", help_text="Before this moment.")

    class Meta:
        model = Event
        fields: list[str] = []


class EventsView(ListView):
    permissions = {"get": EVENTS_VIEW}
    query = staticmethod(queries.told_events)
    order = ("-id",)
    filters = EventFilters
    output = EventOut
    export_name = "events"


class KindOut(Output):
    kind = serializers.CharField()
    words = serializers.CharField()


class KindsOut(Output):
    items = KindOut(many=True)


class EventKindsView(ScopedView):
    """What events there are, in words."""

    permissions = {"get": EVENTS_VIEW}
    output = KindsOut

    def get(self, request: Request, tenant: str) -> Response:
        return self.shown({"items": [{"kind": kind, "words": words} for kind, words in kinds().items()]})


urlpatterns = [path("events/", EventsView.as_view()), path("events/kinds/", EventKindsView.as_view())]
