"""A tenant whose table waits for a big apply: `python -m tests.running.prepared ROWS`, prints what it made as JSON."""

from __future__ import annotations

import json
import sys
from typing import Any

KEY = "puri"


def rows(count: int, price: int) -> list[list[str]]:
    return [[f"V{number:06d}", f"Model {number % 97} of a long and telling name", str(price + number)]
            for number in range(count)]  # fmt: skip


def make(count: int) -> dict[str, Any]:
    """A table of `count` rows, and an accepted set that changes each of them; its apply waits for a worker."""
    from ridley.core.changes import services
    from ridley.core.changes.tests.steps import applied, as_csv, make_table, opened
    from tests.world import make_world

    world = make_world(KEY)
    table = make_table(world)
    applied(world, table, as_csv(rows(count, 100)))
    change_set = opened(world, table, as_csv(rows(count, 200)))
    scope = world.scope("assistant.admin")
    with world.pinned():
        services.release(scope, change_set_id=change_set.pk)
        services.decide(scope, change_set_id=change_set.pk, verdict="accepted")
        _, job = services.request_apply(scope, change_set_id=change_set.pk)
    assert job is not None
    return {"change_set": change_set.pk, "table": table.pk, "job": job.pk, "tenant": world.tenant.pk}


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps(make(int(sys.argv[1]))))
