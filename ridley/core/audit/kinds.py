"""What events there are, in words: each part of the house names its own when it starts."""

from __future__ import annotations

from collections.abc import Mapping

_kinds: dict[str, str] = {}


def register_kinds(words: Mapping[str, str]) -> None:
    """`product.what_happened` -> one sentence in the past, for people."""
    _kinds.update(words)


def kinds() -> dict[str, str]:
    """All kinds by name."""
    return dict(sorted(_kinds.items()))


def words_of(kind: str) -> str:
    return _kinds.get(kind, "")
