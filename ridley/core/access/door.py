"""The one door: how a request, a job or a command comes to act within a tenant."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

from ridley.core.access.errors import Denied, NotFound
from ridley.core.access.reach import Reach
from ridley.core.access.roles import given, granted
from ridley.core.access.scope import Scope, TokenRights
from ridley.core.database.pin import pinned
from ridley.core.tenants.functions import enter_tenant, person_now


def enter(
    key: str, user: Any, request_id: str, auth: Any = None, *, second_factor: Callable[[], bool] = lambda: False
) -> tuple[Scope, str]:
    """Pin the tenant for this transaction and return the person's scope and the pin before.

    Who comes with a program's token may do what the token says, whatever roles the program has. Outsiders get
    NotFound, the same as for a tenant that does not exist. Where the tenant requires it, `second_factor` is asked
    whether this person gave one in this session; programs have none. Must be called inside a transaction.
    """
    entry = enter_tenant(key, user.pk)
    if entry is None:
        raise NotFound()
    if isinstance(auth, TokenRights):
        if auth.tenant_id != entry.tenant_id:
            raise NotFound()
        rights = given(auth.permissions, auth.limits, entry.products)
    elif entry.second_factor and not second_factor():
        raise Denied(
            "Here one signs in with a second factor. Give a code of your authenticator app, or connect one.",
            code="second-factor-required",
        )
    else:
        rights = granted(entry.grants, entry.products)
    scope = Scope(entry.tenant_id, user.pk, rights, request_id, staff_session_id=entry.staff_session_id)
    return scope, entry.before


def no_tokens(tenant_id: int, user_id: UUID) -> Collection[TokenRights] | None:
    return None


# What a program's tokens say that are good now, None for a person; set by the floor that keeps them (people/apps.py).
tokens_of: Callable[[int, UUID], Collection[TokenRights] | None] = no_tokens


@contextmanager
def opened(scope: Scope) -> Iterator[Scope]:
    """A transaction in which this scope's tenant is pinned: for jobs, commands and streamed answers."""
    with pinned(scope.tenant_id):
        yield scope


def trusted_scope(
    tenant_id: int, *, actor_id: UUID | None = None, request_id: str = "-", staff_session_id: int | None = None
) -> Scope:
    """The scope of a job or command, which does what was allowed when it was asked for, in that person's name."""
    return Scope(tenant_id, actor_id, request_id=request_id, staff_session_id=staff_session_id, trusted=True)


def scope_now(scope: Scope) -> Scope:
    """The scope that the same person would come in with at this moment: for deeds that were asked for earlier.

    A program has what all of its tokens that are good now say together. Raises NotFound if they would not be let in
    any more. Must be called within the scope (access.door.opened).
    """
    entry = person_now(scope.tenant_id, scope.actor_id) if scope.actor_id else None
    if entry is None or scope.actor_id is None:
        raise NotFound()
    rights = granted(entry.grants, entry.products)
    tokens = tokens_of(scope.tenant_id, scope.actor_id)
    if tokens is not None:
        rights = together(given(token.permissions, token.limits, entry.products) for token in tokens)
    return replace(scope, granted=rights, staff_session_id=entry.staff_session_id, trusted=False)


def together(rights: Iterable[Mapping[str, Reach]]) -> dict[str, Reach]:
    """All of them, each permission as far as any of them carries it."""
    found: dict[str, Reach] = {}
    for each in rights:
        for permission, reach in each.items():
            found[permission] = found[permission] | reach if permission in found else reach
    return found
