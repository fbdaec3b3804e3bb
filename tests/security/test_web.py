"""What a page of somebody else's could do with a person's browser: nothing that the person did not ask for."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client

from ridley.core.accounts.models import User
from ridley.core.audit.models import Event
from ridley.core.changes.tests.steps import contents, make_table
from ridley.core.files.tests.sending import created
from ridley.core.tenants.models import Branch, Membership
from tests.isolation.routes import DOOR, addresses, behind_the_door

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
EVIL = "https://evil.example/"
BROWSER = "/_allauth/browser/v1/auth/"
PASSWORD = "correct-horse-9"
TOKEN = "t" * 32


def paths(key: str) -> list[str]:
    """Every address that is served, filled in."""
    routes = dict.fromkeys(route for route, _ in addresses() if "^" not in route and "(?P" not in route)
    filled = [re.sub(r"<[^>]*>", "1", route.replace("<slug:tenant>", key)) for route in routes]
    assert len(filled) > 60
    return [f"/{path}" for path in filled]


@pytest.fixture
def boss(world):
    """Somebody who may do everything, everywhere."""
    user = world.member("admin")
    user.is_staff = user.is_superuser = True
    user.set_password(PASSWORD)
    user.save()
    cache.clear()
    return user


def browser(user: User | None = None, **options) -> Client:
    client = Client(raise_request_exception=False, **options)
    if user is not None:
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def snapshot(world):
    with world.pinned():
        return contents(world), [list(model.objects.order_by("pk").values()) for model in (Branch, Membership, Event)]


def write(client, verb, path, **headers):
    return client.generic(verb, path, b"{}", content_type="application/json", headers=headers)


def test_no_write_with_a_session_cookie_counts_without_its_csrf_token(world, boss, record_property):
    make_table(world)
    victim = browser(boss, enforce_csrf_checks=True)
    before, people, refused = snapshot(world), list(User.objects.order_by("pk").values()), {}
    for path in paths(world.tenant.key):
        for verb in UNSAFE:
            refused[verb, path] = write(victim, verb, path).status_code
    assert snapshot(world) == before
    assert list(User.objects.order_by("pk").values()) == people
    assert victim.get("/api/v1/me/").status_code == 200  # nor was anybody signed out
    # an application's sign-in (_allauth/app) takes no cookie: there is nothing that a page could ride on
    bad = {one: status for one, status in refused.items() if status < 400 and not one[1].startswith("/_allauth/app/")}
    assert bad == {}
    for one in behind_the_door():
        if one.verb.upper() in UNSAFE:
            path = f"/{re.sub('<[^>]*>', '1', (DOOR + one.route).replace('<slug:tenant>', world.tenant.key))}"
            assert (one.name, refused[one.verb.upper(), path]) == (one.name, 403)
    record_property(
        "counted", f"{len(refused)} writes without a CSRF token, {list(refused.values()).count(403)} of them 403"
    )


def test_with_the_token_no_write_is_refused_for_csrf(world, boss):
    person = browser(boss, enforce_csrf_checks=True)
    person.cookies["csrftoken"] = TOKEN
    served = [one for one in behind_the_door() if one.verb.upper() in UNSAFE]
    assert len(served) > 20
    for one in served:
        path = f"/{re.sub('<[^>]*>', '1', (DOOR + one.route).replace('<slug:tenant>', world.tenant.key))}"
        answer = write(person, one.verb.upper(), path, **{"X-CSRFToken": TOKEN})
        assert (one.name, answer.status_code, b"CSRF" in answer.content) == (one.name, answer.status_code, False)
        assert (one.name, answer.status_code) != (one.name, 403)
    made = write(person, "POST", f"/api/v1/{world.tenant.key}/branches/", **{"X-CSRFToken": "f" * 32})
    assert (made.status_code, b"CSRF" in made.content) == (403, True)


def test_the_admin_s_forms_need_the_token_too(boss):
    person = browser(boss, enforce_csrf_checks=True)
    path = f"/admin/accounts/user/{boss.pk}/change/"
    assert person.post(path, {"first_name": "Taken"}).status_code == 403
    assert person.post("/admin/logout/").status_code == 403
    person.cookies["csrftoken"] = TOKEN
    assert person.post("/admin/logout/", {"csrfmiddlewaretoken": TOKEN}).status_code == 200


@pytest.fixture
def kinds_of_answers(world, boss):
    """Answers of every kind: pages, JSON, streams, downloads, files, redirects, refusals."""
    person, stranger, key = browser(boss), browser(), world.tenant.key
    file = created(world.client("admin"), 3, body=b"abc")
    asked = {
        "/": (stranger, 200), "/healthz": (stranger, 200), "/readyz": (stranger, None), "/metrics": (stranger, 200),
        "/api/v1/schema/": (stranger, 200), "/api/v1/me/": (stranger, 401), f"/api/v1/{key}/meta/": (person, 200),
        f"/api/v1/{key}/branches/?format=csv": (person, 200), f"{file}content/": (person, 200),
        "/api/v1/nobody/meta/": (person, 404), "/nowhere": (stranger, 404), "/api/nowhere": (stranger, 404),
        f"/api/v1/{key}/branches/?limit=x": (person, 400), "/admin/": (person, 200), "/admin/login/": (stranger, 302),
        "/admin": (stranger, 301), "/static/admin/css/base.css": (stranger, 200),
        "/_allauth/browser/v1/auth/session": (stranger, 401), "/_allauth/browser/v1/config": (stranger, 200),
    }  # fmt: skip
    answers = {path: client.get(path) for path, (client, _) in asked.items()}
    answers["another host"] = stranger.get("/healthz", headers={"Host": "evil.example"})
    answers["405"] = person.put(f"/api/v1/{key}/branches/")
    wanted = {path: status for path, (_, status) in asked.items() if status} | {"another host": 400, "405": 405}
    assert {path: answers[path].status_code for path in wanted} == wanted
    return answers


def test_no_answer_of_any_kind_can_be_framed_or_read_as_something_else(kinds_of_answers):
    for path, answer in kinds_of_answers.items():
        assert (path, answer.get("X-Frame-Options")) == (path, "DENY")
        assert (path, "frame-ancestors 'none'" in answer.get("Content-Security-Policy", "")) == (path, True)
        assert (path, "default-src 'none'" in answer.get("Content-Security-Policy", "")) == (path, True)
        assert (path, answer.get("X-Content-Type-Options")) == (path, "nosniff")
        assert (path, answer.get("Referrer-Policy")) == (path, "same-origin")
        assert (path, answer.get("Cross-Origin-Opener-Policy")) == (path, "same-origin")


def test_cookies_are_for_this_site_and_the_session_s_is_out_of_reach_of_scripts(boss):
    person = browser()
    person.get(f"{BROWSER}session")
    assert signed_in(person, boss).status_code == 200
    session = person.cookies["sessionid"]
    assert (session["httponly"], session["samesite"]) == (True, "Lax")
    assert person.cookies["csrftoken"]["samesite"] == "Lax"


def foreign(answer) -> bool:
    """Whether an answer sends the browser to another site."""
    place = answer.get("Location", "")
    return answer.status_code in range(300, 400) and (
        urlsplit(place).netloc not in ("", "testserver") or place.startswith(("//", "/\\", "\\"))
    )


def test_no_address_sends_the_browser_to_another_site(world, boss):
    targets = [EVIL, "//evil.example/", "/\\evil.example", "https:evil.example", "javascript:alert(1)"]
    for path in paths(world.tenant.key):
        for client in (browser(), browser(boss)):
            for target in targets[:2]:
                query = dict.fromkeys(("next", "callback_url", "continue", "redirect", "url", "return_to"), target)
                answer = client.get(path, query)
                assert (path, foreign(answer), answer.get("Location")) == (path, False, answer.get("Location"))
    for path in ("//evil.example/x", "//evil.example/..", "/%2f/evil.example", "/admin//evil.example"):
        assert (path, foreign(browser().get(path))) == (path, False)
    for target in targets:
        answer = browser().post(
            f"/admin/login/?next={target}", {"username": boss.email, "password": PASSWORD, "next": target}
        )
        assert (target, foreign(answer), answer.get("Location", "/")[0]) == (target, False, "/")
    answer = browser(boss).get("/admin/login/", {"next": "/admin/jobs/"})
    assert (answer.status_code, answer["Location"]) == (302, "/admin/jobs/")


def signed_in(client, user):
    values = {"email": user.email, "password": PASSWORD}
    return client.post(f"{BROWSER}login", values, content_type="application/json")


def test_signing_in_gives_a_new_session_and_ends_the_one_before(boss):
    person = browser()
    session = person.session  # one that began before, as by a page that sets a cookie
    session["cart"] = "kept"
    session.save()
    before = person.cookies["sessionid"].value
    assert signed_in(person, boss).status_code == 200
    after = person.cookies["sessionid"].value
    assert before != after
    assert not Session.objects.filter(pk=before).exists()
    thief = browser()
    for planted, status in ((before, 401), (after, 200)):
        thief.cookies["sessionid"] = planted
        assert thief.get("/api/v1/me/").status_code == status


def test_a_planted_session_id_is_not_taken_over(boss):
    person = browser()
    person.cookies["sessionid"] = planted = "a" * 32
    assert signed_in(person, boss).status_code == 200
    assert person.cookies["sessionid"].value != planted
    thief = browser()
    thief.cookies["sessionid"] = planted
    assert thief.get("/api/v1/me/").status_code == 401
    assert not Session.objects.filter(pk=planted).exists()


def test_another_host_is_answered_nothing_and_a_forwarded_one_is_not_believed(world, boss):
    for host in ("evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "[::1", "evil.example:80"):
        for path in ("/", "/healthz", "/admin/login/", f"/api/v1/{world.tenant.key}/meta/"):
            answer = browser(boss).get(path, headers={"Host": host})
            assert (host, path, answer.status_code) == (host, path, 400)
            assert b"evil" not in answer.content
    answer = browser().get("/admin", headers={"X-Forwarded-Host": "evil.example"})
    assert (answer.status_code, answer["Location"]) == (301, "/admin/")
