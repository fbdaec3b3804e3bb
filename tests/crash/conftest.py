"""Databases and processes to kill."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.crash.stage import Stage


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    home = Path(os.environ["RIDLEY_HOME"])
    shared = home.parent if "PYTEST_XDIST_WORKER" in os.environ else home
    made = Stage(shared, {**os.environ, "DJANGO_SETTINGS_MODULE": "ridley.config.settings"})
    yield made
    made.close()


@pytest.fixture
def chance(record_property: Callable[[str, object], None]) -> random.Random:
    """Random numbers whose seed is told at the end of the run."""
    seed = random.SystemRandom().randrange(10**6)
    record_property("counted", f"seed {seed}")
    return random.Random(seed)


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """A line for the summary at the end of the run."""
    return lambda line: record_property("counted", line)
