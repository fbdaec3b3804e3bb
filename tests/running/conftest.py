"""One prepared home for all tests of this folder, and a folder of its own for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running.installation import Template, passable_folder, template

ROWS = 20_000


@pytest.fixture(scope="session")
def prepared() -> Iterator[Template]:
    """A home in which a set of 20,000 changes waits to be applied."""
    with template(ROWS) as made:
        yield made


@pytest.fixture
def folder() -> Iterator[Path]:
    with passable_folder() as made:
        yield made
