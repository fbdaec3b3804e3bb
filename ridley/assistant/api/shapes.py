"""Fields and filters that several of the Assistant's bodies share."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters
from rest_framework import serializers

from ridley.core.access.fields import Input


class ExactText(serializers.CharField):
    """Text as it is, nothing trimmed. Numbers are refused: 1.10 would arrive as 1.1."""

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, **options)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError(f"Got {type(data).__name__}, wanted text.", code="invalid")
        return super().to_internal_value(data)


class ExactFilter(filters.CharFilter):
    """A filter by text as it is: a code may begin or end with a space."""

    def __init__(self, **options: Any) -> None:
        super().__init__(strip=False, **options)


class WholeInput(Input):
    """A body within a body that is given whole, with its defaults, even if the outer one is a PATCH."""

    def to_internal_value(self, data: Any) -> Any:
        if not getattr(self.root, "partial", False):
            return super().to_internal_value(data)
        whole = type(self)(data=data)
        whole.is_valid(raise_exception=True)
        return whole.validated_data


class ColumnsField(serializers.DictField):
    """Header -> field. Headers are checked like any text."""

    child = serializers.CharField(max_length=200, trim_whitespace=False)
    header = serializers.CharField(max_length=1000, trim_whitespace=False)

    def to_internal_value(self, data: Any) -> dict[str, str]:
        found = super().to_internal_value(data)
        return {self.header.run_validation(header): field for header, field in found.items()}


class NamedFilters(filters.FilterSet):
    """Of records with a name that can be archived."""

    archived = filters.BooleanFilter(field_name="archived_at", lookup_expr="isnull", exclude=True)
    text = filters.CharFilter(method="with_text", help_text="Found in the key or the name.")
    searched: ClassVar[tuple[str, ...]] = ("key", "name")

    def with_text(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        condition = Q()
        for column in self.searched:
            condition |= Q(**{f"{column}__icontains": value})
        return rows.filter(condition)
