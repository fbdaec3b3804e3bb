"""Strong ETags from a record's version, and the If-Match that a careful writer sends back."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from ridley.core.access.errors import BadRequest


def etag(record: Any) -> str:
    return f'"{record._meta.model_name}-{record.pk}-{record.version}"'


def expected_version(request: Request, record_name: str, pk: Any) -> int | None:
    """The version that If-Match names, None without the header or with `*`. A tag of another record matches nothing: -1."""
    header = request.headers.get("If-Match", "").strip()
    if header in ("", "*"):
        return None
    if not (len(header) > 1 and header.startswith('"') and header.endswith('"')):
        raise BadRequest('If-Match: wanted the ETag of the last answer, like "source-7-3".', code="bad-etag")
    name, _, version = header.strip('"').rpartition("-")
    return int(version) if name == f"{record_name}-{pk}" and version.isdigit() else -1
