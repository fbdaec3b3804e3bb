"""The organisations that share this database, their branches, and who belongs to them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now

KEY = RegexValidator(r"^[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?\Z", "A key is up to 62 small letters, digits, dashes.")
RESERVED_KEYS = ("me", "schema", "docs", "session", "staff-sessions")


class Partner(models.Model):
    """Owns an identity provider for many tenants and may publish to them."""

    key = models.CharField(max_length=62, unique=True, validators=[KEY])
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return self.name


class Tenant(models.Model):
    """An organisation. Its key is part of every address: /api/v1/{key}/..."""

    key = models.CharField(max_length=62, unique=True, validators=[KEY])
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True, default="")
    logo = models.URLField(blank=True, default="", max_length=500)
    home_url = models.URLField(blank=True, default="", max_length=500)
    support_email = models.EmailField(blank=True, default="")
    language = models.CharField(max_length=10, default="en", choices=[("en", "English"), ("hi", "Hindi")])
    source_word = models.CharField(max_length=40, default="source", help_text="What the tenant calls a supplier.")
    products = ArrayField(models.CharField(max_length=20), default=list, help_text="Products switched on.")
    default_role = models.CharField(max_length=60, default="member", help_text="The role of who joins by signing in.")
    requires_second_factor = models.BooleanField(default=False, help_text="Only who signed in with a second factor.")
    partner = models.ForeignKey(Partner, null=True, blank=True, on_delete=models.PROTECT, related_name="tenants")
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(key__in=RESERVED_KEYS), name="tenant_key_not_reserved"),
        ]

    def __str__(self) -> str:
        return self.name


class TenantModel(models.Model):
    """A row that belongs to one tenant. Its table is walled by the database backend."""

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+", db_index=False, editable=False)

    class Meta:
        abstract = True


class Editable(TenantModel):
    """A row that people edit: its version is its ETag, and it is archived, not deleted."""

    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True


class Branch(Editable):
    """A place or unit of the organisation; branches form a tree."""

    key = models.CharField(max_length=62, validators=[KEY])
    title = models.CharField(max_length=200)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="branch_key_once")]

    def __str__(self) -> str:
        return self.title


class Membership(TenantModel):
    """A person belongs to a tenant, from a day until a day (half open), perhaps at one branch."""

    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    branch = models.ForeignKey(Branch, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    from_at = models.DateTimeField(db_default=Now())
    until_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "user"], name="membership_once")]


class Grant(TenantModel):
    """A role given to a member, from a moment until a moment (half open), perhaps narrowed to a reach.

    The reach is {"source": ["key", ...]}; no limits: all of the tenant.
    """

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=60)
    limits = models.JSONField(default=dict, blank=True)
    from_at = models.DateTimeField(db_default=Now())
    until_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["tenant", "membership"], name="grant_of")]


class StaffSession(TenantModel):
    """A superuser at work inside a tenant, for a stated reason, until a moment at most. The only way in for them."""

    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    from_at = models.DateTimeField(db_default=Now())
    until_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
