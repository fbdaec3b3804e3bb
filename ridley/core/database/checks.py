"""Refuses to serve when the database role could see past the wall."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, register
from django.db import connection

from ridley.core.database.roles import check_app_role


@register(Tags.database)
def role_is_harmless(databases: Any = None, **kwargs: Any) -> list[Error]:
    """The server's role is no superuser, does not bypass policies, owns no table and is no member of the owner."""
    if not databases or settings.RUNS_AS_OWNER:
        return []
    return [
        Error(reason, hint="Give DATABASE_URL the app role and DATABASE_OWNER_URL the owner.", id="ridley.E001")
        for reason in check_app_role(connection)
    ]
