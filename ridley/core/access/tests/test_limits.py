"""Asking too often: 429 for a person, a program's token and an address, each by itself."""

import json

import pytest
from django.test import Client
from django.test.utils import override_settings
from rest_framework.test import APIClient

from ridley.core.access import limits
from ridley.core.access.limits import address
from ridley.core.accounts.limits import Shared
from ridley.core.accounts.models import HitCount
from ridley.core.people.tests.test_tokens import Program, account_of, token_of

OFF = {"person": None, "token": None, "address": None}


@pytest.fixture(autouse=True)
def fresh_counts(monkeypatch):
    monkeypatch.setattr(limits, "shared", Shared())


def rates(**given):
    return override_settings(RATES={**OFF, **given})


def statuses(ask, times):
    return [ask().status_code for _ in range(times)]


def test_a_person_who_asks_too_often_is_told_when_to_come_back_and_others_are_not(world):
    asha, bina = world.client("member"), world.client("member")
    with rates(person=(3, 60)):
        answers = [asha.get("branches/") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert [answer["RateLimit"].partition(";t=")[0] for answer in answers] == [
            '"person";r=2', '"person";r=1', '"person";r=0', '"person";r=0',
        ]  # fmt: skip
        refused = answers[-1]
        assert (refused["Content-Type"], refused.json()["code"]) == ("application/problem+json", "too-many-requests")
        assert refused["RateLimit-Policy"] == '"person";q=3;w=60'
        assert 1 <= int(refused["Retry-After"]) <= 60
        assert "Retry-After" not in answers[0]
        assert asha.get("/api/v1/me/").status_code == 429
        assert bina.get("branches/").status_code == 200


def test_what_is_refused_counts_too_and_a_refusal_by_rate_writes_nothing(world):
    member, admin = world.client("member"), world.client("admin")
    with rates(person=(3, 60)):
        assert statuses(lambda: member.post("branches/", {"key": "b", "title": "B"}), 4) == [403, 403, 403, 429]
        assert dict(HitCount.objects.values_list("key", "count")) == {f"person:{member.user.pk}": 3}
        assert statuses(lambda: admin.get("branches/"), 3) == [200] * 3
        assert admin.post("branches/", {"key": "b", "title": "B"}).status_code == 429
    assert admin.get("branches/").json()["items"] == []
    assert admin.post("branches/", {"key": "b", "title": "B"}).status_code == 201


def test_a_person_is_counted_across_tenants_and_by_whatever_they_come_with(world, other):
    asha = world.client("member")
    with rates(person=(2, 60)):
        assert asha.get(f"/api/v1/{other.tenant.key}/branches/").status_code == 404
        assert statuses(lambda: asha.get("branches/"), 2) == [200, 429]


def test_a_token_has_a_rate_of_its_own(world):
    admin = world.client("admin")
    account = account_of(admin)
    one, two = (Program(world, token_of(admin, account, "core.branches_view")["token"]) for _ in range(2))
    with rates(token=(2, 60), person=(1, 60)):
        assert statuses(lambda: one.get("branches/"), 3) == [200, 200, 429]
        assert statuses(lambda: two.get("branches/"), 3) == [200, 200, 429]


def test_who_shows_nothing_that_is_good_is_counted_by_address(world):
    asha = world.client("member")
    anonymous, forger = APIClient(), APIClient(HTTP_AUTHORIZATION="Bearer rdl_1_forged")
    path = f"/api/v1/{world.tenant.key}/branches/"
    with rates(address=(4, 60)):
        assert statuses(lambda: anonymous.get(path), 2) == [401, 401]
        assert statuses(lambda: forger.get(path), 3) == [401, 401, 429]
        assert anonymous.get(path, REMOTE_ADDR="10.0.0.9").status_code == 401
        assert asha.get("branches/").status_code == 200  # from the same address, but known


@pytest.mark.parametrize("path", ["/_allauth/app/v1/auth/login", "/_allauth/app/v1/tokens/refresh"])
def test_signing_in_and_refreshing_are_counted_by_address(db, path):
    def ask():
        return Client().post(
            path, json.dumps({}), content_type="application/json", headers={"Origin": "https://a.test"}
        )

    with rates(address=(2, 60)), override_settings(CORS_ALLOWED_ORIGINS=["https://a.test"]):
        answers = [ask() for _ in range(3)]
    assert [answer.status_code for answer in answers] == [400, 400, 429]
    refused = answers[-1]
    assert (refused["Content-Type"], refused.json()["code"]) == ("application/problem+json", "too-many-requests")
    assert refused["Access-Control-Allow-Origin"] == "https://a.test"  # or the front end could not read it
    assert len(refused["X-Request-Id"]) == 32
    assert answers[0]["RateLimit"].startswith('"address";r=1;t=')


@pytest.mark.parametrize(
    ("path", "method"),
    [("/sign-in", "get"), ("/sign-in", "post"), ("/sign-in/with", "post"), ("/accounts/google/login/callback/", "get"),
     ("/api/v1/session/providers/", "get"), ("/api/v1/me/invitation/", "post"), ("/api/v1/me/sessions/", "get"),
     ("/api/v1/staff-sessions/", "post")],
)  # fmt: skip
def test_whatever_strangers_may_ask_is_counted_by_address(db, path, method):
    ask = getattr(Client(), method)
    with rates(address=(2, 60)):
        answers = [ask(path) for _ in range(3)]
    assert [answer.status_code == 429 for answer in answers] == [False, False, True]
    assert answers[0]["RateLimit"].startswith('"address";r=1;t=')


@pytest.mark.parametrize("path", ["/api/v1/me/", "/api/v1/me/sessions/", "/api/v1/staff-sessions/"])
def test_a_person_is_counted_beside_the_tenants_too(world, path):
    asha = world.client("member")
    with rates(person=(2, 60)):
        answers = [asha.get(path) for _ in range(3)]
    assert [answer.status_code == 429 for answer in answers] == [False, False, True]
    assert answers[1]["RateLimit"].startswith('"person";r=0;t=')


def test_without_a_rate_nothing_is_counted_or_told(world):
    with rates():
        answer = world.client("member").get("branches/")
    assert (answer.status_code, "RateLimit" in answer, HitCount.objects.count()) == (200, False, 0)


@pytest.mark.parametrize(
    ("proxy", "remote", "forwarded", "wanted"),
    [
        (False, "10.0.0.1", "1.1.1.1", "10.0.0.1"),
        (True, "10.0.0.1", "1.1.1.1", "1.1.1.1"),
        (True, "10.0.0.1", "6.6.6.6, 1.1.1.1", "1.1.1.1"),
        (True, "10.0.0.1", "", "10.0.0.1"),
        (False, "2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64"),
        (False, "::ffff:10.0.0.1", "", "10.0.0.1"),
        (True, "10.0.0.1", "nonsense", "unknown"),
    ],
)
def test_an_address_is_the_callers_and_behind_a_proxy_what_that_says(rf, settings, proxy, remote, forwarded, wanted):
    settings.BEHIND_PROXY = proxy
    assert address(rf.get("/", REMOTE_ADDR=remote, HTTP_X_FORWARDED_FOR=forwarded)) == wanted
