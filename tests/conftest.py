"""Fixtures that several of the tests that cross rooms share."""

from tests.live import live_ridley

__all__ = ["live_ridley"]
