"""Authenticator apps and recovery codes, as front ends meet them."""

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.core import mail

from ridley.core.accounts.tests.asking import PASSWORD, FrontEnd, code, member

INCORRECT = {"code": "incorrect_code", "message": "Incorrect code.", "param": "code"}


@pytest.fixture(params=["browser", "app"])
def kind(request):
    return request.param


@pytest.fixture
def asha(world):
    return member(world, "admin")


def enrolled(user, clock, kind="browser"):
    """A device of the person's, signed in, and the secret of the app that was connected there."""
    device = FrontEnd(kind)
    assert device.sign_in(user).status_code == 200
    secret = device.enrol(user)
    clock.next_code()
    return device, secret


def pending(answer):
    return [flow["id"] for flow in answer.json()["data"]["flows"] if flow.get("is_pending")]


def me(device):
    return device.get("/api/v1/me/").status_code


def test_signing_in_takes_a_code_once_an_app_is_connected(asha, clock, kind):
    _, secret = enrolled(asha, clock)
    device = FrontEnd(kind)
    first = device.sign_in(asha)
    assert (first.status_code, pending(first), me(device)) == (401, ["mfa_authenticate"], 401)
    wrong = device.post("auth/2fa/authenticate", {"code": "000000"})
    assert (wrong.status_code, wrong.json()["errors"], me(device)) == (400, [INCORRECT], 401)
    right = device.post("auth/2fa/authenticate", {"code": code(secret)})
    assert (right.status_code, [way["method"] for way in right.json()["data"]["methods"]]) == (200, ["password", "mfa"])
    assert me(device) == 200


def test_connecting_an_app_takes_a_fresh_password_and_a_code_of_it(asha):
    device = FrontEnd()
    device.sign_in(asha)
    secret = device.get("account/authenticators/totp").json()["meta"]["secret"]
    stale = device.post("account/authenticators/totp", {"code": code(secret)})
    assert (stale.status_code, Authenticator.objects.count()) == (401, 0)
    device.post("auth/reauthenticate", {"password": PASSWORD})
    wrong = device.post("account/authenticators/totp", {"code": "000000"})
    assert (wrong.status_code, Authenticator.objects.count()) == (400, 0)


def test_connecting_a_second_app_is_a_conflict_and_leaves_the_first(asha, clock):
    device, secret = enrolled(asha, clock)
    again = device.post("account/authenticators/totp", {"code": code(secret)})
    assert again.status_code == 409
    assert Authenticator.objects.filter(type="totp").count() == 1


def test_secrets_are_encrypted_at_rest(asha, clock):
    from ridley.core.access.encryption import decrypt

    _, secret = enrolled(asha, clock)
    stored = {row.type: row.data for row in Authenticator.objects.all()}
    assert secret not in str(stored)
    assert decrypt(stored["totp"]["secret"]) == secret
    seed = decrypt(stored["recovery_codes"]["seed"])
    assert len(seed) == 80
    assert seed not in str(stored)


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_code_is_good_once_in_all_the_half_minutes_around_it(asha, clock, steps):
    _, secret = enrolled(asha, clock)
    given = code(secret, steps)
    for expected in (200, 400):
        device = FrontEnd()
        device.sign_in(asha)
        answer = device.post("auth/2fa/authenticate", {"code": given})
        assert answer.status_code == expected, answer.content
    other_spelling = device.post("auth/2fa/authenticate", {"code": f" {given[:3]} {given[3:]} "})
    assert (other_spelling.status_code, me(device)) == (400, 401)
    clock.next_code()
    assert device.post("auth/2fa/authenticate", {"code": code(secret)}).status_code == 200


def test_a_code_of_a_minute_away_is_no_code(asha, clock):
    _, secret = enrolled(asha, clock)
    for steps in (-2, 2):
        device = FrontEnd()
        device.sign_in(asha)
        assert device.post("auth/2fa/authenticate", {"code": code(secret, steps)}).status_code == 400


def test_the_code_that_connected_the_app_is_used_up(asha):
    device = FrontEnd()
    device.sign_in(asha)
    secret = device.enrol(asha)
    again = FrontEnd()
    again.sign_in(asha)
    assert again.post("auth/2fa/authenticate", {"code": code(secret)}).status_code == 400
    assert device.post("auth/2fa/reauthenticate", {"code": code(secret)}).status_code == 400


