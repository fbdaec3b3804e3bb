"""Change sets over REST, for every target. Who may do what is the target's product to say."""

from __future__ import annotations

from typing import Any

from django.urls import path
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ridley.core.access.etag import etag
from ridley.core.access.fields import Input, Output
from ridley.core.access.views import DetailView, ListView, ScopedView
from ridley.core.changes import queries, services
from ridley.core.changes.filters import ChangeFilters, ChangeSetFilters
from ridley.core.changes.models import Change, ChangeSet, Decision, Verdict
from ridley.core.changes.searching import NAME
from ridley.core.changes.targets import APPLY, DECIDE, RELEASE, UNDO, UPLOAD, VIEW, AnyTarget
from ridley.core.jobs.api import JobOut
from ridley.core.search.api import SearchedList


class ChangeSetOut(serializers.ModelSerializer):
    class Meta:
        model = ChangeSet
        exclude = ["tenant", "compared_revision", "settled_version", "settled_profile", "report", "limit_value"]


class ChangeSetDetailOut(ChangeSetOut):
    """One set, with what was found in its file."""

    class Meta(ChangeSetOut.Meta):
        exclude = ["tenant", "compared_revision", "settled_version", "settled_profile", "limit_value"]


class ChangeSetWithJobOut(Output):
    """A set on its way, and the job to follow; no job where nothing is left to do."""

    change_set = ChangeSetDetailOut()
    job = JobOut(allow_null=True)


class CellOut(Output):
    column = serializers.CharField()
    old = serializers.CharField(allow_null=True)
    new = serializers.CharField(allow_null=True)


class ChangeOut(Output):
    id = serializers.IntegerField()
    kind = serializers.CharField()
    key = serializers.CharField()
    record = serializers.DictField(child=serializers.CharField(), allow_null=True)
    cells = CellOut(many=True)
    decision = serializers.CharField(source="verdict")
    fate = serializers.CharField()
    decision_id = serializers.IntegerField(allow_null=True)
    decided_by = serializers.UUIDField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    before_version = serializers.IntegerField(allow_null=True)
    after_version = serializers.IntegerField(allow_null=True)


class CurrentOut(Output):
    version = serializers.IntegerField()
    data = serializers.DictField(child=serializers.CharField())  # type: ignore[assignment]


class ChangeDetailOut(ChangeOut):
    """One change: what it started from (`cells.old`), what it proposes (`cells.new`) and the row as it is now."""

    current = serializers.SerializerMethodField()

    @extend_schema_field(CurrentOut(allow_null=True))
    def get_current(self, change: Change) -> Any:
        found = queries.current_record(self.context["scope"], change)
        return CurrentOut(found).data if found else None


class DecisionOut(serializers.ModelSerializer):
    class Meta:
        model = Decision
        exclude = ["tenant"]


class DecisionIn(Input):
    """Either `ids`, or `filter` with the same names as the list of changes; neither: all changes."""

    decision = serializers.ChoiceField(choices=Verdict.choices)
    comment = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    filter = serializers.DictField(child=serializers.CharField(trim_whitespace=False), required=False)
    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62), required=False, min_length=1, max_length=10000
    )
    expected = serializers.IntegerField(required=False, min_value=0, max_value=2**62, help_text="How many you saw.")


class ApplyIn(Input):
    rest = serializers.ChoiceField(choices=["refuse", "wait", "reject"], required=False)
    at = serializers.DateTimeField(required=False, help_text="Apply at this moment instead of now.")


class CommentIn(Input):
    comment = serializers.CharField(required=False, allow_blank=True, max_length=5000)


class NothingIn(Input):
    """No body."""


class SummaryCountOut(Output):
    kind = serializers.CharField()
    decision = serializers.CharField()
    fate = serializers.CharField()
    count = serializers.IntegerField()


class SummaryColumnOut(Output):
    column = serializers.CharField()
    count = serializers.IntegerField()


class SummaryOut(Output):
    counts = SummaryCountOut(many=True)
    columns = SummaryColumnOut(many=True)
    conflicts = serializers.IntegerField()


class ChangeSetsView(ListView):
    permissions = {"get": AnyTarget(VIEW)}
    query = staticmethod(queries.change_sets)
    order = ("-id",)
    filters = ChangeSetFilters
    output = ChangeSetOut
    export_name = "change-sets"


class ChangeSetView(DetailView):
    permissions = {"get": AnyTarget(VIEW)}
    one = staticmethod(queries.change_set)
    output = ChangeSetDetailOut


class SummaryView(DetailView):
    permissions = {"get": AnyTarget(VIEW)}
    one = staticmethod(queries.summary)
    output = SummaryOut


