"""Requests made up from the API's description, against a real server: it never breaks, and answers as described."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.live import Live
from tests.schema.generated import CHECKS, EXAMPLES, described, meet_what_is_there

pytestmark = pytest.mark.slow

answered: dict[str, list[int]] = defaultdict(list)  # operation -> statuses


@described.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_answers_are_as_described(case: Any, live_ridley: Live, bearer: Any):
    meet_what_is_there(case)
    answer = case.call_and_validate(base_url=live_ridley.address, headers=bearer(), checks=CHECKS)
    answered[case.operation.label].append(answer.status_code)


def test_every_kind_of_reading_was_answered_and_not_only_refused(record_property):
    """Else the shapes of answers were never compared with anything."""
    if not answered:
        pytest.fail("test_answers_are_as_described did not run before")
    silent = [
        label for label, statuses in answered.items()
        if label.startswith("GET ") and not any(status < 300 for status in statuses)
    ]  # fmt: skip
    counted = {label: dict(Counter(statuses)) for label, statuses in answered.items()}
    assert silent == [], counted
    total = sum(len(statuses) for statuses in answered.values())
    record_property(
        "counted", f"schemathesis: {total:,} requests to {len(answered)} operations, 0 server errors, all as described"
    )
