"""Pure decisions about the tenant's tree of branches."""

from __future__ import annotations

from collections.abc import Mapping

from ridley.core.access.errors import Invalid


def require_no_circle(parents: Mapping[int, int | None], *, branch: int, parent: int | None) -> None:
    """Raise Invalid if `branch` would come to lie below itself. `parents` is the tree as it is, child -> parent."""
    above, steps = parent, 0
    while above is not None and steps <= len(parents):
        if above == branch:
            raise Invalid("A branch cannot lie below itself.", code="branch-circle")
        above, steps = parents.get(above), steps + 1
