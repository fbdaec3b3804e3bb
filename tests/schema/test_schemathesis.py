"""Requests made up from the API's description, against a real server: it never breaks, and answers as described."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.live import Live
from tests.schema.generated import CHECKS, EXAMPLES, described, meet_what_is_there

pytestmark = pytest.mark.slow


@pytest.fixture
def answered(record_property: Callable[[str, object], None]) -> Iterator[dict[str, list[int]]]:
    """The statuses of one operation's answers. Reading must be answered, and not only refused: else the shapes of
    answers were never compared with anything."""
    found: dict[str, list[int]] = defaultdict(list)
    yield found
    ((label, statuses),) = found.items()
    assert not label.startswith("GET ") or any(status < 300 for status in statuses), (label, Counter(statuses))
    record_property("summed", ["generated requests, 0 server errors, all answers as described", len(statuses)])


@described.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_answers_are_as_described(case: Any, live_ridley: Live, bearer: Any, answered: Any):
    meet_what_is_there(case)
    who = bearer("root" if case.operation.path.startswith("/api/v1/staff-sessions/") else "admin")
    answer = case.call_and_validate(base_url=live_ridley.address, headers=who, checks=CHECKS)
    answered[case.operation.label].append(answer.status_code)
