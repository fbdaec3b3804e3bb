"""Pure decisions about the tenant's tree of branches, and about who may give which rights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ridley.core.access.errors import BadRequest, Denied, Invalid
from ridley.core.access.reach import Reach


def require_no_circle(parents: Mapping[int, int | None], *, branch: int, parent: int | None) -> None:
    """Raise Invalid if `branch` would come to lie below itself. `parents` is the tree as it is, child -> parent."""
    above, steps = parent, 0
    while above is not None and steps <= len(parents):
        if above == branch:
            raise Invalid("A branch cannot lie below itself.", code="branch-circle")
        above, steps = parents.get(above), steps + 1


def exceeding(own: Mapping[str, Reach], given: Mapping[str, Reach]) -> list[str]:
    """The permissions among `given` that `own` lacks, or has with less reach. Both have their values spelled out."""
    return sorted(name for name, reach in given.items() if name not in own or not own[name].contains(reach))


def require_no_more_than_own(own: Mapping[str, Reach], given: Mapping[str, Reach]) -> None:
    """Raise Denied if somebody would give, change or end rights that go beyond their own."""
    if beyond := exceeding(own, given):
        few = ", ".join(beyond[:3]) + (f" and {len(beyond) - 3} more" if len(beyond) > 3 else "")
        raise Denied(f"This goes beyond your own rights: {few}.", code="beyond-your-rights", permissions=beyond)


def require_role(role: str, known: Sequence[str]) -> None:
    if role not in known:
        raise BadRequest(f"role: got {role[:60]!r}, wanted one of {', '.join(known)}.", code="unknown-role")
