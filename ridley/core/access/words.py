"""What is wrong with a value, in plain words: what was got and what is wanted. The framework's own say only half."""

from __future__ import annotations

import json
from typing import Any

from django_filters.rest_framework import BooleanFilter, ChoiceFilter, IsoDateTimeFilter, NumberFilter, UUIDFilter
from rest_framework import serializers

WANTED: tuple[tuple[type, str], ...] = (
    (serializers.BooleanField, "true or false"),
    (serializers.IntegerField, "a whole number"),
    (serializers.FloatField, "a number"),
    (serializers.DecimalField, "a number"),
    (serializers.DateTimeField, "a moment like 2026-11-22T12:00:00Z"),
    (serializers.DateField, "a day like 2026-11-22"),
    (serializers.UUIDField, "an id like 6f1c0f0e-0000-4000-8000-000000000000"),
    (serializers.ListField, "a list"),
    (serializers.ListSerializer, "a list"),
    (serializers.DictField, "an object"),
    (serializers.JSONField, "JSON"),
    (serializers.BaseSerializer, "an object"),
    (serializers.CharField, "text"),
)
FILTERS: tuple[tuple[type, str], ...] = (
    (UUIDFilter, "an id like 6f1c0f0e-0000-4000-8000-000000000000"),
    (NumberFilter, "a number"),
    (IsoDateTimeFilter, "a moment like 2026-11-22T12:00:00Z"),
    (BooleanFilter, "true or false"),
)
# Codes with which a field says that a value is not of its type at all.
WRONG_TYPE = (
    "invalid",
    "not_a_list",
    "not_a_dict",
    "date",
    "datetime",
    "null",
    "blank",
    "required",
    "empty",
    "make_aware",
)
BOUNDS = {
    "max_value": ("max_value", "at most"), "min_value": ("min_value", "at least"),
    "max_length": ("max_length", "at most"), "min_length": ("min_length", "at least"),
}  # fmt: skip
SECRET = ("password", "secret", "token", "code")
MISSING = object()


def in_words(field: Any, code: str, message: str, got: Any) -> str:
    """The framework's message about a value, said plainly; a message of our own is left as it is."""
    if is_secret(field):
        return message
    if bound := BOUNDS.get(code):
        attribute, words = bound
        size = f"{len(got)} characters" if "length" in code and isinstance(got, str) else shown(got)
        limit = getattr(field, attribute, None)
        return message if limit is None else f"Got {size}, wanted {words} {limit}."
    if code == "invalid_choice" and isinstance(field, serializers.ChoiceField):
        return f"Got {shown(got)}, wanted one of {', '.join(str(choice) for choice in field.choices)}."
    wanted = wanted_of(field)
    if not wanted or code not in WRONG_TYPE or not is_frameworks_own(field, code, message):
        return message
    if code == "required":
        return f"This is missing; wanted {wanted}."
    if code in ("blank", "empty"):
        return f"Got nothing, wanted {wanted}."
    return f"Got {shown(got)}, wanted {wanted}."


def is_secret(field: Any) -> bool:
    """Whether a value must not be shown, not even to whoever sent it: answers are logged on the way."""
    name = getattr(field, "field_name", None) or ""
    return bool(getattr(field, "write_only", False)) or any(word in name for word in SECRET)


def wanted_of(field: Any) -> str:
    if isinstance(field, serializers.ChoiceField):
        return f"one of {', '.join(str(choice) for choice in field.choices)}"
    if isinstance(field, serializers.EmailField):
        return "an e-mail address"
    if isinstance(field, serializers.SlugField):
        return "letters, digits, dashes and underscores"
    if isinstance(field, serializers.URLField):
        return "an address like https://example.com/"
    return next((words for kind, words in WANTED if isinstance(field, kind)), "")


def is_frameworks_own(field: Any, code: str, message: str) -> bool:
    """Whether a field's own check said this. A validator with the same code has words of its own, that tell more."""
    template = str(getattr(field, "error_messages", {}).get(code, ""))
    beginning = template.partition("{")[0]
    return bool(template) and message.startswith(beginning) if beginning else bool(template)


def shown(value: Any) -> str:
    """A value as it came, cut short."""
    if value is MISSING:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."


def of_filter(declared: Any, got: str) -> str:
    """What is wrong with a filter's value; nothing if only the framework knows."""
    choices = [str(value) for value, _ in declared.extra["choices"]] if isinstance(declared, ChoiceFilter) else []
    wanted = f"one of {', '.join(choices)}" if choices else ""
    for kind, words in FILTERS:
        wanted = wanted or (words if isinstance(declared, kind) else "")
    return f"Got {shown(got)}, wanted {wanted}." if wanted else ""


def field_at(field: Any, names: list[str]) -> Any:
    """The field that a path like ["changes", "0", "key"] leads to, or None."""
    for name in names:
        if isinstance(field, serializers.ListSerializer | serializers.ListField | serializers.DictField):
            field = field.child
        elif isinstance(field, serializers.BaseSerializer):
            field = getattr(field, "fields", {}).get(name)
        else:
            return None
    return field


def value_at(value: Any, names: list[str]) -> Any:
    for name in names:
        if isinstance(value, dict):
            value = value.get(name, MISSING)
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return MISSING
    return value
