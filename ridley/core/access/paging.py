"""Pages by keyset: a page costs the same at any depth, and rows that come or go do not shift it."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from rest_framework.request import Request

from ridley.core.access.errors import BadRequest

DEFAULT_LIMIT, MAX_LIMIT = 100, 1000
LIMIT = re.compile(r"[0-9]{1,6}\Z")


def page(queryset: QuerySet, request: Request, order: Sequence[str]) -> tuple[list[Any], str | None]:
    """One page and the cursor of the next one (None at the end).

    `order` are plain columns that are never null, `-` before one for descending; the last one is unique.
    """
    limit = page_limit(request)
    queryset = queryset.order_by(*order)
    try:
        if cursor := request.query_params.get("cursor"):
            queryset = queryset.filter(after(order, read_cursor(cursor, len(order))))
        rows = list(queryset[: limit + 1])
    except (ValidationError, ValueError, TypeError) as error:
        raise bad_cursor() from error
    if len(rows) <= limit:
        return rows, None
    rows.pop()
    return rows, write_cursor([getattr(rows[-1], name.lstrip("-")) for name in order])


def page_limit(request: Request) -> int:
    text = request.query_params.get("limit", str(DEFAULT_LIMIT))
    if not LIMIT.match(text) or not 1 <= int(text) <= MAX_LIMIT:
        raise BadRequest(f"limit: got {text[:20]!r}, wanted 1 to {MAX_LIMIT}.", code="bad-limit")
    return int(text)


def after(order: Sequence[str], values: Sequence[Any]) -> Q:
    """Rows after the one with these values: (a > x) or (a = x and b > y) or ..."""
    condition = Q()
    equal: dict[str, Any] = {}
    for name, value in zip(order, values, strict=True):
        field = name.lstrip("-")
        condition |= Q(**equal, **{f"{field}__{'lt' if name.startswith('-') else 'gt'}": value})
        equal[field] = value
    # the first column once more, so that the index can be entered at the right place
    first = order[0].lstrip("-")
    return Q(**{f"{first}__{'lte' if order[0].startswith('-') else 'gte'}": values[0]}) & condition


def write_cursor(values: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(values, default=str).encode()).decode().rstrip("=")


def read_cursor(cursor: str, count: int) -> list[Any]:
    try:
        values = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise bad_cursor() from error
    well_formed = isinstance(values, list) and len(values) == count
    if not well_formed or not all(isinstance(value, str | int) and not isinstance(value, bool) for value in values):
        raise bad_cursor()
    if any(isinstance(value, str) and "\x00" in value for value in values):
        raise bad_cursor()
    if any(isinstance(value, int) and abs(value) >= 2**63 for value in values):
        raise bad_cursor()
    return values


def bad_cursor() -> BadRequest:
    return BadRequest("cursor: wanted the `next` of an earlier page of the same list.", code="bad-cursor")
