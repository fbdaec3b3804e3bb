"""`manage.py encrypt_again`: after a new word was put in front of RIDLEY_ENCRYPTION_KEYS, before the old one goes.

Mails that wait are not touched: leave the old word in its place until they are sent, a day at most.
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from ridley.core.access import second_factor
from ridley.core.people.services.providers import encrypt_again
from ridley.core.tenants.models import Tenant


class Command(BaseCommand):
    help = "Put every secret of identity providers and authenticator apps under the first of RIDLEY_ENCRYPTION_KEYS."

    def handle(self, **options: Any) -> None:
        count = second_factor.encrypt_again() + encrypt_again(
            list(Tenant.objects.order_by("pk").values_list("pk", flat=True))
        )
        self.stdout.write(f"{count} secrets are under the first key now.")
