"""Reach by branch, resolved in one place: who is limited to a branch is limited to it and all branches below it."""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection

from ridley.core.access.permissions import BRANCHES_VIEW
from ridley.core.access.roles import ReachKind
from ridley.core.access.scope import Scope
from ridley.core.tenants.models import Branch

KIND = "branch"
# UNION and not UNION ALL: it ends even if a tree held a circle.
SUBTREES = """
WITH RECURSIVE below (id, key) AS (
  SELECT b.id, b.key FROM tenants_branch b WHERE b.tenant_id = %(tenant)s AND b.key = ANY(%(keys)s)
  UNION
  SELECT b.id, b.key FROM tenants_branch b JOIN below ON b.parent_id = below.id WHERE b.tenant_id = %(tenant)s
)
SELECT id, key FROM below
"""


def subtrees(tenant_id: int, keys: Collection[str]) -> dict[int, str]:
    """The branches of these keys and all below them, archived ones too: id -> key."""
    with connection.cursor() as cursor:
        cursor.execute(SUBTREES, {"tenant": tenant_id, "keys": list(keys)})
        return dict(cursor.fetchall())


def branches_within(scope: Scope, permission: str) -> frozenset[int] | None:
    """The ids of the branches that the permission extends to, or None for all. Raises Denied if it is not granted.

    What belongs to no branch is outside, as with every limit.
    """
    keys = scope.reach(permission).values(KIND)
    return None if keys is None else frozenset(subtrees(scope.tenant_id, keys))


def covered(tenant_id: int, values: frozenset[str]) -> frozenset[str]:
    return values | frozenset(subtrees(tenant_id, values).values())


def no_such_branches(scope: Scope, values: frozenset[str]) -> set[str]:
    """Those of these keys that are no branch's within the person's sight."""
    rows = Branch.objects.filter(tenant_id=scope.tenant_id, key__in=values)
    within = branches_within(scope, BRANCHES_VIEW)
    seen = rows if within is None else rows.filter(pk__in=within)
    return set(values) - set(seen.values_list("key", flat=True))


REACH = ReachKind(KIND, "core", "Only these branches, by key, and all below them.", no_such_branches, covered)
