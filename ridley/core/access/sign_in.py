"""Refusals of sign-in, which is django-allauth's, as problem+json where it would answer with less than a reason."""

from __future__ import annotations

import math
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse

from ridley.core.access.problems import CODES, CONTENT_TYPE, problem
from ridley.core.accounts.guesses import TooManyAttempts

SIGN_IN = "/_allauth/"
A_MINUTE = 60  # what django-allauth's own limits count by


class SignInProblems:
    """Guessing that is locked is 429; a body that cannot be read is 400 with a reason."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not request.path.startswith(SIGN_IN) or response.get("Content-Type") == CONTENT_TYPE:
            return response
        if response.status_code == 429:
            return too_many(A_MINUTE, "too-many-requests", "Too many requests like this one. Wait a minute.")
        if response.status_code == 400 and not response.content:
            return unreadable()
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, TooManyAttempts):
            detail = f"Too many wrong attempts. Wait {in_words(error.seconds)}, or ask for a new password."
            return too_many(error.seconds, "too-many-attempts", detail)
        if isinstance(error, RecursionError | UnicodeEncodeError) and request.path.startswith(SIGN_IN):
            return unreadable()  # nested too deeply, or half a surrogate pair
        return None


def too_many(seconds: int, code: str, detail: str) -> HttpResponse:
    found = problem(429, code, "Too many attempts" if code == "too-many-attempts" else CODES[429][1], detail).data
    headers = {"Retry-After": str(seconds), "Cache-Control": "no-store"}
    return JsonResponse(found, status=429, content_type=CONTENT_TYPE, headers=headers)


def unreadable() -> HttpResponse:
    found = problem(400, *CODES[400], "The body is no JSON object, or holds what is no text.").data
    return JsonResponse(found, status=400, content_type=CONTENT_TYPE)


def in_words(seconds: int) -> str:
    return f"{seconds} seconds" if seconds < 120 else f"{math.ceil(seconds / 60)} minutes"
