"""Log lines carry the request's id from HTTP to the event, and never what a person sent."""

import io
import json
import logging
import os
import subprocess
import sys

import pytest
from django.test import Client

from ridley.config import logs
from ridley.config.state import CHECKOUT
from ridley.core.access.request_id import RequestIdFilter
from ridley.core.audit.models import Event
from ridley.core.changes.tests.steps import as_csv, make_table
from ridley.core.jobs import registry
from ridley.core.people.services import tenant as services
from tests.world import person, run_jobs, upload

CELL, TOKEN = "Ganga-Vehicle-77123", "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4eHgifQ.c2lnbmF0dXJlLXNlY3JldA"
ID = "order-2026.11_22"


@pytest.fixture(params=[logs.Json, logs.Line])
def formatter(request):
    return request.param()


@pytest.fixture
def logged(formatter):
    """Everything that is logged, down to DEBUG, in this form."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    handler.addFilter(RequestIdFilter())
    # The two below which the settings themselves let nothing through stay as they are.
    loggers = [logging.getLogger(name) for name in ("", "django", "django.request")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    loggers[0].addHandler(handler)
    yield stream.getvalue
    loggers[0].removeHandler(handler)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def fail(scope, model, values, *, event):
    """In the place of what writes a record; the view keeps its service from its import on."""
    try:
        int(values["title"])
    except ValueError as error:
        raise RuntimeError(f"cannot use {values['title']}") from error


def test_a_request_that_fails_unexpectedly_logs_its_id_and_no_value(world, logged, formatter, monkeypatch):
    admin = world.client("admin")
    admin.raise_request_exception = False
    monkeypatch.setattr(services, "create_record", fail)
    answer = admin.post("branches/?filter=" + CELL, {"key": "a", "title": CELL}, headers={"X-Request-Id": ID})
    assert (answer.status_code, answer.json()["code"]) == (500, "unexpected")
    told = logged()
    assert CELL not in told
    assert "RuntimeError" in told
    assert "ValueError" in told
    assert "Internal Server Error: /api/v1/<slug:tenant>/branches/" in told
    if isinstance(formatter, logs.Json):
        (line,) = [each for each in map(json.loads, told.splitlines()) if each["level"] == "ERROR"]
        assert list(line) == ["time", "level", "logger", "message", "request_id", "exception"]
        assert (line["logger"], line["request_id"]) == ("django.request", ID)
        assert line["exception"].splitlines()[0] == "RuntimeError"
        assert "\ncaused by ValueError\n" in line["exception"]
    else:
        assert f"[{ID}] Internal Server Error" in told


def test_refusals_log_neither_body_nor_token_nor_address(world, logged):
    stranger = Client(headers={"Authorization": f"Bearer {TOKEN}"})
    path = f"/api/v1/{world.tenant.key}/branches/"
    body = {"key": CELL, "title": CELL}
    assert stranger.post(f"{path}?q={CELL}", body, content_type="application/json").status_code == 401
    assert stranger.post(path, f'{{"key": {CELL}', content_type="application/json").status_code == 401
    assert Client().get(f"/secret-link/{CELL}/").status_code == 404
    admin = world.client("admin")
    assert admin.post("branches/", body).status_code in (201, 400)
    assert admin.post("branches/", {"key": "x", "title": [CELL]}).status_code == 400
    told = logged()
    assert "Unauthorized: /api/v1/<slug:tenant>/branches/" in told
    assert "Not Found: (an address that nobody serves)" in told
    for secret in (CELL, TOKEN, TOKEN.split(".")[2]):
        assert secret not in told


def test_a_real_token_and_password_of_a_sign_in_are_not_logged(world, logged):
    user = person("asha")
    user.set_password("an-excellent-Password-9")
    user.save()
    given = {"email": user.email, "password": "an-excellent-Password-9"}
    answer = Client().post("/_allauth/app/v1/auth/login", given, content_type="application/json")
    assert answer.status_code == 200
    token = answer.json()["meta"]["access_token"]
    assert (
        Client().get(f"/api/v1/{world.tenant.key}/branches/", headers={"Authorization": f"Bearer {token}"}).status_code
        == 404
    )
    told = logged()
    assert "Not Found: /api/v1/<slug:tenant>/branches/" in told
    assert token not in told
    assert "an-excellent-Password-9" not in told


def start_reading(world):
    """Ask over HTTP for a file to be compared; return the answer."""
    table = make_table(world)
    user = world.scope("assistant.admin")
    sent = upload(world, user, as_csv([("1", CELL, "500")]))
    admin = world.client("assistant.admin")
    body = {"upload_id": sent.pk}
    return admin.post(f"assistant/tables/{table.pk}/change-sets/", body, headers={"X-Request-Id": ID})


def test_the_request_id_goes_from_http_through_the_job_to_the_event(world):
    assert start_reading(world).status_code in (201, 202)
    assert run_jobs() == 1
    with world.pinned():
        found = dict(
            Event.objects.filter(kind__in=["changes.opened", "changes.compared"]).values_list("kind", "request_id")
        )
    assert found == {"changes.opened": ID, "changes.compared": ID}


def test_a_job_that_fails_logs_the_request_that_asked_for_it_and_no_value(world, logged, formatter, monkeypatch):
    assert start_reading(world).status_code in (201, 202)
    monkeypatch.setitem(registry.registered, "changes.read", lambda scope, progress, **given: int(CELL))
    with pytest.raises(ValueError, match=CELL):
        run_jobs()
    told = logged()
    assert CELL not in told
    if isinstance(formatter, logs.Json):
        (line,) = [each for each in map(json.loads, told.splitlines()) if each["level"] == "ERROR"]
        assert (line["logger"], line["request_id"]) == ("ridley.core.jobs.runner", ID)
        assert line["message"].endswith("(changes.read) failed.")
        assert line["exception"].splitlines()[0] == "ValueError"
    else:
        assert f"ERROR ridley.core.jobs.runner [{ID}] Job " in told


def test_what_the_database_refuses_is_told_by_names_and_not_by_values(world, logged, owner):
    import psycopg

    with pytest.raises(psycopg.Error) as refused:
        owner.execute("INSERT INTO procrastinate_jobs (queue_name, task_name, status) VALUES ('q', 't', %s)", [CELL])
    logging.getLogger("ridley.x").error("Refused: %s", refused.value, exc_info=refused.value)
    assert CELL in str(refused.value)
    assert CELL not in logged()
    assert "Refused: psycopg.errors.InvalidTextRepresentation 22P02" in logged()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (f"sent Authorization: Bearer {TOKEN}", "sent Authorization: Bearer (left out)"),
        (f"the token was {TOKEN}.", "the token was (left out)."),
        ("to postgresql://app:hush@db:5432/x", "to postgresql://app:(left out)@db:5432/x"),
        (f"Error handling request /lookup/?code={CELL}", "Error handling request /lookup/"),
        ("two\nlines", "two\\nlines"),
    ],
)
def test_what_others_put_into_a_message_is_cleaned(said, told):
    record = logging.LogRecord("gunicorn.error", logging.ERROR, "x.py", 1, "%s", (said,), None)
    assert logs.message(record) == told


@pytest.mark.parametrize(
    ("environment", "form", "is_json"),
    [("development", "", False), ("staging", "", True), ("production", "", True), ("production", "line", False),
     ("development", "json", True)],
)  # fmt: skip
def test_the_form_follows_the_environment_unless_it_is_set(environment, form, is_json):
    said = "import django, logging; django.setup(); logging.getLogger('gunicorn.error').error('hello')"
    known = {**os.environ, "DJANGO_SETTINGS_MODULE": "ridley.config.settings", "RIDLEY_ENVIRONMENT": environment,
             "RIDLEY_LOG_LEVEL": "WARNING", **({"RIDLEY_LOG_FORMAT": form} if form else {})}  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", said], cwd=CHECKOUT, env=known, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == ""
    if is_json:
        line = json.loads(done.stderr)
        assert {**line, "time": "then"} == {
            "time": "then", "level": "ERROR", "logger": "gunicorn.error", "message": "hello", "request_id": "-",
            "exception": None,
        }  # fmt: skip
    else:
        assert done.stderr.endswith(" ERROR gunicorn.error [-] hello\n")
