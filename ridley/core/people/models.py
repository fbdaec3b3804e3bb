"""Programs of a tenant and the tokens they come in with."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from ridley.core.tenants.models import Editable, TenantModel


class ServiceAccount(Editable):
    """A program that works in one tenant. Its user is a member without roles: what it may do, its tokens say."""

    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+", editable=False)
    name = models.CharField(max_length=150)
    description = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "user"], name="service_account_of_user"),
            models.UniqueConstraint(
                fields=["tenant", "name"], condition=Q(archived_at__isnull=True), name="service_account_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ApiToken(TenantModel):
    """What a program shows. It was shown once itself; its SHA-256 is kept, which suffices for 256 random bits."""

    account = models.ForeignKey(ServiceAccount, on_delete=models.PROTECT, related_name="tokens", db_index=False)
    name = models.CharField(max_length=150)
    hash = models.CharField(max_length=64)
    permissions = ArrayField(models.CharField(max_length=60))
    limits = models.JSONField(default=dict)
    created_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["tenant", "account", "id"], name="api_token_page")]

    def __str__(self) -> str:
        return self.name
