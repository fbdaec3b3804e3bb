"""Values at the edge of what a database takes, in filters: told as a refusal or answered, as a page and as a stream."""

from urllib.parse import quote

import pytest
from django.test import Client

FAR_OFFSET, BEFORE_TIME, AFTER_TIME = (
    "1190-06-13T13:48:34.3+16:45",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
)
STREAMS = ["", "&format=csv", "&format=ndjson"]


@pytest.mark.parametrize("stream", STREAMS)
def test_an_offset_of_sixteen_hours_is_a_moment_like_any_other(world, stream):
    admin = world.client("admin")
    admin.post("branches/", {"key": "puri", "title": "Puri"})
    answer = admin.get(f"events/?since={quote(FAR_OFFSET)}{stream}")
    assert answer.status_code == 200
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert body.count(b"core.branch_created") == 1


@pytest.mark.parametrize("moment", [BEFORE_TIME, AFTER_TIME])
@pytest.mark.parametrize("stream", STREAMS)
def test_a_moment_outside_of_the_calendar_is_a_bad_filter(world, moment, stream):
    refused = world.client("admin").get(f"events/?since={quote(moment)}{stream}")
    assert (refused.status_code, refused.json()["code"]) == (400, "bad-filter")
    assert refused.json()["detail"] == "since: wanted a moment between the years 1 and 9999."


@pytest.mark.parametrize("number", ["1e400", "1e99999999", "99999999999999999999999", "-1", "1.5"])
@pytest.mark.parametrize("stream", STREAMS)
def test_a_number_that_no_record_can_have_finds_nothing_or_is_a_bad_filter(world, number, stream):
    admin = world.client("admin")
    admin.post("branches/", {"key": "puri", "title": "Puri"})
    answer = admin.get(f"branches/?parent={number}{stream}")
    assert answer.status_code in (200, 400)
    if answer.status_code == 200:
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert b"puri" not in body
    else:
        assert answer.json()["code"] == "bad-filter"


@pytest.mark.parametrize("path", ["/api/v1/me/", "/api/v1/a/branches/", "/healthz"])
def test_a_host_that_is_not_ours_is_refused_as_a_problem(world, path):
    refused = world.client("admin").get(path, headers={"Host": "GYqwE:"})
    assert (refused.status_code, refused["Content-Type"]) == (400, "application/problem+json")
    assert refused.json()["code"] == "bad-request"


@pytest.mark.parametrize("path", ["/api/v1/a/branches/x/", "/api/v2/", "/_allauth/nothing"])
def test_a_write_to_an_address_that_nobody_serves_is_a_problem_and_no_page(db, path):
    client = Client(enforce_csrf_checks=True)
    client.cookies["sessionid"] = "x"
    refused = client.post(path, {}, content_type="application/json")
    assert (refused.status_code, refused["Content-Type"]) == (404, "application/problem+json")
    assert refused.json()["code"] == "no-such-address"
