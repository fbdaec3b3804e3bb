"""Pure decisions about the tenant's tree of branches, and about who may give which rights from when until when."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ridley.core.access.errors import BadRequest, Conflict, Denied, Invalid
from ridley.core.access.reach import Reach


def require_no_circle(parents: Mapping[int, int | None], *, branch: int, parent: int | None) -> None:
    """Raise Invalid if `branch` would come to lie below itself. `parents` is the tree as it is, child -> parent."""
    above, steps = parent, 0
    while above is not None and steps <= len(parents):
        if above == branch:
            raise Invalid("A branch cannot lie below itself.", code="branch-circle")
        above, steps = parents.get(above), steps + 1


@dataclass(frozen=True, slots=True)
class Span:
    """From a moment until before another, or for good."""

    from_at: datetime
    until_at: datetime | None = None

    def holds(self, now: datetime) -> bool:
        return self.from_at <= now and not self.is_over(now)

    def is_over(self, now: datetime) -> bool:
        return self.until_at is not None and self.until_at <= now

    def within(self, other: Span) -> Span:
        """The time that lies in both; it may be none."""
        ends = [span.until_at for span in (self, other) if span.until_at is not None]
        return Span(max(self.from_at, other.from_at), min(ends, default=None))


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


def require_kinds(whose: str, limits: Mapping[str, Collection[str]], known: Collection[str]) -> None:
    """Raise BadRequest unless each kind of limit is known to `whose` rights they are, and names at least one value."""
    if unknown := sorted(set(limits) - set(known)):
        wanted = " or ".join(sorted(known)) or "no limits"
        raise BadRequest(f"limits: got {unknown[0][:40]!r}, wanted {wanted} for {whose}.", code="unknown-limit")
    if empty := sorted(kind for kind, values in limits.items() if not values):
        raise BadRequest(f"limits.{empty[0]}: wanted at least one value; leave it out for all.", code="empty-limit")


def span_of_new(from_at: datetime | None, until_at: datetime | None, *, now: datetime) -> Span:
    """When something given now begins and ends. The past is not written."""
    if from_at is not None and from_at < now:
        raise Invalid("from_at: this moment has passed. Leave it out for now.", code="moment-has-passed")
    return require_some_time(Span(from_at or now, until_at), now=now)


def span_changed(span: Span, values: Mapping[str, datetime | None], *, now: datetime) -> Span:
    """The span with other dates. What has begun keeps its beginning; an end lies ahead (ending now is a deed)."""
    from_at = values.get("from_at") or span.from_at
    until_at = values.get("until_at", span.until_at)
    if from_at != span.from_at and span.from_at <= now:
        raise Invalid("from_at: it has begun already, and the past is not rewritten.", code="already-begun")
    if from_at != span.from_at and from_at < now:
        raise Invalid("from_at: this moment has passed.", code="moment-has-passed")
    changed = Span(from_at, until_at)
    return changed if changed == span else require_some_time(changed, now=now)


def require_some_time(span: Span, *, now: datetime) -> Span:
    if span.until_at is not None and span.until_at <= now:
        raise Invalid("until_at: this moment has passed.", code="moment-has-passed")
    if span.until_at is not None and span.until_at <= span.from_at:
        raise Invalid("until_at: it would end before it begins.", code="ends-before-it-begins")
    return span


def require_admin_left(before: Sequence[Span], after: Sequence[Span], *, now: datetime) -> None:
    """Raise Conflict if a tenant would be without an administrator without limits at a moment at which it had one.

    `before` and `after` are the times of all such administrators. Such a time begins now, where one of `after` ends, or
    where one of `before` begins: no other moment needs a look.
    """
    ends = [span.until_at for span in after if span.until_at is not None]
    moments = [now, *(at for at in (*ends, *(span.from_at for span in before)) if at > now)]
    if any(any(span.holds(at) for span in before) and not any(span.holds(at) for span in after) for at in moments):
        detail = "The tenant would be left without an administrator who is not limited. Name another one first."
        raise Conflict(detail, code="last-admin")


def require_staff(*, is_superuser: bool, recently: bool) -> None:
    """Raise Denied unless somebody may start a staff session."""
    if not is_superuser:
        raise Denied("Staff sessions are for the installation's superusers.")
    if not recently:
        raise Denied("Sign in again first: your last sign-in is too long ago.", code="sign-in-again")
