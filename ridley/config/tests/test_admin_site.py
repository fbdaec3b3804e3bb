"""The installation's admin behind the sign-in of everybody, and the page for who may not."""

import pytest
from django.core.cache import cache
from django.test import Client

from ridley.config import admin_site
from ridley.core.accounts.models import User
from tests.world import person

PASSWORD = "correct-horse-9"


def signed_in(**rights):
    cache.clear()
    user = person("root")
    user.set_password(PASSWORD)
    user.save()
    User.objects.filter(pk=user.pk).update(**rights)
    client = Client()
    sent = {"email": user.email, "password": PASSWORD}
    answer = client.post("/_allauth/browser/v1/auth/login", sent, content_type="application/json")
    assert answer.status_code == 200
    return client, user


def followed(client, path):
    """Where one is sent from an admin's page, at last."""
    answer = client.get(path)
    while answer.status_code == 302 and answer["Location"].startswith("/admin/"):
        answer = client.get(answer["Location"])
    return answer


def test_who_is_not_signed_in_is_sent_to_the_sign_in_page_and_back(db):
    answer = followed(Client(), "/admin/accounts/user/")
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in?next=%2Fadmin%2Faccounts%2Fuser%2F")
    client, _ = signed_in(is_staff=True, is_superuser=True)
    back = client.get("/admin/login/?next=/admin/accounts/user/")
    assert (back.status_code, back["Location"]) == (302, "/admin/accounts/user/")
    assert client.get(back["Location"]).status_code == 200


@pytest.mark.parametrize(
    "next", ["https://evil.example.com/", "//evil.example.com", "/\\evil.example.com", "javascript:alert(1)", "evil",
             "", "///evil.example.com", "/%0d%0aSet-Cookie:x=1\r\n"],
)  # fmt: skip
def test_nobody_is_sent_to_another_site(db, next):
    answer = Client().get("/admin/login/", {"next": next})
    assert answer.status_code == 302
    assert answer["Location"] == "/sign-in?next=%2Fadmin%2F"
    client, _ = signed_in(is_staff=True, is_superuser=True)
    assert client.get("/admin/login/", {"next": next})["Location"] == "/admin/"


def test_the_admin_takes_no_password_itself(db):
    User.objects.create_superuser("root@example.com", PASSWORD)
    client = Client()
    answer = client.post("/admin/login/?next=/admin/", {"username": "root@example.com", "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in?next=%2Fadmin%2F")
    assert "sessionid" not in client.cookies
    assert followed(client, "/admin/")["Location"].startswith("/sign-in")


def test_guesses_are_limited_as_everywhere(db):
    User.objects.create_superuser("root@example.com", PASSWORD)
    cache.clear()
    client, sent = Client(), {"email": "root@example.com", "password": "wrong-horse-9"}
    login = "/_allauth/browser/v1/auth/login"
    answers = [client.post(login, sent, content_type="application/json").status_code for _ in range(11)]
    assert answers == [400] * 10 + [429]


def test_who_is_signed_in_and_no_staff_sees_the_page_that_says_so(db):
    client, user = signed_in()
    answer = followed(client, "/admin/")
    page = answer.content.decode()
    assert (answer.status_code, answer["Content-Type"]) == (403, "text/html; charset=utf-8")
    assert "<h1>Access denied</h1>" in page
    assert f"You are signed in as {user.email}" in page
    assert "<style" not in page
    assert "<script" not in page
    staff, _ = signed_in(is_staff=True)
    assert followed(staff, "/admin/").status_code == 200


def test_staff_without_the_right_see_the_page_too_and_programs_get_problem_json(db):
    client, _ = signed_in(is_staff=True)
    assert "<h1>Access denied</h1>" in client.get("/admin/accounts/user/").content.decode()
    program = client.get("/admin/accounts/user/", headers={"Accept": "application/json"})
    assert (program.status_code, program["Content-Type"]) == (403, "application/problem+json")
    assert program.json()["code"] == "denied"


def test_within_the_api_a_browser_gets_problem_json_as_well(world):
    refused = world.client("member").post("branches/", {"key": "b", "title": "B"}, headers={"Accept": "text/html"})
    assert refused["Content-Type"] == "application/problem+json"
    assert refused.status_code in (403, 406)


def test_a_name_in_the_page_is_text(db):
    client, user = signed_in()
    User.objects.filter(pk=user.pk).update(email="<script>alert(1)</script>@example.com")
    page = followed(client, "/admin/").content.decode()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(("has", "used", "enters"), [(False, False, True), (True, False, False), (True, True, True)])
def test_who_has_a_second_factor_comes_in_only_with_it(db, monkeypatch, has, used, enters):
    monkeypatch.setattr(admin_site, "has_second_factor", lambda user_id: has)
    client, _ = signed_in(is_staff=True, is_superuser=True)
    if used:
        session = client.session
        session["account_authentication_methods"] += [{"method": "mfa", "at": 0, "type": "totp"}]
        session.save()
    answer = followed(client, "/admin/")
    assert answer.status_code == (200 if enters else 302)
    assert enters or answer["Location"] == "/sign-in?next=%2Fadmin%2F"


def test_a_staff_session_is_started_and_ended_on_its_page(world):
    client, _ = signed_in(is_staff=True, is_superuser=True)
    path, key = "/admin/tenants/staffsession/", world.tenant.key
    inside = f"/api/v1/{key}/meta/"
    assert client.get(inside).status_code == 404
    for wrong, told in (
        ({"minutes": "241"}, "Minutes: "),
        ({"tenant": "no-such"}, "There is no tenant"),
        ({"reason": ""}, "Reason: "),
    ):
        page = client.post(path, {"tenant": key, "reason": "Help.", "minutes": "30", **wrong}, follow=True)
        assert told in page.content.decode()
        assert client.get(inside).status_code == 404
    page = client.post(path, {"tenant": key, "reason": "Help.", "minutes": "30"}, follow=True).content.decode()
    assert ("Help." in page, 'value="End"' in page) == (True, True)
    assert client.get(inside).status_code == 200
    number = page.split('name="end" value="')[1].split('"')[0]
    page = client.post(path, {"end": number}, follow=True).content.decode()
    assert 'value="End"' not in page
    assert client.get(inside).status_code == 404


def test_staff_who_are_no_superusers_have_no_page_of_sessions(world):
    client, _ = signed_in(is_staff=True)
    for call in (client.get, client.post):
        assert call("/admin/tenants/staffsession/").status_code == 403
