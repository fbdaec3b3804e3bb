"""What all that gives rights asks first: roles to members, roles to who is invited, permissions to tokens."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ridley.core.access.errors import BadRequest
from ridley.core.access.roles import reach_kinds
from ridley.core.access.scope import Scope
from ridley.core.people import rules


def require_limits(
    scope: Scope, limits: Mapping[str, Collection[str]], *, whose: str, known: Collection[str]
) -> None:  # fmt: skip
    """Raise BadRequest unless the limits are of known kinds and name values that are there, for this person too."""
    rules.require_kinds(whose, limits, known)
    for kind, values in limits.items():
        if unknown := sorted(reach_kinds()[kind].unknown(scope, frozenset(values))):
            raise BadRequest(f"limits.{kind}: there is no {kind} {unknown[0][:62]!r} here.", code="unknown-value")
