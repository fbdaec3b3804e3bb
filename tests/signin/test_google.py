"""Google's own provider of django-allauth, its addresses those of a real OpenID provider on loopback."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from ridley.core.accounts.models import User
from ridley.core.audit.models import Event
from ridley.core.people.models import Domain
from ridley.core.people.services.arrivals import arrive
from ridley.core.tenants.models import Grant, Membership, Partner
from tests.signin.openid import BROKERS, ELSEWHERE, PEOPLE, Browser, at_once, counted_tries, rows
from tests.world import make_world, person

TOKEN = "/_allauth/app/v1/auth/provider/token"


def hand_over(token):
    body = {"provider": "google", "process": "login", "token": {"client_id": "google", "id_token": token}}
    return Client().post(TOKEN, body, content_type="application/json")


def test_the_first_sign_in_makes_the_account_and_the_membership_and_later_ones_update_the_name(
    brokers, google, browser
):
    assert browser.sign_in("google", "asha") == ""
    me = browser.me()
    assert (me["email"], me["first_name"], me["last_name"]) == (f"asha@{BROKERS}", "Asha", "Das")
    assert [tenant["key"] for tenant in me["tenants"]] == ["brokers"]
    user = User.objects.get(email=f"asha@{BROKERS}")
    assert (str(user.pk), user.has_usable_password()) == (me["id"], False)
    assert EmailAddress.objects.get(user=user).verified
    with brokers.pinned():
        member = Membership.objects.get(user=user)
        assert list(Grant.objects.filter(membership=member).values_list("role", "limits")) == [("assistant.viewer", {})]
        events = Event.objects.order_by("id")
        assert [(event.kind, event.reason, event.actor_id) for event in events] == [
            ("core.member_joined", f"First sign-in with Google, {BROKERS}.", user.pk),
            ("core.roles_claimed", f"Signed in with Google, {BROKERS}.", user.pk),
        ]
        assert events[0].data == {"user_id": me["id"], "branch": None, "account_created": True}
    assert browser.ours.get("/api/v1/brokers/assistant/sources/").status_code == 200

    User.objects.update(first_name="Old", last_name="Name")
    before = rows()
    again = Browser()
    assert again.sign_in("google", "asha") == ""
    assert again.me()["first_name"] == "Asha"
    assert rows() == before


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ("ravi", "domain-not-allowed"),
        ("no-hd", "domain-not-allowed"),
        ("unverified", "email-not-verified"),
        ("no-email", "email-missing"),
    ],
)
def test_anybody_else_is_told_why_and_nothing_is_made(brokers, google, browser, who, code):
    before = rows()
    assert browser.sign_in("google", who) == code
    assert browser.me() is None
    assert rows() == before


def test_a_domain_lets_nobody_in_when_it_is_a_partners_or_keeps_google_out(brokers, google, browser):
    Domain.objects.update(google=False)
    Domain.objects.create(name=ELSEWHERE, partner=Partner.objects.create(key="p", name="P"))
    assert browser.sign_in("google", "asha") == "domain-not-allowed"
    assert browser.sign_in("google", "ravi") == "domain-not-allowed"
    Domain.objects.filter(name=BROKERS).update(google=True)
    assert browser.sign_in("google", "asha") == ""


def test_a_person_who_has_a_password_comes_in_as_themselves_and_keeps_it(brokers, google, browser):
    user = User.objects.create_user(f"asha@{BROKERS}", "correct-horse-9", first_name="A")
    assert browser.sign_in("google", "asha") == ""
    assert browser.me()["id"] == str(user.pk)
    assert User.objects.get(pk=user.pk).check_password("correct-horse-9")
    assert SocialAccount.objects.get().user_id == user.pk


def test_an_address_that_its_holder_never_confirmed_is_taken_back(brokers, google, browser):
    squatter = User.objects.create_user(f"asha@{BROKERS}", "squatters-horse-9")
    EmailAddress.objects.filter(user=squatter).update(verified=False)
    SocialAccount.objects.create(user=squatter, provider="p5-other", uid="squatter")
    EmailAddress.objects.create(user=squatter, email="squatter@example.com")  # waits for its link to be used
    app = TOTP.activate(squatter, "JBSWY3DPEHPK3PXP").instance
    theirs = Client()
    theirs.force_login(squatter, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert theirs.get("/api/v1/me/").status_code == 200
    assert browser.sign_in("google", "asha") == ""
    assert browser.me()["id"] == str(squatter.pk)
    assert theirs.get("/api/v1/me/").status_code == 401
    assert not User.objects.get(pk=squatter.pk).has_usable_password()
    assert not Authenticator.objects.filter(pk=app.pk).exists()
    known = EmailAddress.objects.values_list("email", "verified", "primary")
    assert list(known) == [(f"asha@{BROKERS}", True, True)]
    assert list(SocialAccount.objects.values_list("provider", flat=True)) == ["google"]


def test_a_person_whose_first_address_is_another_keeps_it(brokers, google, browser):
    user = User.objects.create_user(f"asha@{BROKERS}")
    EmailAddress.objects.filter(user=user).update(email="old@example.com")
    assert browser.sign_in("google", "asha") == ""
    known = EmailAddress.objects.order_by("email").values_list("email", "verified", "primary")
    assert list(known) == [(f"asha@{BROKERS}", True, False), ("old@example.com", True, True)]


def test_a_membership_that_has_ended_is_not_begun_again(brokers, google, browser):
    assert browser.sign_in("google", "asha") == ""
    with brokers.pinned():
        Membership.objects.update(from_at="2001-01-01T00:00Z", until_at="2002-01-01T00:00Z")
    before = rows()
    other = Browser()
    assert other.sign_in("google", "asha") == "membership-not-now"
    assert (other.me(), rows()) == (None, before)


def test_an_account_that_is_switched_off_or_a_programs_does_not_come_in(brokers, google, browser):
    user = User.objects.create_user(f"asha@{BROKERS}", is_active=False)
    assert browser.sign_in("google", "asha") == "account-switched-off"
    User.objects.filter(pk=user.pk).update(is_active=True, kind="service")
    assert browser.sign_in("google", "asha") == "account-belongs-elsewhere"
    assert SocialAccount.objects.count() == 0
    User.objects.filter(pk=user.pk).update(kind="person")
    assert browser.sign_in("google", "asha") == ""


def test_nobody_connects_a_provider_to_the_account_that_is_signed_in(brokers, google, browser):
    user = make_world().member("admin")
    browser.ours.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    path = browser.choose(browser.begin("google", process="connect"), "asha")
    assert browser.come_back(path) == "connect-not-offered"
    assert SocialAccount.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_person_who_comes_first_in_six_windows_at_once_is_one_person(brokers, monkeypatch):
    tries = counted_tries(monkeypatch)
    found = at_once([lambda: arrive(None, subject="asha", claims=PEOPLE["asha"]).user_id] * 6)
    assert (len(set(found)), len(tries)) == (1, 6)
    with brokers.pinned():
        assert (Membership.objects.count(), Grant.objects.count(), Event.objects.count()) == (1, 1, 2)


def test_somebody_elses_second_address_makes_no_second_account(brokers, google, browser):
    other = person("other")
    EmailAddress.objects.create(user=other, email=f"asha@{BROKERS}", verified=True)
    before = rows()
    assert browser.sign_in("google", "asha") == "account-belongs-elsewhere"
    assert rows() == before


def test_an_app_hands_over_its_id_token_and_gets_tokens_of_ours(brokers, google, browser):
    answer = hand_over(google.token())
    assert answer.status_code == 200, answer.content
    access = answer.json()["meta"]["access_token"]
    me = Client().get("/api/v1/me/", headers={"Authorization": f"Bearer {access}"})
    assert me.json()["email"] == f"asha@{BROKERS}"


def test_an_app_learns_why_somebody_is_refused(brokers, google, browser):
    before = rows()
    answer = hand_over(google.token(sub="ravi", **PEOPLE["ravi"]))
    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {"message": f"People with an address of {ELSEWHERE} cannot sign in here with Google.",
         "code": "domain-not-allowed"}
    ]  # fmt: skip
    assert rows() == before


def test_google_is_offered_only_where_it_is_set_up(brokers, settings, browser):
    assert browser.begin("google") == "/sign-in?error=provider-switched-off&error_process=login"
    offered = Client().get(f"/api/v1/session/providers/?email=x@{BROKERS}").json()
    assert offered == {"password": True, "providers": []}
    settings.GOOGLE_CLIENT_ID = "google"
    offered = Client().get(f"/api/v1/session/providers/?email=x@{BROKERS}").json()
    assert offered == {"password": True, "providers": [{"id": "google", "name": "Google"}]}
