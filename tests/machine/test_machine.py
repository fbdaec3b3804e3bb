"""Thousands of random steps: upload, decide, apply, conflict, undo, edit, release, kill. Ridley equals a plain model.

The steps are the same in every run. RIDLEY_MACHINE_SEED=7 takes others: those of the seed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from ridley.core.changes.services import opening
from ridley.engine.readers import read_table
from tests.machine import making
from tests.machine.agreement import traces
from tests.machine.desk import Desk
from tests.machine.machine import Machine
from tests.machine.model import Model
from tests.machine.walk import furnish
from tests.world import make_world

SEED = int(os.environ.get("RIDLEY_MACHINE_SEED", "1"))
COUNTED = (
    "upload", "upload again", "edit", "edit and apply", "decide by filter", "decide by ids", "undo a decision", "apply",
    "apply at a moment", "see through", "the moment comes", "cancel", "release", "withdraw", "undo", "redo",
    "four eyes", "work", "kill", "conflicts met", "conflicts accepted", "answered at once",
    "died with rows half written",
)  # fmt: skip
Walk = Callable[..., dict[str, int]]


@pytest.fixture
def walk(transactional_db: None, monkeypatch: pytest.MonkeyPatch, record_property: Any) -> Walk:
    """Takes so many steps so many times, each time in a new tenant; returns what was counted."""

    def take(times: int, *, steps: int, further: int = 0, at_least: int = 0) -> dict[str, int]:
        # In this process: a reader of its own for every small file is most of the time, and has tests of its own
        monkeypatch.setattr(opening, "read_limited", read_table)
        Machine.counts.clear()
        Machine.other = make_world()
        desk = Desk(Machine.other)
        furnish(desk, Model(making.tables()))
        Machine.others_mark = traces(Machine.other.tenant.pk)
        with_seed = SEED + further
        while Machine.counts["steps"] < max(at_least, 1):  # Hypothesis ends some walks early
            found = settings(
                max_examples=times, stateful_step_count=steps, deadline=None, database=None, print_blob=True,
                suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink],
            )  # fmt: skip
            run_state_machine_as_test(seed(with_seed)(Machine), settings=found)
            with_seed, times = with_seed + 2, 10
        counts = dict(sorted(Machine.counts.items()))
        told = ", ".join(f"{name} {count}" for name, count in counts.items() if name != "steps")
        record_property("counted", f"state machine, seed {SEED + further}: {counts['steps']} steps; {told}")
        return counts

    return take


def test_ridley_equals_the_model_after_each_of_a_hundred_and_more_steps(walk: Walk) -> None:
    assert walk(4, steps=40)["steps"] >= 100


@pytest.mark.slow
@pytest.mark.parametrize("half", [0, 1])
def test_ridley_equals_the_model_after_each_of_five_thousand_steps(walk: Walk, half: int) -> None:
    counts = walk(66, steps=50, further=half, at_least=2500)
    assert counts["steps"] >= 2500
    assert {name: counts.get(name, 0) for name in COUNTED if counts.get(name, 0) < 10} == {}
