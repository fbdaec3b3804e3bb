"""Every error as problem+json with a stable code, and nothing changed by it."""

import pytest
from django.db import DataError, IntegrityError, connection, transaction
from django.http import Http404
from rest_framework import exceptions as drf

from ridley.core.access import errors
from ridley.core.access.problems import as_problem, field_errors
from ridley.core.tenants.models import Branch

JSON = "application/json"


def told(response):
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["type"] == f"urn:ridley:{body['code']}"
    assert body["status"] == response.status_code
    assert body["title"]
    return body["status"], body["code"], body["detail"]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.NotFound(), 404, "not-found"),
        (errors.Denied("No.", permission="a.b"), 403, "denied"),
        (errors.Conflict("No."), 409, "conflict"),
        (errors.NotReady("No.", undecided=3), 409, "not-ready"),
        (errors.Invalid("No."), 422, "invalid"),
        (errors.Invalid("No.", code="branch-circle"), 422, "branch-circle"),
        (errors.BadRequest("No."), 400, "bad-request"),
        (errors.KeyReused("No."), 422, "idempotency-key-reused"),
        (errors.Refusal("No."), 400, "refused"),
        (Http404(), 404, "not-found"),
        (drf.NotFound(), 404, "not-found"),
        (drf.NotAuthenticated(), 401, "not-signed-in"),
        (drf.PermissionDenied(), 403, "denied"),
        (drf.Throttled(wait=7.5), 429, "too-many-requests"),
        (drf.APIException(), 500, "error"),
        (DataError(), 422, "out-of-range"),
    ],
)
def test_each_kind_of_error_has_its_status_and_code(error, status, code):
    response = as_problem(error, {})
    assert (response.status_code, response.data["status"], response.data["code"]) == (status, status, code)
    assert response.data["type"] == f"urn:ridley:{code}"
    assert response.content_type == "application/problem+json"
    assert {**response.data, **getattr(error, "extra", {})} == response.data


def test_a_wait_is_told_in_seconds():
    assert as_problem(drf.Throttled(wait=7.5), {})["Retry-After"] == "8"


@pytest.mark.parametrize("error", [ZeroDivisionError(), IntegrityError(), KeyError("x")])
def test_an_error_that_nobody_foresaw_is_no_refusal(error):
    assert as_problem(error, {}) is None


@pytest.mark.parametrize(
    ("column", "value", "status", "code"),
    [("key", "'taken'", 409, "already-exists"), ("parent_id", "99", 422, "unknown-reference"),
     ("version", "-1", 422, "not-allowed-value"), ("version", "99999999999", 422, "out-of-range")],
)  # fmt: skip
def test_what_the_database_refuses_is_told_without_its_words(world, column, value, status, code):
    with world.pinned():
        Branch.objects.create(tenant=world.tenant, key="taken", title="T")
        made = Branch.objects.create(tenant=world.tenant, key="b", title="B")
        with pytest.raises((IntegrityError, DataError)) as refused, transaction.atomic():
            connection.cursor().execute(f"UPDATE tenants_branch SET {column} = {value} WHERE id = {made.pk}")
    response = as_problem(refused.value, {})
    assert (response.status_code, response.data["code"]) == (status, code)
    assert "tenants_branch" not in str(response.data)


def test_a_verb_that_is_not_served_is_405_for_members_and_404_for_outsiders(world, other):
    admin = world.client("admin")
    for verb in ("put", "options"):
        response = getattr(admin, verb)(admin.at("branches/"))
        assert told(response)[:2] == (405, "method-not-allowed")
        assert response["Allow"] == "GET, POST, HEAD, OPTIONS"
    assert told(other.client("admin").put(admin.at("branches/")))[:2] == (404, "not-found")


def test_another_format_of_answer_is_406(world):
    response = world.client("admin").get("branches/", headers={"Accept": "image/png"})
    assert told(response)[:2] == (406, "not-acceptable")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}], ids=["", "with a key"])
def test_another_format_of_body_is_415(world, kind, headers):
    admin = world.client("admin")
    admin.handler.enforce_csrf_checks = True  # the check reads a form that is sent
    admin.cookies["csrftoken"] = token = "a" * 32
    headers = {**headers, "X-CSRFToken": token}
    response = admin.generic("POST", "branches/", b"key=a&title=A", content_type=kind, headers=headers)
    assert told(response)[:2] == (415, "unsupported-media-type")


