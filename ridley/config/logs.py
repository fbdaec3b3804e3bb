"""Log lines, as JSON or as plain lines, that carry no cell value and no token.

An exception's text often holds what a person sent (`invalid literal for int(): '...'`, a unique key's DETAIL), so it is
left out: the kind of each exception and where it was raised are told, and for the database the names it gives.
"""

from __future__ import annotations

import json
import logging
import re
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg

LEFT_OUT = "(left out)"
SECRETS = (
    (re.compile(r"(?i)\b(bearer|basic|token)\s+[A-Za-z0-9._~+/=-]{8,}"), rf"\1 {LEFT_OUT}"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)?"), LEFT_OUT),  # a JWT, wherever it stands
    (re.compile(r"(\w+://[^\s:/@]*):[^\s@]+@"), rf"\1:{LEFT_OUT}@"),  # an address with a password
    (re.compile(r"(/[^\s?]*)\?\S+"), r"\1"),  # a query string: filters hold cell values
)


class Line(logging.Formatter):
    """For people: one line, then where an exception came from."""

    def format(self, record: logging.LogRecord) -> str:
        line = f"{moment(record)} {record.levelname} {record.name} [{request_id(record)}] {message(record)}"
        told = exception(record)
        return f"{line}\n{told}" if told else line


class Json(logging.Formatter):
    """For machines: one object a line. `exception` is null when there is none."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": moment(record),
            "level": record.levelname,
            "logger": record.name,
            "message": message(record),
            "request_id": request_id(record),
            "exception": exception(record),
        }
        return json.dumps(line)


def moment(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def request_id(record: logging.LogRecord) -> str:
    return getattr(record, "request_id", "-")


def message(record: logging.LogRecord) -> str:
    """The message without what others sent: an exception among its arguments, a path, a token, a query string."""
    request: Any = getattr(record, "request", None)
    arguments = record.args if isinstance(record.args, tuple) else ()
    if arguments and hasattr(request, "resolver_match"):
        arguments = tuple(route(request) if each == request.path else each for each in arguments)
    errors = [each for each in arguments if isinstance(each, BaseException)]
    arguments = tuple(kind(each) if isinstance(each, BaseException) else each for each in arguments)
    text = str(record.msg) % arguments if arguments else record.getMessage()
    if isinstance(record.msg, BaseException):
        text = kind(record.msg)
    for error in [*errors, *chain(raised(record))]:
        if said := str(error):
            text = re.sub(rf"(?<!\w){re.escape(said)}(?!\w)", LEFT_OUT, text)
    for pattern, instead in SECRETS:
        text = pattern.sub(instead, text)
    return text.replace("\r", "\\r").replace("\n", "\\n")  # one record stays one line


def exception(record: logging.LogRecord) -> str | None:
    """Each exception of the chain, the last one first: its kind and where it passed, no text and no values."""
    error = raised(record)
    if error is None:
        return None
    return "\ncaused by ".join("\n".join([kind(each), *frames(each)]) for each in chain(error))


def raised(record: logging.LogRecord) -> BaseException | None:
    return record.exc_info[1] if isinstance(record.exc_info, tuple) else None


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and those it came from; a circle ends where it began."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def kind(error: BaseException) -> str:
    """The exception's class; of the database's, also the code and the names of what was touched."""
    known = type(error)
    name = known.__qualname__ if known.__module__ == "builtins" else f"{known.__module__}.{known.__qualname__}"
    if isinstance(error, psycopg.Error):
        told: list[Any] = [error.sqlstate, error.diag.table_name, error.diag.column_name, error.diag.constraint_name]
        return " ".join([name, *(str(each) for each in told if each)])
    return name


def frames(error: BaseException) -> list[str]:
    passed = traceback.walk_tb(error.__traceback__)
    return [f"  {frame.f_code.co_filename}:{line} in {frame.f_code.co_name}" for frame, line in passed]


def route(request: Any) -> str:
    """The pattern that an address was matched by; the address itself may hold a code or a token."""
    return f"/{request.resolver_match.route}" if request.resolver_match else "(an address that nobody serves)"


def configuration(*, form: str, level: str) -> dict[str, Any]:
    """LOGGING for `form` line or json. Django's and gunicorn's own handlers, which tell all, are replaced."""
    ours = {"handlers": ["stderr"], "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"request_id": {"()": "ridley.core.access.request_id.RequestIdFilter"}},
        "formatters": {"line": {"()": f"{__name__}.Line"}, "json": {"()": f"{__name__}.Json"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": form, "filters": ["request_id"]}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": ours,
            "django.db.backends": {"level": "INFO"},  # below it are statements with their values
            "gunicorn.error": ours,
        },
    }
