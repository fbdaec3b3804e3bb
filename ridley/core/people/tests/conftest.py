import pytest

from ridley.core.accounts.tests.conftest import clock

__all__ = ["clock"]


@pytest.fixture
def admin(world):
    return world.client("admin")
