"""/sign-in, the plain page: a form for the password, a button for each provider, and who one is afterwards."""

import re
from html import unescape

import pytest
from django.core.cache import cache
from django.test import Client

from ridley.config.sign_in import WHY
from ridley.core.accounts.models import User
from ridley.core.accounts.tests.asking import PASSWORD as THEIRS
from ridley.core.accounts.tests.asking import FrontEnd, code, with_password
from ridley.core.accounts.tests.conftest import clock
from tests.signin.openid import BROKERS, OWN, Browser

__all__ = ["clock"]
PASSWORD = "correct-horse-9"


@pytest.fixture
def visitor(db):
    cache.clear()
    return Client(enforce_csrf_checks=True)


def token(visitor):
    page = visitor.get("/sign-in").content.decode()
    return re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[0]


def posted(visitor, path, **values):
    return visitor.post(path, {"csrfmiddlewaretoken": token(visitor), **values})


@pytest.fixture
def asha(brokers):
    user = brokers.member("assistant.viewer")
    user.email = f"asha@{BROKERS}"
    user.set_password(PASSWORD)
    user.save()
    return user


def test_a_password_signs_in_shows_who_one_is_and_out_again(visitor, asha):
    answer = posted(visitor, "/sign-in", login=asha.email.upper(), password=PASSWORD)
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in")
    shown = visitor.get("/sign-in").content.decode()
    assert asha.email in shown
    assert "<li>Brokers (brokers)</li>" in shown
    assert visitor.get("/api/v1/me/").status_code == 200
    assert posted(visitor, "/sign-in", sign_out="yes")["Location"] == "/sign-in"
    assert visitor.get("/api/v1/me/").status_code == 401


def test_a_wrong_password_is_told_and_guessing_shuts_the_door(visitor, asha):
    for _ in range(10):
        answer = posted(visitor, "/sign-in", login=asha.email, password="wrong-horse-9")
        assert answer["Location"] == "/sign-in?error=password"
    assert WHY["password"] in visitor.get(answer["Location"]).content.decode()
    answer = posted(visitor, "/sign-in", login=asha.email, password=PASSWORD)
    assert answer["Location"] == "/sign-in?error=locked"
    assert WHY["locked"] in visitor.get(answer["Location"]).content.decode()
    assert visitor.get("/api/v1/me/").status_code == 401


def test_who_has_an_app_gives_its_code_too_and_then_goes_on_to_where_they_wanted(visitor, asha, clock):
    device = FrontEnd()
    device.sign_in(with_password(asha))
    secret = device.enrol(asha)
    clock.next_code()
    User.objects.filter(pk=asha.pk).update(is_staff=True)
    answer = posted(visitor, "/sign-in", login=asha.email, password=THEIRS, next="/admin/")
    assert answer["Location"] == "/sign-in?next=%2Fadmin%2F"
    assert visitor.get("/api/v1/me/").status_code == 401
    assert "A code of your authenticator app" in visitor.get(answer["Location"]).content.decode()
    assert posted(visitor, "/sign-in", code="000000")["Location"] == "/sign-in?error=code"
    assert visitor.get("/api/v1/me/").status_code == 401
    assert posted(visitor, "/sign-in", code=code(secret), next="//evil.example/")["Location"] == "/sign-in"
    assert visitor.get("/api/v1/me/").status_code == 200
    assert visitor.get("/admin/").status_code == 200


def test_signing_in_leads_on_to_an_address_of_ours_and_to_no_other(visitor, asha):
    for wanted, place in (
        ("/admin/", "/admin/"),
        ("https://evil.example/", "/sign-in"),
        ("//evil.example", "/sign-in"),
    ):
        values = {"login": asha.email, "password": PASSWORD, "next": wanted}
        assert posted(visitor, "/sign-in", **values)["Location"] == place
        posted(visitor, "/sign-in", sign_out="yes")


def test_every_form_wants_its_csrf_token(visitor, asha, own):
    for path, values in [
        ("/sign-in", {"login": asha.email, "password": PASSWORD}), ("/sign-in", {"sign_out": "yes"}),
        ("/sign-in/with", {"provider": f"t{OWN}-staff"}),
    ]:  # fmt: skip
        assert visitor.post(path, values).status_code == 403
    assert visitor.get("/sign-in/with").status_code == 405


def test_the_button_of_a_provider_leads_there_and_back_as_somebody(visitor, own):
    page = visitor.get(f"/sign-in?email=asha@{BROKERS}").content.decode()
    assert f'value="t{OWN}-staff">Sign in with Brokers&#x27; staff<' in page
    between = posted(visitor, "/sign-in/with", provider=f"t{OWN}-staff")
    address = unescape(re.findall(r'content="0; url=([^"]+)"', between.content.decode())[0])
    assert address.startswith(own.issuer)
    browser = Browser(visitor)
    assert browser.come_back(browser.choose(address, "asha")) == ""
    assert f"You are Asha Das, asha@{BROKERS}." in visitor.get("/sign-in").content.decode()


def test_who_is_refused_reads_why(visitor, own):
    between = posted(visitor, "/sign-in/with", provider=f"t{OWN}-staff")
    browser = Browser(visitor)
    address = unescape(re.findall(r'<a href="([^"]+)"', between.content.decode())[0])
    code = browser.come_back(browser.choose(address, "ravi"))
    assert WHY[code] in visitor.get(f"/sign-in?error={code}").content.decode()
    assert "You were not signed in." in visitor.get("/sign-in?error=<script>").content.decode()


def test_a_provider_that_is_off_or_unknown_leads_nowhere(visitor, brokers):
    answer = posted(visitor, "/sign-in/with", provider="google")
    assert answer["Location"] == "/sign-in?error=provider-switched-off&error_process=login"
    assert posted(visitor, "/sign-in/with", provider="t1-none").status_code == 404


def test_the_page_runs_nothing_and_repeats_nothing_that_a_link_brings(visitor, own):
    for query in ("", "?email=<script>@x", "?tenant=%00", "?tenant=brokers", "?error=%22><script>"):
        answer = visitor.get(f"/sign-in{query}")
        assert answer.status_code == 200
        assert "script" not in answer.content.decode()
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "form-action 'self'" in policy
        assert answer["Referrer-Policy"] == "same-origin"
        assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("path", ["invitation", "reset", "confirm"])
def test_a_link_from_a_mail_is_told_where_it_is_used(visitor, path):
    answer = visitor.get(f"/account/{path}")
    assert answer.status_code == 200
    assert "docs/guides/admin.md" in answer.content.decode()
    assert answer["Referrer-Policy"] == "same-origin"
