"""Events over REST: read and filtered, never written."""

from __future__ import annotations

from django.urls import path
from django_filters import rest_framework as filters
from rest_framework import serializers

from ridley.core.access.permissions import EVENTS_VIEW
from ridley.core.access.views import ListView
from ridley.core.audit import queries
from ridley.core.audit.models import Event


class EventOut(serializers.ModelSerializer):
    class Meta:
        model = Event
        fields = ["id", "at", "kind", "actor_id", "subject_type", "subject_id", "data", "reason", "request_id"]


class EventFilters(filters.FilterSet):
    kind = filters.CharFilter(help_text="product.what_happened, exactly")
    actor = filters.UUIDFilter(field_name="actor_id")
    subject_type = filters.CharFilter()
    subject_id = filters.CharFilter()
    since = filters.IsoDateTimeFilter(field_name="at", lookup_expr="gte", help_text="From this moment on.")
    before = filters.IsoDateTimeFilter(field_name="at", lookup_expr="lt", help_text="Before this moment.")

    class Meta:
        model = Event
        fields: list[str] = []


class EventsView(ListView):
    permissions = {"get": EVENTS_VIEW}
    query = staticmethod(queries.events)
    order = ("-id",)
    filters = EventFilters
    output = EventOut
    export_name = "events"


urlpatterns = [path("events/", EventsView.as_view())]
