"""Who comes in through an identity provider, as whom, and into which tenant.

The rules, for somebody whose provider tells a verified e-mail address:

1. **Where to.** Google: the tenant that the address's domain was verified for, if Google's `hd` is that domain. A
   tenant's own provider: only its own tenant, and only addresses of domains that are listed at the provider and still
   verified to be the tenant's. A Partner's provider: the tenant of that Partner which the client claim names
   (services/clients.py); addresses of a domain that was verified for anybody else are refused.
2. **As whom.** An account is found by provider and subject; else by e-mail, if the provider owns the address's domain
   (for Google that is `hd`); else it is made. A provider never signs in as an account that belongs elsewhere: one whose
   own address lies in no domain of the provider's; for a Partner's provider without the domain, one that is a member of
   any tenant that is not the Partner's, or that exists already without this subject; for any but Google, a person of
   the installation's staff; for all, a program's account.
   An account whose address was proved by nobody who owns it (its holder never confirmed it, or came through a Partner
   without the domain) is taken back by who proves it: what was signed in with before ends.
3. **With what.** A first membership gets the roles that the claims stand for, else the tenant's default role. Roles
   from claims are given and ended at each sign-in and marked (ClaimedGrant); grants by people are never touched.
   A membership that has ended is not begun again here.

Whoever is refused is told why, and nothing is written: all of it is one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, connection, transaction

from ridley.core.access import request_id
from ridley.core.access.door import opened, trusted_scope
from ridley.core.access.errors import Denied
from ridley.core.accounts import sessions
from ridley.core.accounts.models import Kind, User
from ridley.core.people import claims as said
from ridley.core.people.models import Domain, PartnerProvider
from ridley.core.people.queries.providers import GOOGLE, Provider, tenant_of_domain
from ridley.core.people.services.clients import tenant_of_client
from ridley.core.people.services.joining import Joining, join
from ridley.core.tenants.functions import my_tenants
from ridley.core.tenants.models import Tenant

NOT_ALLOWED = "People with an address of {domain} cannot sign in here with {provider}."
ELSEWHERE = "An account with your address exists, and {provider} may not sign in to it. Sign in the way you did before."


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody belongs, and whether their provider owns their address's domain."""

    tenant: Tenant
    owns_domain: bool
    default_role: str
    makes_branches: bool = False


def arrive(provider: Provider | None, *, subject: str, claims: Mapping[str, Any]) -> SocialAccount:
    """The account of who comes in, made or updated; `provider` None is Google. Raises Denied, and writes nothing then.

    Two first sign-ins at the same moment find the same account: the one that comes second looks again.
    """
    try:
        with transaction.atomic():
            return _arrive(provider, subject, claims)
    except IntegrityError:
        with transaction.atomic():
            return _arrive(provider, subject, claims)


def _arrive(provider: Provider | None, subject: str, claims: Mapping[str, Any]) -> SocialAccount:
    email, domain = said.verified_email(claims)
    place = place_of(provider, domain, claims)
    lock(f"person {email}")
    found = find_account(provider, subject, email, place)
    account = found or SocialAccount(user=User(email=email))
    user = take_over_name(account.user, said.names(claims), new=found is None)
    if account.pk is None:
        account.user, account.uid, account.provider = user, subject, provider.public_id if provider else GOOGLE
        note_address(user, proved=place.owns_domain)
    account.extra_data = {"email": email, "name": user.get_full_name()}
    account.save()
    how = f"{provider.name if provider else 'Google'}, {domain}"
    joining = Joining(user, provider, claims, place.default_role, place.makes_branches, how, first_time=found is None)
    with opened(trusted_scope(place.tenant.pk, actor_id=user.pk, request_id=request_id.current.get())) as scope:
        join(scope, joining)
    return account


def note_address(user: User, *, proved: bool) -> None:
    """The address is the person's if a provider says so that owns its domain; else it is only what they are called."""
    first = not EmailAddress.objects.filter(user=user, primary=True).exists()
    EmailAddress.objects.update_or_create(
        user=user,
        email=user.email,
        defaults={"verified": proved},
        create_defaults={"verified": proved, "primary": first},
    )


