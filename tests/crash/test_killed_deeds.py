"""kill -9 of the process that applies, undoes or redoes 21,000 changes, at a uniformly random moment of its work."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.crash.digest import digests
from tests.crash.stage import is_inside

pytestmark = pytest.mark.slow
KILLS = {"apply": (1, 14), "undo": (2, 13), "redo": (3, 13)}  # the step, and how many kills: 40
OF_ONE_SET = 2


@pytest.mark.parametrize("deed", KILLS)
def test_a_killed_deed_has_done_all_or_nothing_and_then_ends_like_an_uninterrupted_one(stage, chance, tell, deed):
    """Two kills for each set; what the first has left is what the next process finds, then one works undisturbed."""
    step, kills = KILLS[deed]
    known, name = stage.known_of(step), f"crash_killed_{deed}"
    done = inside = whole = 0
    while done < kills:
        with stage.copied(step, name) as connection:
            for _ in range(min(OF_ONE_SET, kills - done)):
                child = stage.work(name, known["job"])
                time.sleep(chance.uniform(0, known["seconds"]))
                os.kill(child.pid, signal.SIGKILL)
                inside += is_inside(connection)
                found = digests(connection)
                assert child.end() in (-signal.SIGKILL, 0)  # 0: it had ended before
                assert found in (known["before"], {content: known["after"][content] for content in found})
                done += 1
                if found != known["before"]:
                    whole += 1
                    break
            assert stage.work(name, known["job"]).end() == 0
            assert digests(connection, jobs=True) == known["after"]
    tell(f"{done} kills of {deed}: {inside} inside the transaction, {whole} found all of it written")
    assert inside
