"""Refusals. Each becomes an answer in problem+json (RFC 9457) with a stable code; a refusal changes nothing.

Refusal
├── NotFound   404  it is not there, or not for this person: the two answer alike
├── Denied     403  a permission is missing
├── Conflict   409  the state of things does not allow it
│   └── NotReady    something must happen first
├── TooMany    429  asked too often; Retry-After says when to come back
├── Stale      412  the caller saw an older version
└── Invalid    422  the request cannot be meant; 400 when it cannot be read
    ├── BadRequest
    └── KeyReused   an Idempotency-Key came with another body
"""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """Something was asked that will not be done. `detail` says why in plain words; `extra` goes into the answer."""

    status = 400
    code = "refused"
    title = "Refused"

    def __init__(self, detail: str, *, code: str | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or type(self).code
        self.extra = extra


class NotFound(Refusal):
    status, code, title = 404, "not-found", "Not found"

    def __init__(self, detail: str = "There is nothing here, or not for you.", **extra: Any) -> None:
        super().__init__(detail, **extra)


class Denied(Refusal):
    status, code, title = 403, "denied", "Not allowed"


class Conflict(Refusal):
    status, code, title = 409, "conflict", "Not possible now"


class NotReady(Conflict):
    code = "not-ready"


class TooMany(Refusal):
    status, code, title = 429, "too-many-requests", "Too many requests"

    def __init__(self, detail: str, *, headers: dict[str, str]) -> None:
        super().__init__(detail)
        self.headers = headers


class Stale(Refusal):
    """Somebody changed it since the caller looked. `current` is the record as it is now."""

    status, code, title = 412, "stale", "Changed by somebody else"

    def __init__(self, current: Any) -> None:
        super().__init__("This was changed since you read it. Nothing was written. Both versions are here.")
        self.current = current


class Invalid(Refusal):
    status, code, title = 422, "invalid", "Cannot be done as asked"


class BadRequest(Refusal):
    status, code, title = 400, "bad-request", "Cannot be read"


class KeyReused(Invalid):
    code = "idempotency-key-reused"