def take_over_name(user: User, names: tuple[str, str], *, new: bool) -> User:
    """The person with the name that the provider tells, saved if it is new to us. A provider without names keeps it."""
    if new or (any(names) and (user.first_name, user.last_name) != names):
        user.first_name, user.last_name = names
        if new:
            user.set_unusable_password()
        user.save()
    return user


def place_of(provider: Provider | None, domain: str, claims: Mapping[str, Any]) -> Place:
    """Where somebody with this address comes in through this provider. Raises Denied."""
    if isinstance(provider, PartnerProvider):
        tenant = tenant_of_client(provider, claims)
        held = Domain.objects.filter(name=domain).first()
        owned = bool(held and held.partner_id == provider.partner_id)
        if held and not owned and held.holder_id != tenant.pk:
            raise refused(provider, domain)
        return Place(tenant, owned, provider.default_role, makes_branches=True)
    held = Domain.objects.select_related("holder").filter(name=domain, holder__isnull=False).first()
    if held is None or held.holder is None:
        raise refused(provider, domain)
    if provider is None:
        if not held.google or said.text(claims, "hd").lower() != domain:
            raise refused(provider, domain)
    elif held.holder_id != provider.tenant_id or domain not in provider.domains:
        raise refused(provider, domain)
    return Place(held.holder, True, held.holder.default_role)


def refused(provider: Provider | None, domain: str) -> Denied:
    detail = NOT_ALLOWED.format(domain=domain, provider=provider.name if provider else "Google")
    return Denied(detail, code="domain-not-allowed")


def find_account(provider: Provider | None, subject: str, email: str, place: Place) -> SocialAccount | None:
    """The account of this subject; a new, unsaved one of the person with this address; or None: a new person.

    Raises Denied if the account belongs elsewhere.
    """
    public_id = provider.public_id if provider else GOOGLE
    known = SocialAccount.objects.select_related("user").filter(provider=public_id, uid=subject).first()
    user = known.user if known else User.objects.filter(email=email).first()
    others = EmailAddress.objects.filter(email__iexact=email, verified=True).exclude(user=user)
    is_anothers = known is None and others.exists()  # their second address
    if is_anothers or (user and not belongs_here(provider, user, place, known=known is not None)):
        detail = ELSEWHERE.format(provider=provider.name if provider else "Google")
        raise Denied(detail, code="account-belongs-elsewhere")
    if user is None:
        return None
    if not user.is_active:
        raise Denied("This account is switched off.", code="account-switched-off")
    if known is None and EmailAddress.objects.filter(user=user, email__iexact=email, verified=False).exists():
        take_back(user)
    return known or SocialAccount(user=user)


def take_back(user: User) -> None:
    """Whoever had this account never proved the address: all that they could come in by, or keep the owner out, ends.

    That is password, sessions, other providers, second factor, and links for other addresses that wait in their mail.
    """
    for kind in (SocialAccount, EmailAddress, Authenticator):
        kind.objects.filter(user=user).delete()
    sessions.end_sessions(user.pk)
    user.set_unusable_password()
    user.save(update_fields=["password"])


def belongs_here(provider: Provider | None, user: User, place: Place, *, known: bool) -> bool:
    """Whether the provider may sign in as this account: rule 2 above."""
    if user.kind != Kind.PERSON:
        return False
    if provider is not None and (user.is_staff or user.is_superuser):
        return False
    domain = user.email.rpartition("@")[2]
    if isinstance(provider, PartnerProvider):
        if place.owns_domain and Domain.objects.filter(name=domain, partner_id=provider.partner_id).exists():
            return True
        keys = [tenant["key"] for tenant in my_tenants(user.pk)]
        outside = Tenant.objects.filter(key__in=keys).exclude(partner_id=provider.partner_id).exists()
        return known and not outside
    owner = tenant_of_domain(domain)
    listed = provider is None or domain in provider.domains
    return owner is not None and owner.pk == place.tenant.pk and listed


def lock(words: str) -> None:
    """Wait for whoever is at the same words until their transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"ridley sign-in: {words}"])
