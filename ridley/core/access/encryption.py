"""Secrets that must be used again (a provider's client secret, say), kept encrypted in the database.

Fernet (AES-128-CBC and HMAC-SHA256, with a random part of its own for each value), with keys derived by HKDF from the
words in RIDLEY_ENCRYPTION_KEYS. The first word encrypts; every word decrypts: put a new one in front, run
`ridley manage encrypt_again`, and take the old one away. What only has to be recognised is hashed, not encrypted.
"""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from ridley.core.access.errors import Conflict


class NoKey(Conflict):
    """Nothing can be encrypted, or what is stored was encrypted with a key that is not there any more."""

    code = "no-encryption-key"


def encrypt(text: str) -> str:
    """The text as it may be stored. Equal texts look different. Raises NoKey."""
    return _keys().encrypt(text.encode()).decode()


def decrypt(stored: str) -> str:
    """What was encrypted, with any of the keys. Raises NoKey."""
    try:
        return _keys().decrypt(stored.encode()).decode()
    except InvalidToken:
        raise NoKey("A stored secret was encrypted with a key that is not in RIDLEY_ENCRYPTION_KEYS.") from None


def encrypt_again(stored: str) -> str:
    """The same secret under the first key. Raises NoKey."""
    return encrypt(decrypt(stored))


def _keys() -> MultiFernet:
    words = tuple(settings.ENCRYPTION_KEYS)
    if not words:
        raise NoKey("RIDLEY_ENCRYPTION_KEYS is not set: secrets of identity providers cannot be kept.")
    return _derived(words)


@lru_cache(maxsize=4)
def _derived(words: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derive(word))) for word in words])


def _derive(word: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"ridley secrets at rest").derive(word.encode())
