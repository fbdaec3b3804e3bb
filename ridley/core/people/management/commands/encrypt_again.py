"""`manage.py encrypt_again`: after a new word was put in front of RIDLEY_ENCRYPTION_KEYS, before the old one goes."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from ridley.core.people.services.providers import encrypt_again
from ridley.core.tenants.models import Tenant


class Command(BaseCommand):
    help = "Put every secret of an identity provider under the first of RIDLEY_ENCRYPTION_KEYS."

    def handle(self, **options: Any) -> None:
        count = encrypt_again(list(Tenant.objects.order_by("pk").values_list("pk", flat=True)))
        self.stdout.write(f"{count} secrets are under the first key now.")