class ChangesView(SearchedList):
    place = NAME
    permissions = {"get": AnyTarget(VIEW)}
    query = staticmethod(queries.listed_changes)
    filters = ChangeFilters
    output = ChangeOut
    export_name = "changes"


class ChangeView(DetailView):
    permissions = {"get": AnyTarget(VIEW)}
    one = staticmethod(queries.change)
    output = ChangeDetailOut


class DecisionsView(ListView):
    permissions = {"get": AnyTarget(VIEW), "post": AnyTarget(DECIDE)}
    query = staticmethod(queries.decisions)
    input, output = DecisionIn, DecisionOut
    export_name = "decisions"

    def post(self, request: Request, tenant: str, id: int) -> Response:
        """Decide on the changes that a filter or a list of ids names, in one go."""
        values = self.body()
        verdict = values.pop("decision")
        return self.shown(services.decide(self.scope, change_set_id=id, verdict=verdict, **values), status=201)


class UndoDecisionView(ScopedView):
    permissions = {"post": AnyTarget(DECIDE)}
    input, output = NothingIn, DecisionOut
    statuses = {"post": 200}

    def post(self, request: Request, tenant: str, id: int, decision_id: int) -> Response:
        """Take a decision back."""
        self.body()
        return self.shown(services.undo_decision(self.scope, change_set_id=id, id=decision_id))


class DeedView(ScopedView):
    """A deed on a whole set that answers with the set."""

    abstract = True
    output = ChangeSetDetailOut
    statuses = {"post": 200}


class ReleaseView(DeedView):
    permissions = {"post": AnyTarget(RELEASE)}
    input = CommentIn

    def post(self, request: Request, tenant: str, id: int) -> Response:
        """Let a held set be decided on."""
        return self.shown(services.release(self.scope, change_set_id=id, **self.body()))


class WithdrawView(DeedView):
    permissions = {"post": AnyTarget(UPLOAD)}
    input = CommentIn

    def post(self, request: Request, tenant: str, id: int) -> Response:
        """Take back a set that nothing was applied of."""
        return self.shown(services.withdraw(self.scope, change_set_id=id, **self.body()))


class CancelView(DeedView):
    permissions = {"post": AnyTarget(APPLY)}
    input = NothingIn

    def post(self, request: Request, tenant: str, id: int) -> Response:
        """Take a scheduled apply back."""
        self.body()
        return self.shown(services.cancel_schedule(self.scope, change_set_id=id))


def accepted(view: ScopedView, change_set: ChangeSet, job: Any) -> Response:
    """202: on its way, with the job to follow."""
    body = ChangeSetWithJobOut({"change_set": change_set, "job": job}, context={"scope": view.scope}).data
    tenant = view.kwargs["tenant"]
    headers = {"ETag": etag(change_set)}
    if job is not None:
        headers["Location"] = f"/api/v1/{tenant}/jobs/{job.pk}/"
    return Response(body, status=202, headers=headers)


class ApplyView(ScopedView):
    permissions = {"post": AnyTarget(APPLY)}
    input, output = ApplyIn, ChangeSetWithJobOut
    statuses = {"post": 202}

    def post(self, request: Request, tenant: str, id: int) -> Response:
        """Apply the accepted changes, now or at a moment."""
        return accepted(self, *services.request_apply(self.scope, change_set_id=id, **self.body()))


class UndoView(ScopedView):
    permissions = {"post": AnyTarget(UNDO)}
    input, output = CommentIn, ChangeSetWithJobOut
    statuses = {"post": 202}

    def post(self, request: Request, tenant: str, id: int) -> Response:
        """Undo an applied set: its mirror is made and applied. Undoing the undo is redo."""
        return accepted(self, *services.request_undo(self.scope, change_set_id=id, **self.body()))


one = "change-sets/<int:id>/"
urlpatterns = [
    path("change-sets/", ChangeSetsView.as_view()),
    path(one, ChangeSetView.as_view()),
    path(f"{one}summary/", SummaryView.as_view()),
    path(f"{one}changes/", ChangesView.as_view()),
    path(f"{one}changes/<int:change_id>/", ChangeView.as_view()),
    path(f"{one}decisions/", DecisionsView.as_view()),
    path(f"{one}decisions/<int:decision_id>/undo/", UndoDecisionView.as_view()),
    path(f"{one}release/", ReleaseView.as_view()),
    path(f"{one}withdraw/", WithdrawView.as_view()),
    path(f"{one}apply/", ApplyView.as_view()),
    path(f"{one}apply/cancel/", CancelView.as_view()),
    path(f"{one}undo/", UndoView.as_view()),
]
