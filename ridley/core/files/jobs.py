"""What nobody continues is taken back."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone
from procrastinate.contrib.django import app

from ridley.core.access.door import trusted_scope
from ridley.core.files import services, storage
from ridley.core.jobs.runner import drop_dead_connection
from ridley.core.tenants.models import Tenant


@app.periodic(cron="41 * * * *")
@app.task(name="files.clean_up", queueing_lock="files.clean_up")
def clean_up(timestamp: int) -> None:
    """Take back every tenant's expired uploads, each behind its own wall, and what killed processes left on disk."""
    drop_dead_connection()
    now = timezone.now()
    for tenant_id in Tenant.objects.order_by("pk").values_list("pk", flat=True):
        services.expire_unfinished(trusted_scope(tenant_id), now=now)
        services.expire_quarantined(trusted_scope(tenant_id), now=now)
    storage.remove_old_copies(before=now.timestamp() - settings.UPLOAD_KEPT_HOURS * 3600)
