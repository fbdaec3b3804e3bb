"""Programs of a tenant and their tokens."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from ridley.core.access.errors import NotFound
from ridley.core.access.permissions import TOKENS_VIEW
from ridley.core.access.scope import Scope, TokenRights
from ridley.core.people.models import ApiToken, ServiceAccount
from ridley.core.tenants.models import Membership


def accounts(scope: Scope) -> QuerySet[ServiceAccount]:
    """All programs, archived ones too."""
    scope.require(TOKENS_VIEW)
    return ServiceAccount.objects.filter(tenant_id=scope.tenant_id)


def account(scope: Scope, id: int) -> ServiceAccount:
    """One program. Raises NotFound."""
    found = accounts(scope).filter(pk=id).first()
    if found is None:
        raise NotFound()
    return found


def tokens(scope: Scope, id: int) -> QuerySet[ApiToken]:
    """The tokens of a program, ended ones too, with `orphaned`: who made it is no member any more. Raises NotFound."""
    maker = Membership.objects.filter(
        Q(until_at=None) | Q(until_at__gt=Now()), tenant_id=OuterRef("tenant_id"), user_id=OuterRef("created_by"),
        from_at__lte=Now(),
    )  # fmt: skip
    rows = ApiToken.objects.filter(tenant_id=scope.tenant_id, account_id=account(scope, id).pk)
    return rows.annotate(orphaned=~Exists(maker))


def token(scope: Scope, id: int, token_id: int) -> ApiToken:
    """One token of a program. Raises NotFound."""
    found = tokens(scope, id).filter(pk=token_id).first()
    if found is None:
        raise NotFound()
    return found


def tokens_now(tenant_id: int, user_id: UUID) -> list[TokenRights] | None:
    """What the tokens of a program say that are good now; None if this is no program."""
    account = ServiceAccount.objects.filter(tenant_id=tenant_id, user_id=user_id).first()
    if account is None:
        return None
    rows = ApiToken.objects.filter(tenant_id=tenant_id, account=account, revoked_at=None, expires_at__gt=Now())
    return [TokenRights(row.pk, tenant_id, tuple(row.permissions), row.limits) for row in rows]
