"""A person's address as django-allauth keeps it beside the account: what they sign in with and are written to at."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.db import transaction

from ridley.core.accounts.models import User


@transaction.atomic
def confirm(user: User) -> None:
    """Make the account's address its only one, and confirmed: an administrator gave it, or a link to it was used."""
    EmailAddress.objects.filter(user=user).exclude(email=user.email).delete()
    EmailAddress.objects.filter(email=user.email).exclude(user=user).delete()
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
