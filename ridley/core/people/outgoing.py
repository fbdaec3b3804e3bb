"""How identity providers are asked: every request of sign-in to another machine begins here."""

from __future__ import annotations

import functools

import requests

TIMEOUT_SECONDS = 5


def session() -> requests.Session:
    """A session that waits so long and no longer."""
    made = requests.Session()
    made.request = functools.partial(made.request, timeout=TIMEOUT_SECONDS)  # type: ignore[method-assign]
    return made
