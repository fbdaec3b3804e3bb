"""A refresh token is good once: whoever uses it a second time, thief or owner, ends the session for both."""

import logging
import threading
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from ridley.core.accounts import tokens as ours
from ridley.core.accounts.models import Kind, RefreshFamily, User
from tests.world import person

APP = "/_allauth/app/v1/"
PASSWORD = "correct-horse-9"


def post(path, values, **headers):
    return Client().post(APP + path, values, content_type="application/json", headers=headers)


def sign_in(user):
    answer = post("auth/login", {"email": user.email, "password": PASSWORD})
    assert answer.status_code == 200, answer.content
    return answer.json()["meta"]


def refreshed(token):
    """The tokens that this one is exchanged for, or None."""
    answer = post("tokens/refresh", {"refresh_token": token})
    assert answer.status_code in (200, 400)
    return answer.json()["data"] if answer.status_code == 200 else None


def opens(tokens):
    return Client().get("/api/v1/me/", headers={"Authorization": f"Bearer {tokens['access_token']}"}).status_code == 200


def with_password():
    cache.clear()
    user = person("asha")
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def asha(db):
    return with_password()


def test_when_the_thief_comes_first_the_owners_turn_ends_what_the_thief_got(asha):
    stolen = sign_in(asha)
    thief = refreshed(stolen["refresh_token"])
    assert opens(thief)
    assert refreshed(stolen["refresh_token"]) is None  # the owner's turn
    assert [opens(thief), opens(stolen), refreshed(thief["refresh_token"])] == [False, False, None]


def test_when_the_owner_comes_first_the_thiefs_turn_ends_the_owners_session_too(asha):
    stolen = sign_in(asha)
    owner = refreshed(stolen["refresh_token"])
    later = refreshed(owner["refresh_token"])
    assert refreshed(stolen["refresh_token"]) is None  # the thief's turn, long after
    assert [opens(owner), opens(later), refreshed(later["refresh_token"])] == [False, False, None]
    assert opens(sign_in(asha))  # and the owner signs in again


def test_a_second_use_is_kept_and_told_once_without_the_token(asha, caplog):
    first, other_device = sign_in(asha), sign_in(asha)
    fresh = refreshed(first["refresh_token"])
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            assert refreshed(first["refresh_token"]) is None
        assert refreshed(fresh["refresh_token"]) is None
    (told,) = [line for line in caplog.messages if "second time" in line]
    assert told == f"A refresh token of {asha.pk} was used a second time. Their session was ended."
    ended = RefreshFamily.objects.exclude(reused_at=None)
    assert [(family.user_id, family.reused_at is not None) for family in ended] == [(asha.pk, True)]
    assert opens(other_device)  # a session of its own
    assert Session.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_that_race_with_one_token_one_wins_and_then_nobody_has_anything():
    stolen = sign_in(with_password())
    gate, found = threading.Barrier(2), []

    def race():
        gate.wait(timeout=30)
        found.append(refreshed(stolen["refresh_token"]))
        connection.close()

    threads = [threading.Thread(target=race) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    (winner,) = [tokens for tokens in found if tokens]
    assert (len(found), opens(winner), opens(stolen), refreshed(winner["refresh_token"])) == (2, False, False, None)
    assert Session.objects.count() == 0


def test_both_tokens_end_at_once_with_the_session_the_password_and_the_account(asha):
    def sign_out(tokens):
        Client().delete(APP + "auth/session", headers={"Authorization": f"Bearer {tokens['access_token']}"})

    def take_back(tokens):
        Session.objects.all().delete()

    def change_password(tokens):
        asha.set_password("another-horse-10")
        asha.save()

    def expire(tokens):
        Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))

    def switch_off(tokens):
        User.objects.filter(pk=asha.pk).update(is_active=False)

    for end in (sign_out, take_back, change_password, expire, switch_off):
        asha.set_password(PASSWORD)
        asha.save()
        tokens = sign_in(asha)
        assert opens(tokens), end.__name__
        end(tokens)
        assert (opens(tokens), refreshed(tokens["refresh_token"])) == (False, None), end.__name__


def test_refreshing_lengthens_the_session_by_nothing(asha):
    tokens = sign_in(asha)
    before = Session.objects.get().expire_date
    assert opens(refreshed(tokens["refresh_token"]))
    assert Session.objects.get().expire_date == before


def test_families_of_a_person_that_are_long_past_are_forgotten_at_the_next_sign_in(asha):
    old, recent, others = (
        RefreshFamily.objects.create(
            session=f"{number:064}", user=user, token_id="0" * 32, rotated_at=timezone.now() - timedelta(days=days)
        )
        for number, (user, days) in enumerate([(asha, 31), (asha, 29), (person(), 31)])
    )
    sign_in(asha)
    left = set(RefreshFamily.objects.values_list("pk", flat=True))
    assert (old.pk in left, recent.pk in left, others.pk in left, len(left)) == (False, True, True, 3)


def test_the_database_keeps_passwords_from_programs(asha):
    with pytest.raises(IntegrityError, match="service_has_no_password"), transaction.atomic():
        User.objects.filter(pk=asha.pk).update(kind=Kind.SERVICE)
    assert User.objects.filter(pk=asha.pk).update(kind=Kind.SERVICE, password="!") == 1


@pytest.mark.parametrize(("kind", "status"), [(Kind.PERSON, 200), (Kind.SERVICE, 401)])
def test_a_session_opens_nothing_for_a_program_whoever_made_it(asha, kind, status):
    asha.kind, asha.password = kind, "!none"
    asha.save()
    browser = Client()
    browser.force_login(asha, backend="allauth.account.auth_backends.AuthenticationBackend")
    token = ours.signed(ours.ACCESS, user_id=asha.pk, session_key=browser.session.session_key)
    assert browser.get("/api/v1/me/").status_code == status
    assert opens({"access_token": token}) is (status == 200)


def test_what_a_request_knows_of_its_session_is_what_the_cookie_knows(asha):
    found = ours.signed_in(sign_in(asha)["access_token"])
    assert found is not None
    user, auth = found
    assert (user, user._state.adding, auth.session["_auth_user_id"]) == (asha, False, str(asha.pk))
    assert auth.session["account_authentication_methods"][0]["method"] == "password"
    assert auth.claims["exp"] - auth.claims["iat"] == 300