@pytest.mark.parametrize(
    "sent",
    ['{"key": "a", ', "[", "{'key': 1}", '{"key": NaN}', b"\xff\xfe{", "[" * 100_000, '{"key": ' + "9" * 5000 + "}"],
    ids=["cut off", "open", "python", "nan", "no utf-8", "deep", "long number"],
)
def test_a_body_that_is_no_json_is_400(world, sent):
    response = world.client("admin").generic("POST", "branches/", sent, content_type=JSON)
    assert told(response)[:2] == (400, "bad-request")
    assert "JSON parse error" in response.json()["detail"]


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}], ids=["", "with a key"])
def test_a_body_that_is_too_large_is_413(world, settings, headers):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    admin = world.client("admin")
    response = admin.post("branches/", {"key": "a", "title": "x" * 1000}, headers=headers)
    assert told(response) == (413, "too-large", "A body has at most 1000 bytes here.")
    assert admin.post("branches/", {"key": "a", "title": "x" * 100}).status_code == 201


@pytest.mark.parametrize("sent", ["[]", '"text"', "3", "null", ""])
def test_a_body_that_is_no_object_is_told(world, sent):
    response = world.client("admin").generic("POST", "branches/", sent, content_type=JSON)
    assert told(response)[:2] == (400, "invalid")


def test_each_wrong_field_is_named_with_its_code(world):
    response = world.client("admin").post("branches/", {"key": "B A D", "title": "", "parent_id": "x"})
    assert told(response)[:2] == (400, "invalid")
    assert [(error["field"], error["code"]) for error in response.json()["errors"]] == [
        ("key", "invalid"), ("title", "blank"), ("parent_id", "invalid"),
    ]  # fmt: skip
    assert response.json()["detail"] == "key: A key is up to 62 small letters, digits, dashes."


def test_unknown_fields_are_named_even_when_they_are_called_like_an_error(world):
    response = world.client("admin").post("branches/", {"key": "b", "title": "B", "message": 1, "code": 2})
    assert [(error["field"], error["code"]) for error in response.json()["errors"]] == [
        ("code", "unknown"), ("message", "unknown"),
    ]  # fmt: skip
    assert response.json()["detail"] == "code: This field is not known here. Known: key, parent_id, title."


def test_nested_errors_are_named_by_their_path():
    message = {"message": "No.", "code": "no"}
    nested = {"rows": [{}, {"name": [message]}], "non_field_errors": [message], "at": {"non_field_errors": [message]}}
    assert [error["field"] for error in field_errors(nested)] == ["rows.1.name", "", "at"]


@pytest.mark.parametrize(
    "values",
    [{"key": "b", "title": "a\x00b"}, {"key": "b", "title": "x" * 201}, {"key": "b" * 63, "title": "B"},
     {"key": "b", "title": "B", "parent_id": 2**70}, {"key": "b", "title": "B", "parent_id": -1},
     {"key": "b\nc", "title": "B"}],
)  # fmt: skip
def test_what_the_database_could_not_keep_is_refused_before_it(world, values):
    response = world.client("admin").post("branches/", values)
    assert told(response)[0] in (400, 422)
    with world.pinned():
        assert Branch.objects.count() == 0


def test_half_a_character_is_refused(world):
    sent = '{"key": "b", "title": "\\ud800"}'
    assert told(world.client("admin").generic("POST", "branches/", sent, content_type=JSON))[:2] == (400, "not-text")


@pytest.mark.parametrize(
    "query", ["parent=x", "parent=1e400", "parent=1e999999999", "archived=maybe", "nonsense=1", "Parent=1"]
)
def test_a_filter_that_cannot_be_read_is_refused(world, query):
    response = world.client("admin").get(f"branches/?{query}")
    assert told(response)[:2][0] == 400
    assert response.json()["code"] in ("bad-filter", "unknown-filter")


@pytest.mark.parametrize("path", ["branches/99999999999999999999/", "branches/0/", "jobs/99999999999999999999/"])
def test_an_id_that_no_record_can_have_is_not_found(world, path):
    assert told(world.client("admin").get(path))[:2] == (404, "not-found")


@pytest.mark.parametrize(
    "body",
    [r'{"\ud800": 1}', r'{"key": "b", "title": "\ud800"}', r'{"key": "b", "title": ["\udc00"]}'],
    ids=["name", "value", "inside a list"],
)
def test_half_a_surrogate_pair_is_refused_before_it_is_echoed_or_kept(world, body):
    refused = world.client("admin").post("branches/", body, content_type=JSON)
    half = "\\udc00" if "udc00" in body else "\\ud800"
    wanted = f"Wanted text, got '{half}', which is half a surrogate pair."
    assert told(refused) == (400, "not-text", wanted)
    with world.pinned():
        assert not Branch.objects.exists()


def test_a_whole_surrogate_pair_is_text(world):
    made = world.client("admin").post("branches/", r'{"key": "b", "title": "\ud83d\udc22"}', content_type=JSON)
    assert (made.status_code, made.json()["title"]) == (201, "\U0001f422")
