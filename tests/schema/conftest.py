"""A live tenant with some of everything, and somebody who may do all of it."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.live import Live
from tests.schema.generated import SEED, TOKEN_SECONDS, there
from tests.schema.things import Maker


@pytest.fixture(scope="module")
def bearer(live_ridley: Live, request: pytest.FixtureRequest) -> Any:
    """A header with a token of an admin that has not run out. What generated requests may meet is made first."""
    print(f"\nschemathesis seed: {SEED} (RIDLEY_SCHEMATHESIS_SEED={SEED} repeats it)")
    kept: dict[str, tuple[str, float]] = {}

    def header(name: str = "admin") -> dict[str, str]:
        if name not in kept or time.monotonic() > kept[name][1]:
            kept[name] = (live_ridley.token(name), time.monotonic() + TOKEN_SECONDS)
        return {"Authorization": f"Bearer {kept[name][0]}"}

    token = header()["Authorization"].removeprefix("Bearer ")
    there.update(
        Maker(live_ridley, token, f"{request.module.__name__.rpartition('_')[2]}-{SEED}").things(),
        tenant=live_ridley.tenant,
    )
    return header
