"""The roles of all products, and what a member's grants add up to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ridley.core.access import permissions as core
from ridley.core.access.reach import EVERYTHING, Reach

ADMIN = "admin"
_roles: dict[str, frozenset[str]] = {}


def register_roles(roles: Mapping[str, Collection[str]]) -> None:
    """A product names its roles. The same role name from several products adds up (so `admin` is admin of all)."""
    for name, permissions in roles.items():
        _roles[name] = _roles.get(name, frozenset()) | frozenset(permissions)


def role_names() -> list[str]:
    return sorted(_roles)


def permissions_of(role: str) -> frozenset[str]:
    """A role's permissions; a role that nobody registered has none."""
    return _roles.get(role, frozenset())


def all_permissions() -> frozenset[str]:
    return frozenset().union(*_roles.values())


def granted(grants: Iterable[Mapping[str, Any]], products: Iterable[str]) -> dict[str, Reach]:
    """Permission -> how far it extends, from grants [{"role", "limits"}], for the products switched on.

    Two grants of the same permission widen each other.
    """
    on = {"core", *products}
    found: dict[str, Reach] = {}
    for grant in grants:
        reach = Reach.of(grant["limits"])
        for permission in permissions_of(grant["role"]):
            product = permission.partition(".")[0]
            if product in on:
                ours = EVERYTHING if product == "core" else reach
                found[permission] = found[permission] | ours if permission in found else ours
    return found


def given(permissions: Iterable[str], limits: Mapping[str, Iterable[str]], products: Iterable[str]) -> dict[str, Reach]:
    """Permission -> how far it extends, from a list of permissions with limits, for the products switched on."""
    on, known, reach = {"core", *products}, all_permissions(), Reach.of(limits)
    return {
        permission: EVERYTHING if permission.startswith("core.") else reach
        for permission in permissions
        if permission in known and permission.partition(".")[0] in on
    }


register_roles(core.ROLES)
