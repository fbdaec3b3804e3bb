"""Strong ETags from a record's version, and the If-Match that a careful writer sends back."""

from __future__ import annotations

import re
from typing import Any

from rest_framework.request import Request

from ridley.core.access.errors import BadRequest

VERSION = re.compile(r"[1-9][0-9]{0,9}\Z")


def etag(record: Any) -> str:
    return f'"{record._meta.model_name}-{record.pk}-{record.version}"'


def expected_version(request: Request, record_name: str, pk: Any) -> int | None:
    """The version that If-Match names; None without the header or with `*`; -1 if it is the tag of something else."""
    header = request.headers.get("If-Match", "").strip()
    if header in ("", "*"):
        return None
    if not (len(header) > 1 and header.startswith('"') and header.endswith('"')):
        raise BadRequest('If-Match: wanted the ETag of the last answer, like "source-7-3".', code="bad-etag")
    name, _, version = header[1:-1].rpartition("-")
    return int(version) if name == f"{record_name}-{pk}" and VERSION.match(version) else -1
