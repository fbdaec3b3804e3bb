"""How often a person, a token or an address may ask: 429 with Retry-After beyond it. Rates are settings."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.views import APIView

from ridley.core.access.errors import TooMany
from ridley.core.access.problems import CONTENT_TYPE, as_problem
from ridley.core.access.scope import TokenRights
from ridley.core.accounts.guesses import network_of
from ridley.core.accounts.limits import Shared, Standing

ANYBODYS = ("/_allauth/", "/sign-in", "/accounts/", "/api/v1/schema/")  # what anybody may ask, and no view counts
shared = Shared()


@dataclass(frozen=True, slots=True)
class Counted:
    """Who was counted ("person", "token", "address"), at which rate, and where they stand."""

    who: str
    limit: int
    period: int
    standing: Standing

    def headers(self) -> dict[str, str]:
        """RateLimit headers, as draft-ietf-httpapi-ratelimit-headers-10 has them; Retry-After on a refusal."""
        found = {
            "RateLimit-Policy": f'"{self.who}";q={self.limit};w={self.period}',
            "RateLimit": f'"{self.who}";r={self.standing.remaining};t={self.standing.seconds}',
        }
        return {**found, "Retry-After": str(self.standing.seconds)} if self.standing.refused else found


def arrive(request: Request) -> Counted | None:
    """Find out who asks, and count them. Raises TooMany, or what authentication raises. Not within a transaction.

    Who shows nothing that is good is counted by address. None where no rate is set.
    """
    try:
        known = request.user.is_authenticated
    except APIException:
        counted("address", address(request._request))
        raise
    if not known:
        return counted("address", address(request._request))
    if isinstance(request.auth, TokenRights):
        return counted("token", str(request.auth.id))
    return counted("person", str(request.user.pk))


class CountedView(APIView):
    """A view beside the tenants: whoever asks is counted before anything is done. It must hold no transaction."""

    counted: Counted | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.counted = arrive(request)
        super().initial(request, *args, **kwargs)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in (self.counted.headers() if self.counted else {}).items():
            response[name] = value
        return response


def counted(who: str, name: str) -> Counted | None:
    """Count one request of somebody. Raises TooMany."""
    rate = settings.RATES[who]
    if rate is None:
        return None
    limit, period = rate
    found = Counted(who, limit, period, shared.hit(f"{who}:{name}", limit, period))
    if found.standing.refused:
        raise TooMany(
            f"More than {limit} requests in {period} seconds. Try again in {found.standing.seconds} seconds.",
            headers=found.headers(),
        )
    return found


def address(request: HttpRequest) -> str:
    """Where a request comes from; of IPv6 the network, since one customer has all of it.

    Behind a proxy of ours it is the last entry of X-Forwarded-For, which that proxy wrote; those before it are hearsay.
    """
    given = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        given = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip() or given
    try:
        ipaddress.ip_address(given)
    except ValueError:
        return "unknown"
    return network_of(given)


class CountAddresses:
    """Counts by address what is asked before anybody is known: sign-in, refreshing, the API's description."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(ANYBODYS):
            return self.get_response(request)
        try:
            found = counted("address", address(request))
        except TooMany as error:
            told = as_problem(error, {})
            assert told is not None
            return JsonResponse(told.data, status=told.status_code, content_type=CONTENT_TYPE, headers=error.headers)
        response = self.get_response(request)
        for name, value in (found.headers() if found else {}).items():
            response[name] = value
        return response
