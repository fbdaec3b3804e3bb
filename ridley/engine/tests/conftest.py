"""Shared by the engine's tests: where the real data are, and files made on the spot."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]

WriteFile = Callable[..., Path]


@pytest.fixture(scope="session")
def versions() -> Path:
    """The folder of successive real versions of tables; a test that needs it fails without it."""
    shared = Path(os.environ.get("RIDLEY_SHARED", CHECKOUT.parent / "shared"))
    folder = shared / "data" / "versions"
    if not folder.is_dir():
        pytest.fail(
            f"No real data at {folder}; wanted the folder shared beside the checkout, or its path in RIDLEY_SHARED."
        )
    return folder


@pytest.fixture
def write(tmp_path: Path) -> WriteFile:
    """Write text or bytes to a file and return its path."""

    def write_file(content: str | bytes, name: str = "table.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write_file
