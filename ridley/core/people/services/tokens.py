"""Deeds on programs and their tokens."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from typing import Any
from uuid import uuid4

from django.utils import timezone

from ridley.core.access.errors import Conflict, Invalid, NotFound
from ridley.core.access.permissions import TOKENS_EDIT
from ridley.core.access.reach import Reach
from ridley.core.access.roles import all_permissions, kinds_of, narrowed, with_what_lies_within
from ridley.core.access.scope import Scope
from ridley.core.accounts.models import Kind, User
from ridley.core.audit.services import archive_record, locked, record, update_record
from ridley.core.people import token_rules as rules
from ridley.core.people.models import ApiToken, ServiceAccount
from ridley.core.people.queries import tokens as queries
from ridley.core.people.rules import require_no_more_than_own
from ridley.core.people.services.giving import require_limits
from ridley.core.tenants.models import Membership


def create_account(scope: Scope, *, values: Mapping[str, Any]) -> ServiceAccount:
    """A program, which is a user without a password or an address that mail could reach, and a member without roles."""
    scope.require(TOKENS_EDIT)
    user = User(kind=Kind.SERVICE, email=f"{uuid4()}@service.invalid", first_name=values["name"])
    user.set_unusable_password()
    user.save()
    Membership.objects.create(tenant_id=scope.tenant_id, user=user)
    made = ServiceAccount.objects.create(tenant_id=scope.tenant_id, user=user, **values)
    record(scope, "core.service_account_created", subject=made, **values, user_id=str(user.pk))
    return made


def update_account(
    scope: Scope, *, id: int, values: Mapping[str, Any], expected: int | None = None
) -> ServiceAccount:  # fmt: skip
    scope.require(TOKENS_EDIT)
    changed = update_record(
        scope, queries.accounts(scope), id, values, event="core.service_account_changed", expected=expected
    )
    User.objects.filter(pk=changed.user_id).update(first_name=changed.name)
    return changed


def archive_account(scope: Scope, *, id: int, expected: int | None = None) -> ServiceAccount:
    """End a program for good: its tokens, its membership and its user."""
    scope.require(TOKENS_EDIT)
    account = archive_record(
        scope, queries.accounts(scope), id, event="core.service_account_archived", expected=expected
    )
    now = timezone.now()
    for token in ApiToken.objects.filter(tenant_id=scope.tenant_id, account_id=id, revoked_at=None):
        end_token(scope, token)
    Membership.objects.filter(tenant_id=scope.tenant_id, user_id=account.user_id, until_at=None).update(until_at=now)
    User.objects.filter(pk=account.user_id).update(is_active=False)
    return account


def create_token(scope: Scope, *, id: int, values: Mapping[str, Any]) -> tuple[ApiToken, str]:
    """A token with rights that the giver has, and its text, which nobody can show again."""
    scope.require(TOKENS_EDIT)
    account = locked(queries.accounts(scope), id)
    if account.archived_at is not None:
        raise Conflict("This service account is archived.", code="account-archived")
    permissions, limits = sorted(set(values["permissions"])), values.get("limits", {})
    require_givable(scope, permissions, limits)
    rules.require_expiry(values["expires_at"], now=timezone.now())
    told = {
        "account": account.pk, "name": values["name"], "permissions": permissions, "limits": limits,
        "expires_at": values["expires_at"].isoformat(),
    }  # fmt: skip
    made = ApiToken.objects.create(
        tenant_id=scope.tenant_id, account=account, name=values["name"], hash="", permissions=permissions,
        limits=limits, created_by=scope.actor_id, expires_at=values["expires_at"],
    )  # fmt: skip
    text = rules.spelled(made.pk, secrets.token_bytes(32))
    ApiToken.objects.filter(tenant_id=scope.tenant_id, pk=made.pk).update(hash=rules.hashed(text))
    record(scope, "core.token_created", subject=made, **told)
    return queries.token(scope, id, made.pk), text


def require_givable(scope: Scope, permissions: Collection[str], limits: Mapping[str, Collection[str]]) -> None:
    """Raise unless these are permissions that a token may have, and who asks holds each at least as far."""
    rules.require_permissions(permissions, known=all_permissions())
    known = frozenset[str]().union(*(kinds_of(permission) for permission in permissions))
    require_limits(scope, limits, whose="these permissions", known=known)
    given = {permission: narrowed(permission, Reach.of(limits)) for permission in permissions}
    if lost := sorted(permission for permission, reach in given.items() if reach is None):
        raise Invalid(f"permissions: {lost[0]} means nothing under these limits.", code="not-with-limits")
    reaches = {permission: reach for permission, reach in given.items() if reach is not None}
    own, wanted = (with_what_lies_within(each, scope.tenant_id) for each in (scope.granted, reaches))
    require_no_more_than_own(own, wanted)


def revoke_token(scope: Scope, *, id: int, token_id: int) -> None:
    """End a token at once. Doing it again is harmless."""
    scope.require(TOKENS_EDIT)
    rows = queries.tokens(scope, id).select_for_update(of=("self",))
    token = rows.filter(pk=token_id).first()
    if token is None:
        raise NotFound()
    if token.revoked_at is None:
        end_token(scope, token)


def end_token(scope: Scope, token: ApiToken) -> None:
    ApiToken.objects.filter(tenant_id=scope.tenant_id, pk=token.pk).update(revoked_at=timezone.now())
    record(scope, "core.token_revoked", subject=token, account=token.account_id, name=token.name)
