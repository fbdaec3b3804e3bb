import pytest

from ridley.assistant.tests.motor import Motor, make_motor


@pytest.fixture
def motor(world) -> Motor:
    """A master of three vehicles, the insurer acme with four and zeta with none."""
    return make_motor(world)
