"""Idempotency-Key: the same call twice has one effect and one answer."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.utils import timezone
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from ridley.core.access.errors import BadRequest, KeyReused
from ridley.core.access.models import IdempotencyKey
from ridley.core.access.scope import Scope

KEPT_HEADERS = ("Location", "ETag")
KEPT_HOURS = 24


class Replayed(Exception):
    """The call was carried out before; `response` is its answer again."""

    def __init__(self, response: Response) -> None:
        super().__init__("replayed")
        self.response = response


@dataclass(frozen=True, slots=True)
class Claim:
    """This request holds the key until its transaction ends."""

    id: int

    def keep(self, response: Response) -> None:
        """Store the answer beside the effect. A refusal is not kept: the transaction takes the claim back."""
        body = None if response.data is None else json.loads(json.dumps(response.data, cls=JSONEncoder))
        headers = {name: response[name] for name in KEPT_HEADERS if name in response}
        IdempotencyKey.objects.filter(pk=self.id).update(status=response.status_code, body=body, headers=headers)


def forget_old_keys(tenant_id: int) -> int:
    """Remove the keys of a tenant, which is pinned, that are older than KEPT_HOURS. Returns how many."""
    before = timezone.now() - timedelta(hours=KEPT_HOURS)
    return IdempotencyKey.objects.filter(tenant_id=tenant_id, created_at__lt=before).delete()[0]


def claim(scope: Scope, *, key: str, call: str, body: bytes) -> Claim:
    """Claim the key, waiting for a parallel call with the same one. Raises Replayed or KeyReused if it was used."""
    if not 1 <= len(key) <= 200 or not key.isprintable():
        raise BadRequest("Idempotency-Key: wanted 1 to 200 printable characters.", code="bad-idempotency-key")
    digest = hashlib.sha256(body).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO access_idempotencykey (tenant_id, actor_id, key, call, digest, headers)"
            " VALUES (%s, %s, %s, %s, %s, '{}') ON CONFLICT (tenant_id, actor_id, key) DO NOTHING RETURNING id",
            [scope.tenant_id, scope.actor_id, key, call, digest],
        )
        if row := cursor.fetchone():
            return Claim(row[0])
    before = IdempotencyKey.objects.get(tenant_id=scope.tenant_id, actor_id=str(scope.actor_id), key=key)
    if (before.call, before.digest) != (call, digest):
        raise KeyReused("This Idempotency-Key was used for another call. Nothing was done. Take a new key.")
    response = Response(before.body, status=before.status)
    for name, value in before.headers.items():
        response[name] = value
    response["Idempotency-Replayed"] = "true"
    raise Replayed(response)
