"""Which changes of a set are meant: the same filter for looking and for deciding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django_filters import rest_framework as filters

from ridley.core.access.errors import BadRequest
from ridley.core.changes.models import Change, ChangeCell, ChangeSet, Fate, Kind, Mode, Origin, State, Verdict
from ridley.core.changes.searching import with_text
from ridley.core.search.words import WORDS


class ChangeFilters(filters.FilterSet):
    kind = filters.ChoiceFilter(choices=Kind.choices)
    decision = filters.ChoiceFilter(choices=Verdict.choices, field_name="verdict")
    fate = filters.ChoiceFilter(choices=Fate.choices)
    column = filters.CharFilter(
        method="with_column", strip=False, help_text="Changed rows in which this column changed."
    )
    key = filters.CharFilter(strip=False, help_text="The row's key, exactly.")
    text = filters.CharFilter(
        method="with_text", strip=False, help_text=f"{WORDS} the key, the record, an old or a new value."
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
        return with_text(rows, value)


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
