import pytest

from ridley.core.accounts.tests.asking import CLOCK


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """Time stands still for codes, none of which runs out between making and giving it, and for locks."""
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.time", CLOCK)
    monkeypatch.setattr("ridley.core.accounts.guesses.database_now", CLOCK.moment)
    return CLOCK
