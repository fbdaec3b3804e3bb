"""The later half of what is searched."""

from __future__ import annotations

from typing import Any

from ridley.core.access.scope import Scope
from ridley.core.jobs.progress import Progress
from ridley.core.jobs.registry import job
from ridley.core.search import services


@job("search.index")
def index(scope: Scope, progress: Progress, *, place: str, place_id: int) -> dict[str, Any]:
    return services.index(scope, progress, name=place, place_id=place_id)
