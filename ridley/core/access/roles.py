"""The roles of all products, what a grant can be limited to, and what a member's grants add up to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ridley.core.access import permissions as core
from ridley.core.access.reach import EVERYTHING, Reach
from ridley.core.access.scope import Scope

ADMIN = "admin"
_roles: dict[str, frozenset[str]] = {}
_words: dict[str, str] = {}


def as_they_are(tenant_id: int, values: frozenset[str]) -> frozenset[str]:
    """Values that contain no others."""
    return values


@dataclass(frozen=True, slots=True)
class ReachKind:
    """Something that a grant can be limited to, like "source", and the product whose permissions it narrows.

    `unknown(scope, values)` names the values that are not there, or not for this person. `covered(tenant_id, values)`
    adds what lies within them, like the branches below a branch.
    """

    name: str
    product: str
    words: str
    unknown: Callable[[Scope, frozenset[str]], Collection[str]]
    covered: Callable[[int, frozenset[str]], frozenset[str]] = as_they_are


_kinds: dict[str, ReachKind] = {}


def register_roles(roles: Mapping[str, Collection[str]], words: Mapping[str, str] | None = None) -> None:
    """A product names its roles. The same role name from several products adds up (so `admin` is admin of all).

    `words` tell what its roles and permissions are, for people.
    """
    for name, permissions in roles.items():
        _roles[name] = _roles.get(name, frozenset()) | frozenset(permissions)
    _words.update(words or {})


def register_reach(kind: ReachKind) -> None:
    """A product names what its permissions can be limited to."""
    _kinds[kind.name] = kind


def role_names() -> list[str]:
    return sorted(_roles)


def roles_with(permission: str) -> list[str]:
    return [name for name in role_names() if permission in _roles[name]]


def permissions_of(role: str) -> frozenset[str]:
    """A role's permissions; a role that nobody registered has none."""
    return _roles.get(role, frozenset())


def all_permissions() -> frozenset[str]:
    return frozenset().union(*_roles.values())


def words_of(name: str) -> str:
    """What a role or permission is, in plain words."""
    return _words.get(name, "")


def reach_kinds() -> dict[str, ReachKind]:
    return dict(_kinds)


def kinds_of(permission: str) -> frozenset[str]:
    """The kinds of limits that narrow a permission."""
    product = permission.partition(".")[0]
    if product == "core" and permission not in core.BY_BRANCH:
        return frozenset()
    return frozenset(kind.name for kind in _kinds.values() if kind.product == product)


def kinds_for(role: str) -> frozenset[str]:
    """What a role can be limited to: a product's role by its product's kinds, one of the core by any of them."""
    product, dot, _ = role.partition(".")
    narrowing = {one for one in permissions_of(role) if not dot or one.partition(".")[0] == product}
    return frozenset[str]().union(*(kinds_of(one) for one in narrowing))


def of_products(role: str, products: Iterable[str]) -> frozenset[str]:
    """The permissions that a role carries where these products are switched on."""
    on = {"core", *products}
    return frozenset(one for one in permissions_of(role) if one.partition(".")[0] in on)


def narrowed(permission: str, limits: Reach) -> Reach | None:
    """How far a grant with these limits carries a permission; None if not at all.

    A limit that means nothing to a permission does not pass it by: who is limited to some branches has nothing of a
    product that knows no branches, and manages no people if they are limited to some sources. Excepted is what sees
    the tenant in general (permissions.WHATEVER_THE_LIMITS).
    """
    if not limits.limits:
        return EVERYTHING
    known = kinds_of(permission)
    ours = {kind: values for kind, values in limits.limits.items() if kind in known}
    if ours:
        return Reach(ours)
    return EVERYTHING if permission in core.WHATEVER_THE_LIMITS else None


def granted(grants: Iterable[Mapping[str, Any]], products: Iterable[str]) -> dict[str, Reach]:
    """Permission -> how far it extends, from grants [{"role", "limits"}], for the products switched on.

    Two grants of the same permission widen each other.
    """
    products = tuple(products)
    found: dict[str, Reach] = {}
    for grant in grants:
        limits = Reach.of(grant["limits"])
        for permission in of_products(grant["role"], products):
            reach = narrowed(permission, limits)
            if reach is not None:
                found[permission] = found[permission] | reach if permission in found else reach
    return found


def with_what_lies_within(rights: Mapping[str, Reach], tenant_id: int) -> dict[str, Reach]:
    """The same rights with each value spelled out: a branch and all branches below it."""
    known: dict[tuple[str, frozenset[str]], frozenset[str]] = {}

    def spelled_out(kind: str, values: frozenset[str]) -> frozenset[str]:
        if (kind, values) not in known:
            known[kind, values] = _kinds[kind].covered(tenant_id, values) if kind in _kinds else values
        return known[kind, values]

    return {
        permission: Reach({kind: spelled_out(kind, values) for kind, values in reach.limits.items()})
        for permission, reach in rights.items()
    }


def given(permissions: Iterable[str], limits: Mapping[str, Iterable[str]], products: Iterable[str]) -> dict[str, Reach]:
    """Permission -> how far it extends, from a list of permissions with limits, for the products switched on."""
    on, known, ours = {"core", *products}, all_permissions(), Reach.of(limits)
    found = {
        permission: narrowed(permission, ours)
        for permission in permissions
        if permission in known and permission.partition(".")[0] in on
    }
    return {permission: reach for permission, reach in found.items() if reach is not None}


register_roles(core.ROLES, core.WORDS)
