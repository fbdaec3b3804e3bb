"""Answers of a provider that are not to be believed: each is refused, nothing is made, and the honest twin comes in."""

import base64
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client

from ridley.core.people import adapter
from tests.signin.openid import BROKERS, PEOPLE, Browser, rows

OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Swapped:
    """A session that hands on the provider's answer to the code with another id token in it."""

    def __init__(self, real, make):
        self.real, self.make = real, make

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.real.close()

    def get(self, *args, **kwargs):
        return self.real.get(*args, **kwargs)

    def request(self, method, address, **kwargs):
        answer = self.real.request(method, address, **kwargs)
        told = answer.json()
        if "id_token" in told:
            answer._content = json.dumps({**told, "id_token": self.make(told["id_token"])}).encode()
        return answer


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


def forged(google, **changes):
    """The honest token but for the changes, and signed by the provider's own key."""
    return lambda token: google.token(**{**claims_of(token), **changes})


def unsigned(token):
    head = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    return f"{head}.{token.split('.')[1]}."


def with_another_payload(token):
    head, _, signature = token.split(".")
    said = json.dumps({**claims_of(token), "email": f"boss@{BROKERS}"}).encode()
    return f"{head}.{base64.urlsafe_b64encode(said).rstrip(b'=').decode()}.{signature}"


def by_another_key(token):
    return jwt.encode(claims_of(token), OTHER_KEY, algorithm="RS256", headers={"kid": "tests"})


def by_the_client_secret(token):
    return jwt.encode(claims_of(token), "a-client-secret-of-the-tests" * 2, algorithm="HS256", headers={"kid": "tests"})


FORGERIES = {
    "another nonce": lambda google: forged(google, nonce="another"),
    "no nonce": lambda google: forged(google, nonce=None),
    "another audience": lambda google: forged(google, aud="somebody-else"),
    "for others too": lambda google: forged(google, aud=["google", "somebody-else"]),
    "another issuer": lambda google: forged(google, iss="https://evil.example.com"),
    "expired": lambda google: forged(google, exp=int(time.time()) - 60),
    "without an end": lambda google: forged(google, exp=None),
    "of nobody": lambda google: forged(google, sub=None),
    "of somebody who cannot be stored": lambda google: forged(google, sub="a\0b"),
    "a payload changed": lambda google: with_another_payload,
    "unsigned": lambda google: unsigned,
    "signed by another key": lambda google: by_another_key,
    "signed with the secret": lambda google: by_the_client_secret,
    "no token": lambda google: lambda token: "",
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_id_token_is_refused(brokers, google, browser, monkeypatch, forgery):
    real = adapter.outbound.session
    path = browser.choose(browser.begin("google"), "asha")
    before = rows()
    make = FORGERIES[forgery](google)
    monkeypatch.setattr(adapter.outbound, "session", lambda **limits: Swapped(real(), make))
    assert browser.come_back(path) == "token-refused"
    assert (browser.me(), rows()) == (None, before)
    monkeypatch.setattr(adapter.outbound, "session", lambda **limits: Swapped(real(), forged(google)))
    honest = Browser()
    assert honest.sign_in("google", "asha") == ""
    assert honest.me()["email"] == f"asha@{BROKERS}"


def test_a_state_of_nobodys_or_of_another_browser_is_refused(brokers, google, browser):
    path = browser.choose(browser.begin("google"), "asha")
    before = rows()
    assert Browser().come_back(path) == "sign-in-failed"
    assert browser.come_back(path.replace("state=", "state=x")) == "sign-in-failed"
    assert (browser.me(), rows()) == (None, before)
    assert browser.come_back(path) == ""


def test_an_answer_is_good_once(brokers, google, browser):
    path = browser.choose(browser.begin("google"), "asha")
    assert browser.come_back(path) == ""
    other = Browser()
    other.ours.cookies = browser.ours.cookies.copy()
    browser.ours.delete("/_allauth/browser/v1/auth/session")
    assert other.come_back(path) == "sign-in-failed"
    assert other.me() is None


def test_a_code_that_another_request_asked_for_is_refused(brokers, google, browser):
    """The code is bound to the verifier of its own request (PKCE): put into one's own answer it is worth nothing."""
    theirs = browser.choose(browser.begin("google"), "asha")
    code = theirs.partition("code=")[2].partition("&")[0]
    mine = Browser()
    path = mine.choose(mine.begin("google"), "ravi")
    own_code = path.partition("code=")[2].partition("&")[0]
    before = rows()
    assert mine.come_back(path.replace(own_code, code)) == "sign-in-failed"
    assert (mine.me(), rows()) == (None, before)


def test_nobody_is_sent_on_to_a_stranger(brokers, google, browser):
    for address in ("https://evil.example.com/", "//evil.example.com", "javascript:alert(1)"):
        wanted = {"provider": "google", "callback_url": address, "process": "login"}
        answer = browser.ours.post("/_allauth/browser/v1/auth/provider/redirect", wanted)
        assert answer["Location"] == "/sign-in?error=sign-in-failed&error_process=login"


def test_the_request_asks_with_pkce_nonce_and_state(brokers, google, browser):
    asked = browser.begin("google")
    assert "code_challenge_method=S256" in asked
    for name in ("code_challenge=", "nonce=", "state=", "response_type=code"):
        assert name in asked
    assert asked != browser.begin("google")


@pytest.mark.parametrize(
    "changes",
    [{"aud": "somebody-else"}, {"iss": "https://evil.example.com"}, {"exp": 1}, {"iat": int(time.time()) - 3600}],
)
def test_an_app_cannot_hand_over_a_token_for_others_or_an_old_one(brokers, google, browser, changes):
    body = {"provider": "google", "process": "login", "token": {"client_id": "google"}}
    before = rows()
    for token in (google.token(**changes), unsigned(google.token()), by_another_key(google.token())):
        body["token"]["id_token"] = token
        answer = Client().post("/_allauth/app/v1/auth/provider/token", body, content_type="application/json")
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "invalid_token")
    assert rows() == before
    body["token"]["id_token"] = google.token()
    answer = Client().post("/_allauth/app/v1/auth/provider/token", body, content_type="application/json")
    assert answer.status_code == 200


def test_userinfo_must_speak_of_the_same_person(brokers, own, browser, monkeypatch):
    real = adapter.outbound.session
    path = browser.choose(browser.begin(own.public_id), "asha")

    class Lying(Swapped):
        def get(self, address, **kwargs):
            answer = self.real.get(address, **kwargs)
            if address.endswith("/me"):
                answer._content = json.dumps({**PEOPLE["boss"], "sub": "boss"}).encode()
            return answer

    before = rows()
    monkeypatch.setattr(adapter.outbound, "session", lambda **limits: Lying(real(), lambda token: token))
    assert browser.come_back(path) == "sign-in-failed"
    assert (browser.me(), rows()) == (None, before)
