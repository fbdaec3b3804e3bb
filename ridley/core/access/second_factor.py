"""The second factor: how its secrets are kept, and whether who calls came with one."""

from __future__ import annotations

from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator

from ridley.core.access import encryption
from ridley.core.accounts.models import Kind
from ridley.core.accounts.recent import used_second_factor


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets of authenticator apps and recovery codes are encrypted at rest."""

    def encrypt(self, text: str) -> str:
        return encryption.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return encryption.decrypt(encrypted_text)


def came_with_second_factor(request: Any) -> bool:
    """Whether who calls gave a second factor in this session. Programs are exempt: their token is their factor.

    `request` is Django REST framework's, after authentication.
    """
    return request.user.kind == Kind.SERVICE or used_second_factor(request)


def encrypt_again() -> int:
    """Put the secrets of all apps and recovery codes under the first key; how many there were."""
    count = 0
    for row in Authenticator.objects.all():
        secrets = {name: encryption.encrypt_again(row.data[name]) for name in ("secret", "seed") if row.data.get(name)}
        Authenticator.objects.filter(pk=row.pk).update(data={**row.data, **secrets})
        count += len(secrets)
    return count
