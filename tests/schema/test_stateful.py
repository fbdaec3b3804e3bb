"""The API's description walked along its links: what one request answered is what the next one is about.

The description has no links of its own: schemathesis infers them from the names of the records (the `id` of a list of
change sets is the `id` of /change-sets/{id}/apply/).
"""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.errors import FlakyStrategyDefinition
from hypothesis.stateful import run_state_machine_as_test
from schemathesis.core.failures import FailureGroup

from tests.live import Live
from tests.schema.generated import CHECKS, SEED, described, make_sound, meet_what_is_there

pytestmark = pytest.mark.slow

WALKS, RUNS = int(os.environ.get("RIDLEY_SCHEMATHESIS_WALKS") or 80), 20
STEPS = 8  # of a walk
# Reached by no link: they take no id and answer with none, or name nothing by an id.
WITHOUT_LINKS = {
    "GET /api/v1/me/", "GET /api/v1/me/invitation/", "POST /api/v1/me/invitation/", "DELETE /api/v1/me/sessions/",
    "GET /api/v1/{tenant}/meta/", "GET /api/v1/{tenant}/roles/", "GET /api/v1/{tenant}/domains/",
    "GET /api/v1/session/providers/",
    "GET /api/v1/{tenant}/events/kinds/", "GET /api/v1/staff-sessions/", "POST /api/v1/staff-sessions/",
    "PATCH /api/v1/{tenant}/meta/",
}  # fmt: skip


@dataclass
class Notes:
    """What the walks came to: (operation, status, whether a link was followed) and what was not as described."""

    walks: int = 0
    taken: Counter[tuple[str, int, bool]] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def walked(address: str, bearer: Any, notes: Notes) -> type:
    """The state machine over all operations. It notes failures and goes on: a server cannot be asked to forget."""

    class Walk(described.as_state_machine()):  # type: ignore[misc]
        def step(self, input: Any) -> Any:
            self.follows = bool(input.applied_parameters)
            linked = frozenset(name for _, name in input.applied_parameters if name)
            meet_what_is_there(input.case, linked)
            make_sound(input.case, linked)
            return super().step(input)

        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"base_url": address, "headers": bearer()}

        def validate_response(self, response: Any, case: Any, **kwargs: Any) -> None:
            notes.taken[case.operation.label, response.status_code, self.follows] += 1
            try:
                case.validate_response(response, checks=CHECKS)
            except FailureGroup as failures:
                notes.failures += [f"{case.operation.label}: {failure}" for failure in failures.exceptions]

        def teardown(self) -> None:
            notes.walks += 1

    return Walk


def test_walks_along_the_links_never_break_it_and_answers_are_as_described(
    live_ridley: Live, bearer: Any, record_property
):
    notes = Notes()
    machine = walked(live_ridley.address, bearer, notes)
    some = settings(max_examples=WALKS // RUNS, stateful_step_count=STEPS, deadline=None, database=None,
                    phases=[Phase.generate], suppress_health_check=list(HealthCheck))  # fmt: skip
    for number in range(RUNS):
        machine.rule_order_seed = SEED + number  # each run begins with other requests
        # The same choices lead elsewhere once the server has changed; hypothesis ends a run that it cannot repeat.
        with suppress(FlakyStrategyDefinition):
            run_state_machine_as_test(seed(SEED + number)(machine), settings=some)
    assert notes.failures == []
    followed = sum(count for (_, _, follows), count in notes.taken.items() if follows)
    good = sum(count for (_, status, follows), count in notes.taken.items() if follows and status < 300)
    assert good >= RUNS, notes
    record_property(
        "counted", f"schemathesis, stateful: {notes.taken.total():,} steps of {notes.walks} walks to"
        f" {len({label for label, _, _ in notes.taken})} operations, {followed:,} along a link and {good:,} of them"
        " carried out, 0 server errors, all as described",
    )  # fmt: skip


def test_every_operation_but_these_few_is_on_some_walk():
    links = described.as_state_machine()._transitions.operations
    known = {found.ok().label for found in described.get_all_operations()}
    assert known - links.keys() == WITHOUT_LINKS
