"""Who may come in: identity providers and their domains, programs and their tokens, who was invited."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from ridley.core.tenants.models import KEY, Branch, Editable, Grant, Partner, Tenant, TenantModel

DOMAIN = RegexValidator(
    r"^(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]\Z",
    "A domain is written in small letters, like example.com.",
)


class Domain(models.Model):
    """An e-mail domain, verified by an administrator of the installation to be one tenant's or one Partner's.

    The row itself is the verification: nobody else can make one, and there is at most one for each name.
    """

    name = models.CharField(max_length=253, unique=True, validators=[DOMAIN])
    holder = models.ForeignKey(Tenant, null=True, blank=True, on_delete=models.PROTECT, related_name="domains")
    partner = models.ForeignKey(Partner, null=True, blank=True, on_delete=models.PROTECT, related_name="domains")
    google = models.BooleanField(default=True, help_text="People of this domain may sign in with Google.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(holder__isnull=True) ^ models.Q(partner__isnull=True), name="domain_of_one"
            )
        ]

    def __str__(self) -> str:
        return self.name


class ProviderSettings(models.Model):
    """An OpenID Connect provider: how it is asked, and what its claims mean here.

    The secret is encrypted (access/encryption.py) and never shown again. `roles` says what a value of the role claim
    grants: {"value": {"role": "assistant.steward", "limits": {"source": ["acme"]}}}.
    """

    slug = models.CharField(max_length=40, validators=[KEY])
    name = models.CharField(max_length=100)
    issuer = models.URLField(max_length=500)
    client_id = models.CharField(max_length=191)
    client_secret = models.TextField(editable=False)
    role_claim = models.CharField(max_length=100, blank=True, default="")
    roles = models.JSONField(default=dict, blank=True)
    branch_claim = models.CharField(max_length=100, blank=True, default="")
    enabled = models.BooleanField(default=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class IdentityProvider(Editable, ProviderSettings):
    """A tenant's own provider. It speaks for the listed domains as long as they are the tenant's."""

    domains = ArrayField(models.CharField(max_length=253, validators=[DOMAIN]), default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "slug"], name="provider_slug_once")]

    @property
    def public_id(self) -> str:
        """How sign-in calls it; part of its callback address. A number never names another tenant, a key may."""
        return f"t{self.tenant_id}-{self.slug}"

    @property
    def live(self) -> bool:
        return self.enabled and self.archived_at is None


class PartnerProvider(ProviderSettings):
    """A Partner's provider, for all of its tenants, with the template for those that it names for the first time."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="providers")
    client_claim = models.CharField(max_length=100, default="client", help_text="Names the client: its key, or a name.")
    client_name_claim = models.CharField(max_length=100, blank=True, default="", help_text="The client's name to show.")
    products = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    default_role = models.CharField(max_length=60, default="member")
    language = models.CharField(max_length=10, default="en", choices=[("en", "English"), ("hi", "Hindi")])

    class Meta:
        constraints = [models.UniqueConstraint(fields=["partner", "slug"], name="partner_provider_slug_once")]

    @property
    def public_id(self) -> str:
        return f"p{self.partner_id}-{self.slug}"

    @property
    def live(self) -> bool:
        return self.enabled


class Client(models.Model):
    """A tenant under the exact words in which its Partner's provider names it: two spellings are two clients."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="clients")
    value = models.CharField(max_length=200)
    holder = models.OneToOneField(Tenant, on_delete=models.PROTECT, related_name="client")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["partner", "value"], name="client_once")]


class ClaimedGrant(TenantModel):
    """Marks a grant that a provider's claims gave, and may end. Grants without this mark are given by people."""

    grant = models.ForeignKey(Grant, on_delete=models.CASCADE, related_name="claimed")
    provider = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "grant"], name="claimed_grant_once")]


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


class InvitationState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    ACCEPTED = "accepted", "Accepted"
    WITHDRAWN = "withdrawn", "Withdrawn"
    EXPIRED = "expired", "Expired"


class Invitation(TenantModel):
    """An address is invited to be a member with these roles, all with the same reach, from a moment until a moment.

    The secret of its link is kept as a hash alone. One that waits beyond `expires_at` counts as expired.
    """

    email = models.EmailField()
    roles = ArrayField(models.CharField(max_length=60))
    limits = models.JSONField(default=dict)
    branch = models.ForeignKey(Branch, null=True, on_delete=models.PROTECT, related_name="+")
    from_at = models.DateTimeField(null=True)
    until_at = models.DateTimeField(null=True)
    message = models.TextField(blank=True, default="")
    state = models.CharField(max_length=10, choices=InvitationState, default=InvitationState.WAITING)
    token_hash = models.CharField(max_length=64, db_index=True, help_text="SHA-256.")
    invited_by = models.UUIDField()
    staff_session_id = models.BigIntegerField(null=True, help_text="Invited by a superuser at work here.")
    accepted_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "email"], condition=Q(state="waiting"), name="invitation_once")
        ]
