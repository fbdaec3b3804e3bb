"""Jobs over REST: to follow their progress."""

from __future__ import annotations

from django.urls import path
from django_filters import rest_framework as filters
from rest_framework import serializers

from ridley.core.access.permissions import JOBS_VIEW
from ridley.core.access.views import DetailView, ListView
from ridley.core.jobs import queries
from ridley.core.jobs.models import Job, State


class JobOut(serializers.ModelSerializer):
    class Meta:
        model = Job
        fields = [
            "id", "kind", "state", "fraction", "words", "result", "problem", "actor_id", "subject_type", "subject_id",
            "attempts", "not_before", "created_at", "started_at", "ended_at",
        ]  # fmt: skip


class JobFilters(filters.FilterSet):
    state = filters.ChoiceFilter(choices=State.choices)
    kind = filters.CharFilter(help_text="product.verb, exactly")
    actor = filters.UUIDFilter(field_name="actor_id")
    subject_type = filters.CharFilter()
    subject_id = filters.CharFilter()

    class Meta:
        model = Job
        fields: list[str] = []


class JobsView(ListView):
    permissions = {"get": JOBS_VIEW}
    query = staticmethod(queries.jobs)
    order = ("-id",)
    filters = JobFilters
    output = JobOut
    export_name = "jobs"


class JobView(DetailView):
    permissions = {"get": JOBS_VIEW}
    one = staticmethod(queries.job)
    output = JobOut


urlpatterns = [path("jobs/", JobsView.as_view()), path("jobs/<int:id>/", JobView.as_view())]
