"""Who acts, for which tenant, with which rights and reach."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from ridley.core.access.errors import Denied
from ridley.core.access.reach import EVERYTHING, Reach


@dataclass(frozen=True, slots=True)
class TokenRights:
    """What a program's token allows, and in which tenant: what a request's `auth` is when it came with one."""

    id: int
    tenant_id: int
    permissions: tuple[str, ...]
    limits: Mapping[str, Collection[str]]


@dataclass(frozen=True, slots=True)
class Scope:
    """The first argument of every service and query. Made by the door (access/door.py), never by hand."""

    tenant_id: int
    actor_id: UUID | None
    granted: Mapping[str, Reach] = field(default_factory=dict)
    request_id: str = "-"
    staff_session_id: int | None = None  # a superuser at work here
    trusted: bool = False  # a job or command: it carries out what a person was already allowed to ask for

    def can(self, permission: str) -> bool:
        return self.trusted or permission in self.granted

    def require(self, permission: str) -> None:
        """Raise Denied unless the permission is granted."""
        if not self.can(permission):
            raise Denied(f"This needs the permission {permission}.", permission=permission)

    def reach(self, permission: str) -> Reach:
        """How far the permission extends. Raises Denied if it is not granted at all."""
        self.require(permission)
        return EVERYTHING if self.trusted else self.granted[permission]

    @property
    def sees_all(self) -> bool:
        """Whether lists that all products share (jobs, events, uploads) show other people's entries.

        Such an entry does not say which source it is about, so no limit can be checked on it. Who is limited anywhere,
        or has no permission of any product, sees only their own (docs/decisions/0005-reach-in-shared-lists.md).
        """
        reaches = [reach for name, reach in self.granted.items() if not name.startswith("core.")]
        return self.trusted or (bool(reaches) and not any(reach.limits for reach in self.granted.values()))

    def require_within(self, permission: str, kind: str, value: str | None) -> None:
        """Raise Denied unless the permission is granted and the value is within its reach."""
        if not self.reach(permission).covers(kind, value):
            raise Denied(f"Your permission {permission} does not extend to this {kind}.", permission=permission)
