"""Where I am signed in, and signing out elsewhere: by cookie and by tokens."""

from types import SimpleNamespace

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session

from ridley.core.accounts import sessions
from ridley.core.accounts.tests.asking import FrontEnd, member

MINE = "/api/v1/me/sessions/"


@pytest.fixture
def asha(world):
    return member(world, "admin")


def signed_in(user, kind, address="127.0.0.1"):
    device = FrontEnd(kind, address)
    assert device.sign_in(user).status_code == 200
    return device


def listed(device):
    return device.get(MINE).json()["items"]


def me(device):
    return device.get("/api/v1/me/").status_code


def test_each_sign_in_is_listed_with_where_when_and_how(asha):
    browser, app = signed_in(asha, "browser", "192.0.2.1"), signed_in(asha, "app", "192.0.2.2")
    found = {each["kind"]: each for each in listed(browser)}
    assert {kind: (each["address"], each["this"]) for kind, each in found.items()} == {
        "cookie": ("192.0.2.1", True), "token": ("192.0.2.2", False),
    }  # fmt: skip
    assert {kind: each["agent"] for kind, each in found.items()} == {"cookie": "Test browser", "token": "Test app"}
    assert found["cookie"]["began_at"] <= found["cookie"]["seen_at"]
    assert {each["kind"]: each["this"] for each in listed(app)} == {"cookie": False, "token": True}


def test_another_persons_sessions_are_neither_shown_nor_ended(world, asha):
    mine, theirs = signed_in(asha, "browser"), signed_in(member(world), "browser")
    (other,) = listed(theirs)
    assert [each["id"] for each in listed(mine)] != [other["id"]]
    refused, unknown = (mine.ask("DELETE", f"{MINE}{id}/") for id in (other["id"], 10**9))
    assert (refused.status_code, refused.content) == (unknown.status_code, unknown.content)
    assert (refused.status_code, me(theirs)) == (404, 200)
    assert mine.ask("DELETE", MINE).status_code == 204
    assert me(theirs) == 200


@pytest.mark.parametrize("ended", ["browser", "app"])
def test_one_session_is_ended_with_its_tokens_at_once_and_the_others_stay(asha, ended):
    mine, other, third = signed_in(asha, "browser"), FrontEnd(ended), signed_in(asha, "app")
    refresh = other.sign_in(asha).json()["meta"].get("refresh_token")
    id = next(each["id"] for each in listed(other) if each["this"])
    assert (me(other), mine.ask("DELETE", f"{MINE}{id}/").status_code) == (200, 204)
    assert [me(device) for device in (mine, other, third)] == [200, 401, 200]
    if refresh:
        assert FrontEnd("app").post("tokens/refresh", {"refresh_token": refresh}).status_code in (400, 401)
    assert mine.ask("DELETE", f"{MINE}{id}/").status_code == 404
    assert len(listed(mine)) == 2


def test_all_others_are_ended_and_this_one_stays(asha):
    devices = [signed_in(asha, kind) for kind in ("browser", "app", "browser", "app")]
    assert devices[1].ask("DELETE", MINE).status_code == 204
    assert [me(device) for device in devices] == [401, 200, 401, 401]
    assert [(each["kind"], each["this"]) for each in listed(devices[1])] == [("token", True)]


def test_nobody_sees_sessions_without_signing_in_and_a_cookie_alone_ends_none(asha):
    assert FrontEnd().get(MINE).status_code == 401
    device = signed_in(asha, "browser")
    strict = FrontEnd()
    strict.client.handler.enforce_csrf_checks = True
    strict.client.cookies = device.client.cookies
    refused = strict.ask("DELETE", MINE)
    assert (refused.status_code, refused.json()["code"]) == (403, "denied")


def test_signing_out_takes_the_session_off_the_list(asha):
    mine, other = signed_in(asha, "browser"), signed_in(asha, "app")
    other.ask("DELETE", "auth/session")
    assert [each["kind"] for each in listed(mine)] == ["cookie"]


def test_a_session_that_began_elsewhere_is_listed_from_its_first_use(world):
    client = world.client("member")  # signed in without django-allauth
    client.get("/api/v1/me/")
    assert [each["this"] for each in client.get(MINE).json()["items"]] == [True]


def test_use_is_noted_once_a_minute_and_not_at_every_request(asha, monkeypatch):
    noted, minutes = [], [0.0]
    monkeypatch.setattr(sessions, "note_seen", lambda request, user_id, key, kind: noted.append(kind))
    clock = SimpleNamespace(monotonic=lambda: minutes[0] * 60 + 10**6)
    monkeypatch.setattr("ridley.core.accounts.sessions.time", clock)
    device = signed_in(asha, "app")
    for _ in range(3):
        device.get("/api/v1/me/")
    assert noted == ["token"]
    minutes[0] = 1.0
    device.get("/api/v1/me/")
    assert noted == ["token", "token"]


def test_an_expired_session_is_not_listed(asha):
    mine, other = signed_in(asha, "browser"), signed_in(asha, "browser")
    key = other.client.cookies["sessionid"].value
    Session.objects.filter(session_key=key).update(expire_date="2020-01-01T00:00:00Z")
    assert UserSession.objects.count() == 2
    assert [each["this"] for each in listed(mine)] == [True]
