"""Which changes of a set are meant: the same filter for looking and for deciding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, QuerySet, Subquery, Value
from django_filters import rest_framework as filters

from ridley.core.access.errors import BadRequest
from ridley.core.changes.models import Change, ChangeCell, ChangeSet, Fate, Kind, Mode, Origin, State, Verdict


class ChangeFilters(filters.FilterSet):
    kind = filters.ChoiceFilter(choices=Kind.choices)
    decision = filters.ChoiceFilter(choices=Verdict.choices, field_name="verdict")
    fate = filters.ChoiceFilter(choices=Fate.choices)
    column = filters.CharFilter(
        method="with_column", strip=False, help_text="Changed rows in which this column changed."
    )
    key = filters.CharFilter(strip=False, help_text="The row's key, exactly.")
    text = filters.CharFilter(
        method="with_text", strip=False, help_text="Found in the key, an old or a new value, whatever the case."
    )
    decided_by = filters.UUIDFilter()

    class Meta:
        model = Change
        fields: list[str] = []

    def with_column(self, rows: QuerySet[Change], name: str, value: str) -> QuerySet[Change]:
        cells = ChangeCell.objects.filter(
            tenant_id=OuterRef("tenant_id"), change_set_id=OuterRef("change_set_id"), change_id=OuterRef("id")
        )
        return rows.filter(Exists(cells.filter(column=value)))

    def with_text(self, rows: QuerySet[Change], name: str, value: str) -> QuerySet[Change]:
        here = Subquery(rows.values("change_set_id")[:1])  # as one value, so that only the set's own cells are read
        cells = ChangeCell.objects.filter(change_set_id=here).filter(Q(old__icontains=value) | Q(new__icontains=value))
        in_record = Q(AnyValueHas(F("record"), Value(value)))
        return rows.filter(Q(key__icontains=value) | in_record | Q(pk__in=cells.values("change_id")))


class AnyValueHas(Func):
    """Whether a value of a JSON object contains a text, whatever the case. The names of its fields do not count."""

    arity = 2
    output_field = BooleanField()
    template = "EXISTS (SELECT 1 FROM jsonb_each_text(%(expressions)s)) > 0)"
    arg_joiner = ") AS cell WHERE strpos(lower(cell.value), lower("  # the object before it, the text after it


def filtered(rows: QuerySet[Change], wanted: Mapping[str, Any]) -> QuerySet[Change]:
    """The changes that a filter names. Raises BadRequest for an unknown name or an unreadable value."""
    known = set(ChangeFilters.get_filters())
    if unknown := sorted(set(wanted) - known):
        raise BadRequest(f"filter: unknown {unknown[0]!r}. Known: {', '.join(sorted(known))}.", code="unknown-filter")
    if bad := [name for name, value in wanted.items() if not isinstance(value, str) or not value]:
        raise BadRequest(f"filter.{bad[0]}: wanted text, not empty.", code="bad-filter")
    found = ChangeFilters(dict(wanted), queryset=rows)
    if not found.is_valid():
        name, messages = next(iter(found.errors.items()))
        raise BadRequest(f"filter.{name}: {messages[0]}", code="bad-filter")
    return found.qs


class ChangeSetFilters(filters.FilterSet):
    state = filters.ChoiceFilter(choices=State.choices)
    origin = filters.ChoiceFilter(choices=Origin.choices)
    mode = filters.ChoiceFilter(choices=Mode.choices)
    target = filters.CharFilter(help_text="Like assistant.table.")
    target_id = filters.NumberFilter()
    waiting = filters.BooleanFilter(method="is_waiting", help_text="Sets in which something waits for people.")

    class Meta:
        model = ChangeSet
        fields: list[str] = []

    def is_waiting(self, rows: QuerySet[ChangeSet], name: str, value: bool) -> QuerySet[ChangeSet]:
        waits = Q(state__in=[State.HELD, State.OPEN])
        return rows.filter(waits if value else ~waits)
