from ridley.core.accounts.tests.conftest import clock

__all__ = ["clock"]
