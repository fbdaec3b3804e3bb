"""What a web server would do for somebody: `python -m tests.running.wanted read TABLE` or `wait KEY...`."""

from __future__ import annotations

import json
import sys
from typing import Any

from tests.running.prepared import KEY, rows


def world() -> Any:
    from ridley.core.tenants.models import Tenant
    from tests.world import World

    return World(Tenant.objects.get(key=KEY))


def read(table: str) -> dict[str, int]:
    """A file of one row less, stored in this home and opened; a worker is to compare it."""
    from ridley.core.changes import services
    from ridley.core.changes.tests.steps import TARGET, as_csv
    from tests.world import upload

    tenant = world()
    scope = tenant.trusted()
    sent = upload(tenant, scope, as_csv(rows(19_999, 100)))
    with tenant.pinned():
        made = services.open_upload(scope, target=TARGET, target_id=int(table), upload_id=sent.pk)
    return {"change_set": made.pk}


def wait(*keys: str) -> dict[str, int]:
    """Jobs that wait half done until somebody says go."""
    from ridley.core.jobs.services import enqueue
    from tests import chores  # noqa: F401 registers the job

    tenant = world()
    with tenant.pinned():
        return {key: enqueue(tenant.trusted(), "chores.wait", key=key).pk for key in keys}


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps({"read": read, "wait": wait}[sys.argv[1]](*sys.argv[2:])))