def test_a_recovery_code_is_good_once_and_shown_once(asha, clock):
    device, _ = enrolled(asha, clock)
    codes = device.get("account/authenticators/recovery-codes").json()["data"]["unused_codes"]
    assert len(set(codes)) == 10
    again = device.get("account/authenticators/recovery-codes").json()["data"]
    assert "unused_codes" not in again
    assert again["unused_code_count"] == 10
    for given, expected in ((codes[0], 200), (codes[0], 400), (codes[1], 200)):
        other = FrontEnd()
        other.sign_in(asha)
        assert other.post("auth/2fa/authenticate", {"code": given}).status_code == expected
    assert device.get("account/authenticators/recovery-codes").json()["data"]["unused_code_count"] == 8


def test_disconnecting_the_app_takes_a_fresh_proof_and_takes_the_recovery_codes_along(asha, clock):
    _, secret = enrolled(asha, clock)
    device = FrontEnd()
    device.sign_in(asha)
    device.post("auth/2fa/authenticate", {"code": code(secret)})
    refused = device.ask("DELETE", "account/authenticators/totp")
    assert (refused.status_code, Authenticator.objects.count()) == (401, 2)
    device.post("auth/reauthenticate", {"password": PASSWORD})
    done = device.ask("DELETE", "account/authenticators/totp")
    assert (done.status_code, Authenticator.objects.count()) == (200, 0)
    assert FrontEnd().sign_in(asha).status_code == 200


def test_who_has_an_app_may_change_their_address_and_who_waits_for_one_may_connect_an_app(asha, clock):
    device, _ = enrolled(asha, clock)
    assert device.post("account/email", {"email": "asha@new.example.com"}).status_code == 200
    device.ask("DELETE", "account/authenticators/totp")
    device.enrol(asha)  # while the new address is not confirmed yet


def test_the_person_is_told_by_mail(asha, clock, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        enrolled(asha, clock)
    (told,) = [message for message in mail.outbox if message.to == [asha.email]]
    assert told.subject == "Signing in takes a second factor now"
    assert "127.0.0.1" in told.body


def test_a_session_planted_before_the_code_is_given_is_not_signed_in_by_it(asha, clock):
    """Session fixation: whoever knew the cookie of before, or of the half-done sign-in, holds nothing afterwards."""
    _, secret = enrolled(asha, clock)
    victim, thief = FrontEnd(), FrontEnd()
    victim.sign_in(asha)
    planted = victim.client.cookies["sessionid"].value
    thief.client.cookies["sessionid"] = planted
    assert victim.post("auth/2fa/authenticate", {"code": code(secret)}).status_code == 200
    assert victim.client.cookies["sessionid"].value != planted
    assert (me(victim), me(thief)) == (200, 401)
    assert not Session.objects.filter(session_key=planted).exists()


def test_the_token_of_a_half_done_sign_in_is_no_access_token_and_ends_with_it(asha, clock):
    _, secret = enrolled(asha, clock)
    device = FrontEnd("app")
    device.sign_in(asha)
    half = device.session
    for token in (f"Bearer {half}", half):
        assert FrontEnd("app").get("/api/v1/me/", Authorization=token).status_code == 401
    device.post("auth/2fa/authenticate", {"code": code(secret)})
    thief = FrontEnd("app")
    thief.session = half
    assert thief.get("auth/session").status_code in (401, 410)
    assert me(device) == 200


def test_ten_wrong_codes_lock_the_code_for_strangers_and_the_right_one_is_not_looked_at(asha, clock):
    _, secret = enrolled(asha, clock)
    stranger = FrontEnd(address="198.51.100.7")
    stranger.sign_in(asha)
    statuses = [stranger.post("auth/2fa/authenticate", {"code": f"{n:06}"}).status_code for n in range(10)]
    assert statuses == [400] * 10
    locked = stranger.post("auth/2fa/authenticate", {"code": code(secret)})
    assert (locked.status_code, locked.json()["code"], locked["Retry-After"]) == (429, "too-many-attempts", "60")
    assert me(stranger) == 401
    owner = FrontEnd()  # where the app was connected: an address that has given a right code before
    owner.sign_in(asha)
    assert owner.post("auth/2fa/authenticate", {"code": code(secret)}).status_code == 200
