"""Signing in through django-allauth's headless API, as front ends do."""

import pytest
from django.test import Client

from ridley.core.accounts.models import User

APP, BROWSER = "/_allauth/app/v1/", "/_allauth/browser/v1/"
PASSWORD = "correct-horse-9"


@pytest.fixture
def asha(world):
    user = world.member("admin")
    user.set_password(PASSWORD)
    user.save()
    return user


def post(path, values, client=None, **options):
    return (client or Client()).post(path, values, content_type="application/json", **options)


def sign_in(user, password=PASSWORD):
    return post(APP + "auth/login", {"email": user.email, "password": password})


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def me(token):
    return Client().get("/api/v1/me/", headers=bearer(token))


def refresh(token):
    return post(APP + "tokens/refresh", {"refresh_token": token})


def test_a_token_from_sign_in_opens_me_and_the_tenant(world, asha):
    answer = sign_in(asha)
    assert answer.status_code == 200
    assert answer.json()["data"]["user"]["email"] == asha.email
    token = answer.json()["meta"]["access_token"]
    assert me(token).json() == {
        "id": str(asha.pk), "email": asha.email, "first_name": "Admin", "last_name": "",
        "tenants": [{"key": world.tenant.key, "name": world.tenant.name, "products": ["assistant"],
                     "source_word": "insurer"}],
    }  # fmt: skip
    path = f"/api/v1/{world.tenant.key}/branches/"
    made = post(path, {"key": "b", "title": "B"}, headers=bearer(token))
    assert made.status_code == 201
    assert [branch["key"] for branch in Client().get(path, headers=bearer(token)).json()["items"]] == ["b"]


def test_an_address_is_the_same_in_capitals_and_with_blanks(asha):
    assert post(APP + "auth/login", {"email": f" {asha.email.upper()} ", "password": PASSWORD}).status_code == 200


def test_refreshing_gives_new_tokens_again_and_again(asha):
    tokens = sign_in(asha).json()["meta"]
    assert tokens["expires_in"] == 300
    seen = {tokens["refresh_token"]}
    for number in range(3):
        answer = refresh(tokens["refresh_token"])
        assert (number, answer.status_code) == (number, 200)
        tokens = answer.json()["data"]
        assert me(tokens["access_token"]).status_code == 200
        seen.add(tokens["refresh_token"])
    assert len(seen) == 4


def test_a_refresh_token_is_no_access_token_and_the_other_way_round(asha):
    tokens = sign_in(asha).json()["meta"]
    assert me(tokens["refresh_token"]).status_code == 401
    assert refresh(tokens["access_token"]).status_code == 400


def test_signing_out_ends_the_access_token_and_the_refresh_token_at_once(asha):
    tokens = sign_in(asha).json()["meta"]
    assert me(tokens["access_token"]).status_code == 200
    ended = Client().delete(APP + "auth/session", headers=bearer(tokens["access_token"]))
    assert ended.status_code == 401  # allauth's way to say: nobody is signed in any more
    refused = me(tokens["access_token"])
    assert (refused.status_code, refused.json()["code"]) == (401, "not-signed-in")
    assert refused["WWW-Authenticate"] == 'Bearer realm="ridley"'
    assert refresh(tokens["refresh_token"]).status_code == 400


def test_signing_out_of_one_device_leaves_the_other(asha):
    one, two = (sign_in(asha).json()["meta"]["access_token"] for _ in range(2))
    Client().delete(APP + "auth/session", headers=bearer(one))
    assert (me(one).status_code, me(two).status_code) == (401, 200)


@pytest.mark.parametrize("token", ["x", "a.b.c", "", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."])
def test_what_is_no_token_of_ours_is_401(db, token):
    assert me(token).status_code == 401


def test_a_wrong_password_and_an_unknown_address_answer_alike(asha):
    wrong = sign_in(asha, "wrong-horse-9")
    unknown = post(APP + "auth/login", {"email": "nobody@example.com", "password": PASSWORD})
    assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json())
    assert wrong.status_code == 400
    assert wrong.json()["errors"][0]["code"] == "email_password_mismatch"


def test_a_person_who_is_switched_off_cannot_sign_in_and_loses_the_tokens_they_have(asha):
    tokens = sign_in(asha).json()["meta"]
    User.objects.filter(pk=asha.pk).update(is_active=False)
    assert me(tokens["access_token"]).status_code == 401
    assert refresh(tokens["refresh_token"]).status_code == 400
    answer = sign_in(asha)
    assert answer.status_code in (400, 401)
    assert "access_token" not in answer.json().get("meta", {})


@pytest.mark.parametrize("client", [APP, BROWSER])
def test_nobody_signs_up_by_themselves(db, client):
    answer = post(client + "auth/signup", {"email": "new@example.com", "password": PASSWORD})
    assert answer.status_code == 403
    assert not User.objects.filter(email="new@example.com").exists()


def test_the_browser_gets_a_session_cookie_and_needs_the_csrf_token_to_write(world, asha):
    client = Client(enforce_csrf_checks=True)
    client.get(BROWSER + "config")
    csrf = {"X-CSRFToken": client.cookies["csrftoken"].value}
    values = {"email": asha.email, "password": PASSWORD}
    assert post(BROWSER + "auth/login", values, client).status_code == 403
    assert "sessionid" not in client.cookies
    assert post(BROWSER + "auth/login", values, client, headers=csrf).status_code == 200
    cookie = client.cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert client.get("/api/v1/me/").json()["email"] == asha.email

    path, branch = f"/api/v1/{world.tenant.key}/branches/", {"key": "b", "title": "B"}
    refused = post(path, branch, client)
    assert (refused.status_code, refused.json()["code"]) == (403, "denied")
    assert client.get(path).json()["items"] == []
    csrf = {"X-CSRFToken": client.cookies["csrftoken"].value}
    assert post(path, branch, client, headers=csrf).status_code == 201


def test_the_sessions_of_a_browser_end_with_signing_out(asha):
    client = Client()
    post(BROWSER + "auth/login", {"email": asha.email, "password": PASSWORD}, client)
    assert client.get("/api/v1/me/").status_code == 200
    session = client.cookies["sessionid"].value
    client.delete(BROWSER + "auth/session")
    client.cookies["sessionid"] = session
    assert client.get("/api/v1/me/").status_code == 401


def test_front_ends_on_allowed_origins_alone_may_read_answers(world, asha, settings):
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example.com"]
    token = sign_in(asha).json()["meta"]["access_token"]
    path = f"/api/v1/{world.tenant.key}/meta/"

    def ask(origin):
        return Client().get(path, headers={**bearer(token), "Origin": origin})

    allowed = ask("https://app.example.com")
    assert allowed["Access-Control-Allow-Origin"] == "https://app.example.com"
    assert "ETag" in allowed["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in allowed
    for other in ("https://evil.example.com", "https://app.example.com.evil.org", "null", "http://app.example.com"):
        assert "Access-Control-Allow-Origin" not in ask(other)


def test_a_preflight_of_an_allowed_origin_learns_which_headers_it_may_send(db, settings):
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example.com"]
    ask = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization, if-match"}
    answer = Client().options("/api/v1/any/branches/1/", headers={"Origin": "https://app.example.com", **ask})
    assert answer.status_code == 200
    allowed = answer["Access-Control-Allow-Headers"].split(", ")
    assert {"authorization", "if-match", "idempotency-key"} <= set(allowed)
    assert "PATCH" in answer["Access-Control-Allow-Methods"]
