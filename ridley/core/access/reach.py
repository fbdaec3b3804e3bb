"""How far a permission extends: to everything of the tenant, or only to some values of some kinds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Reach:
    """Limits by kind ("source" -> {"acme"}). A kind that is absent is not limited. No database knows it but queries."""

    limits: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, limits: Mapping[str, Iterable[str]]) -> Reach:
        return cls({kind: frozenset(str(value) for value in values) for kind, values in limits.items()})

    def values(self, kind: str) -> frozenset[str] | None:
        """The values within reach, or None for all."""
        return self.limits.get(kind)

    def covers(self, kind: str, value: str | None) -> bool:
        """Whether a value is within reach. What has no value of a limited kind is outside."""
        allowed = self.limits.get(kind)
        return allowed is None or value in allowed

    def contains(self, other: Reach) -> bool:
        """Whether the other reaches no further than this one."""
        return all(
            other.limits.get(kind) is not None and other.limits[kind] <= values for kind, values in self.limits.items()
        )

    def __or__(self, other: Reach) -> Reach:
        """As far as either. Kinds limited in both add up; a kind limited in one only is not limited."""
        return Reach(
            {kind: self.limits[kind] | other.limits[kind] for kind in self.limits.keys() & other.limits.keys()}
        )


EVERYTHING = Reach()
