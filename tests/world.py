"""Builds tenants with their people for tests: real rows, real sessions, the app role."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from rest_framework.test import APIClient

from ridley.core.access.door import trusted_scope
from ridley.core.access.roles import granted
from ridley.core.access.scope import Scope
from ridley.core.accounts.models import User
from ridley.core.database.pin import pinned
from ridley.core.tenants.models import Grant, Membership, Tenant

numbers = count(1)


def person(name: str = "") -> User:
    number = next(numbers)
    return User.objects.create_user(f"{name or 'person'}-{number}@example.com", first_name=name.title() or "P")


class Client(APIClient):
    """A signed-in person, in one tenant: paths are given from the tenant on."""

    def __init__(self, tenant_key: str, user: User | None) -> None:
        super().__init__()
        self.tenant_key, self.user = tenant_key, user
        if user is not None:
            self.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")

    def at(self, path: str) -> str:
        return path if path.startswith("/") else f"/api/v1/{self.tenant_key}/{path}"

    def generic(self, method: str, path: str, *args: Any, **kwargs: Any) -> Any:
        return super().generic(method, self.at(path), *args, **kwargs)

    def get(self, path: str, *args: Any, **kwargs: Any) -> Any:
        return super().get(self.at(path), *args, **kwargs)


@dataclass
class World:
    """One tenant. `client(role)` is a new member with that role, signed in."""

    tenant: Tenant
    members: dict[str, User] = field(default_factory=dict)

    def member(self, *roles: str, limits: dict[str, list[str]] | None = None) -> User:
        user = person(roles[0].split(".")[-1] if roles else "member")
        with self.pinned():
            membership = Membership.objects.create(tenant=self.tenant, user=user)
            for role in roles:
                Grant.objects.create(tenant=self.tenant, membership=membership, role=role, limits=limits or {})
        return user

    def client(self, *roles: str, limits: dict[str, list[str]] | None = None) -> Client:
        return Client(self.tenant.key, self.member(*roles, limits=limits))

    def scope(self, *roles: str, limits: dict[str, list[str]] | None = None) -> Scope:
        """A member's scope, for calling services directly; use it inside `pinned()`."""
        user = self.member(*roles, limits=limits)
        grants = [{"role": role, "limits": limits or {}} for role in roles]
        return Scope(self.tenant.pk, user.pk, granted(grants, self.tenant.products))

    def trusted(self) -> Scope:
        return trusted_scope(self.tenant.pk)

    @contextmanager
    def pinned(self) -> Iterator[None]:
        with pinned(self.tenant.pk):
            yield


def make_world(key: str = "", products: tuple[str, ...] = ("assistant",)) -> World:
    key = key or f"tenant-{next(numbers)}"
    return World(Tenant.objects.create(key=key, name=key.title(), products=list(products), source_word="insurer"))


def run_jobs() -> int:
    """Do what waits in the queue, in this thread and transaction, until nothing is left. Returns how many were done."""
    from django.db import connection
    from procrastinate.contrib.django import app

    from ridley.core.jobs.registry import registered
    from ridley.core.jobs.runner import run

    done = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, task_name, args FROM procrastinate_jobs WHERE status = 'todo'"
                " AND (scheduled_at IS NULL OR scheduled_at <= now()) ORDER BY id LIMIT 1"
            )
            found = cursor.fetchone()
            if found is None:
                return done
            cursor.execute("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = %s", [found[0]])
        arguments = found[2] if isinstance(found[2], dict) else json.loads(found[2])
        if found[1] in registered:
            run(registered[found[1]], **arguments)
        else:
            app.tasks[found[1]].func(**arguments)  # of no tenant, like a mail
        done += 1


def upload(world: World, scope: Scope, content: bytes, name: str = "file.csv") -> Any:
    """A complete upload of these bytes, through the services."""
    from io import BytesIO

    from ridley.core.files import services
    from ridley.core.files.parts import Body

    body = Body(BytesIO(content), len(content))
    return services.begin_upload(scope, name=name, size=len(content), media_type="text/csv", body=body)
