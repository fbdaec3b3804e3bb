"""Every error as problem+json (RFC 9457): type, title, status, detail, code, and what the error adds."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import DataError, IntegrityError, OperationalError
from django.http import Http404
from psycopg import errors as pg
from rest_framework import exceptions as drf
from rest_framework.response import Response

from ridley.core.access import words
from ridley.core.access.errors import Refusal

CONTENT_TYPE = "application/problem+json"
SIGN_IN = "Got no sign-in, wanted an access token (Authorization: Bearer ...) or the cookie of a signed-in session."
logger = logging.getLogger(__name__)

CODES = {
    400: ("bad-request", "Cannot be read"),
    401: ("not-signed-in", "Sign in first"),
    403: ("denied", "Not allowed"),
    404: ("not-found", "Not found"),
    405: ("method-not-allowed", "Not possible here"),
    406: ("not-acceptable", "Not available in this format"),
    413: ("too-large", "Too large"),
    415: ("unsupported-media-type", "Send JSON"),
    429: ("too-many-requests", "Too many requests"),
}


def problem(status: int, code: str, title: str, detail: str, **extra: Any) -> Response:
    """An answer in problem+json. `type` is a tag, not an address: about:blank would lose the code."""
    body = {"type": f"urn:ridley:{code}", "title": title, "status": status, "detail": detail, "code": code, **extra}
    return Response(body, status=status, content_type=CONTENT_TYPE)


def as_problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """Django REST framework's exception handler. Unknown errors return None and become a 500 elsewhere."""
    if isinstance(error, Refusal):
        response = problem(error.status, error.code, error.title, error.detail, **error.extra)
        for name, value in getattr(error, "headers", {}).items():
            response[name] = value
        return response
    if isinstance(error, drf.ValidationError):
        errors = [plainly(one, context) for one in field_errors(error.get_full_details())]
        first = errors[0]
        detail = f"{first['field']}: {first['message']}" if first["field"] else first["message"]
        return problem(400, "invalid", "Not valid", detail, errors=errors)
    if isinstance(error, Http404):
        return problem(404, *CODES[404], "There is nothing here, or not for you.")
    if isinstance(error, PermissionDenied):
        return problem(403, *CODES[403], "You may not do this.")
    if isinstance(error, drf.NotAuthenticated):
        response = problem(401, *CODES[401], SIGN_IN)
        if header := getattr(error, "auth_header", None):
            response["WWW-Authenticate"] = header
        return response
    if isinstance(error, drf.APIException):
        code, title = CODES.get(error.status_code, (str(error.default_code), "Refused"))
        response = problem(error.status_code, code, title, str(error.detail))
        if header := getattr(error, "auth_header", None):
            response["WWW-Authenticate"] = header
        if wait := getattr(error, "wait", None):
            response["Retry-After"] = str(int(wait))
        return response
    if isinstance(error, RequestDataTooBig):
        return problem(413, *CODES[413], f"A body has at most {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes here.")
    if isinstance(error, IntegrityError):
        return integrity_problem(error)
    if isinstance(error, OperationalError) and isinstance(error.__cause__, pg.DiskFull):
        return problem(507, "disk-full", "No room left", "The database's disk is full. Nothing was changed.")
    if isinstance(error, DataError):
        return problem(422, "out-of-range", "Not valid", "A value is too large or of a kind the database cannot keep.")
    return None


def plainly(error: dict[str, str], context: dict[str, Any]) -> dict[str, str]:
    """A field's error in words that say what was got and what is wanted, as far as the view tells what it reads."""
    view, request = context.get("view"), context.get("request")
    given = getattr(view, "input", None)
    if given is None or request is None:
        return error
    names = error["field"].split(".") if error["field"] else []
    message = words.in_words(
        words.field_at(given(), names), error["code"], error["message"], words.value_at(request.data, names)
    )
    return {**error, "message": message}


def integrity_problem(error: IntegrityError) -> Response | None:
    """What the database refused. A foreign id of another tenant answers exactly like one that does not exist."""
    cause = error.__cause__
    if isinstance(cause, pg.UniqueViolation):
        return problem(409, "already-exists", "Exists already", "There is one with the same key already.")
    if isinstance(cause, pg.ForeignKeyViolation):
        return problem(422, "unknown-reference", "Not valid", "Something that this points to does not exist.")
    if isinstance(cause, pg.CheckViolation):
        return problem(422, "not-allowed-value", "Not valid", "A value breaks a rule of this record.")
    return None


def field_errors(details: Any, path: str = "") -> Any:
    """Flatten DRF's nested details to {field, message, code}."""
    if is_message(details):
        field = path.removesuffix(".non_field_errors").removesuffix("non_field_errors")
        yield {"field": field, "message": str(details["message"]), "code": str(details["code"])}
    elif isinstance(details, dict):
        for name, inner in details.items():
            yield from field_errors(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(details, list):
        for number, inner in enumerate(details):
            yield from field_errors(inner, path if is_message(inner) else f"{path}.{number}")


def is_message(details: Any) -> bool:
    """One error, and not the errors of two fields that are named message and code."""
    return isinstance(details, dict) and isinstance(details.get("message"), str) and "code" in details
