"""Wrong passwords: ten lock, longer each time; strangers lock out strangers and not the owner."""

from datetime import timedelta

import pytest
from django.contrib.auth import hashers

from ridley.core.accounts import guesses
from ridley.core.accounts.guesses import hashed, lock_seconds, network_of
from ridley.core.accounts.models import Guess
from ridley.core.accounts.tests.asking import PASSWORD, FrontEnd, member

STRANGER = "198.51.100.7"


@pytest.fixture
def asha(world):
    return member(world, "admin")


def tried(user, password="wrong", address=STRANGER):
    return FrontEnd("app", address=address).sign_in(user, password)


def locked(answer):
    return answer.status_code, answer.json().get("code"), answer.get("Retry-After")


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(0, 0), (9, 0), (10, 60), (11, 120), (12, 240), (15, 1920), (16, 3600), (17, 3600), (100_000, 3600)],
)
def test_the_delay_grows_to_an_hour(failures, seconds):
    assert lock_seconds(failures, 10) == seconds


def test_the_eleventh_guess_is_not_looked_at_though_it_is_right(asha, monkeypatch):
    assert [tried(asha).status_code for _ in range(10)] == [400] * 10
    looked_at = []
    monkeypatch.setattr(type(asha), "check_password", lambda self, raw: looked_at.append(raw))
    refused = tried(asha, PASSWORD)
    assert locked(refused) == (429, "too-many-attempts", "60")
    assert refused["Content-Type"] == "application/problem+json"
    assert looked_at == []


def test_nine_wrong_ones_do_not_lock_the_right_one_out(asha):
    assert [tried(asha).status_code for _ in range(9)] == [400] * 9
    assert tried(asha, PASSWORD).status_code == 200


def test_each_further_failure_doubles_the_wait_and_asking_meanwhile_does_not(asha, clock):
    for _ in range(10):
        tried(asha)
    for seconds in (60, 120, 240):
        assert locked(tried(asha))[2] == str(seconds)
        clock.move(seconds=seconds - 1)
        assert locked(tried(asha))[2] == "1"
        clock.move(seconds=1)
        assert tried(asha).status_code == 400


def test_after_the_wait_the_right_password_opens(asha, clock):
    for _ in range(10):
        tried(asha)
    assert tried(asha, PASSWORD).status_code == 429
    clock.move(seconds=60)
    assert tried(asha, PASSWORD).status_code == 200


def test_the_owner_gets_in_from_an_address_of_theirs_while_strangers_guess(asha):
    home = "203.0.113.5"
    assert tried(asha, PASSWORD, home).status_code == 200
    for _ in range(10):
        tried(asha)
    assert tried(asha, PASSWORD).status_code == 429
    assert tried(asha, PASSWORD, home).status_code == 200
    for _ in range(10):
        tried(asha, address=home)
    assert tried(asha, PASSWORD, home).status_code == 429


def test_signing_in_elsewhere_does_not_give_strangers_new_guesses(asha):
    for _ in range(9):
        tried(asha)
    assert tried(asha, PASSWORD, "203.0.113.5").status_code == 200
    assert tried(asha).status_code == 400
    assert tried(asha).status_code == 429


def test_an_address_that_guesses_at_many_accounts_is_locked_at_thirty(world):
    people = [member(world) for _ in range(11)]
    answers = [tried(people[number % 10]).status_code for number in range(30)]
    assert answers == [400] * 30
    assert locked(tried(people[10], PASSWORD)) == (429, "too-many-attempts", "60")
    assert tried(people[10], PASSWORD, "203.0.113.5").status_code == 200


def test_a_day_without_a_guess_forgets_the_count(asha, clock):
    for _ in range(9):
        tried(asha)
    clock.move(days=1, seconds=1)
    assert [tried(asha).status_code for _ in range(9)] == [400] * 9


def test_an_account_that_is_not_there_locks_just_the_same(asha):
    def story(email):
        answers = [FrontEnd("app", address=f"192.0.2.{n}").post("auth/login", {"email": email, "password": "wrong"})
                   for n in range(12)]  # fmt: skip
        return [(answer.status_code, answer.content, answer.get("Retry-After")) for answer in answers]

    assert story(asha.email) == story("nobody@example.com")


def test_how_the_address_is_written_makes_no_new_account(asha):
    for spelling in (asha.email, asha.email.upper(), f" {asha.email} ") * 4:
        answer = FrontEnd("app", address=STRANGER).post("auth/login", {"email": spelling, "password": "wrong"})
    assert answer.status_code == 429


def test_guesses_at_the_password_of_somebody_signed_in_count_too(asha):
    device = FrontEnd()
    device.sign_in(asha)
    for _ in range(5):
        assert device.post("auth/reauthenticate", {"password": "wrong"}).status_code == 400
    for _ in range(5):
        change = {"current_password": "wrong", "new_password": "another-horse-9"}
        assert device.post("account/password/change", change).status_code == 400
    refused = device.post("auth/reauthenticate", {"password": PASSWORD})
    assert locked(refused) == (429, "too-many-attempts", "60")


def test_who_an_account_or_address_is_cannot_be_read_from_the_counts(asha):
    tried(asha)
    keys = list(Guess.objects.values_list("key", flat=True))
    assert [len(key) for key in keys] == [64, 64]
    assert hashed("address", STRANGER) in keys


def test_counts_older_than_a_month_are_swept_away(asha, clock):
    Guess.objects.create(key="old", at=clock.moment() - timedelta(days=32))
    Guess.objects.create(key="young", at=clock.moment() - timedelta(days=30))
    guesses.attempt("password", asha.email, STRANGER)
    assert set(Guess.objects.filter(key__in=["old", "young"]).values_list("key", flat=True)) == {"young"}


@pytest.mark.parametrize(
    ("address", "network"),
    [("192.0.2.1", "192.0.2.1"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("::ffff:192.0.2.1", "192.0.2.1"),
     ("nonsense", "nonsense")],
)  # fmt: skip
def test_a_customers_network_counts_as_one_address(address, network):
    assert network_of(address) == network


def hashes(monkeypatch, deed):
    """How often a password hasher works during a deed."""
    counted = []
    hasher = hashers.get_hasher()
    work = type(hasher).encode
    monkeypatch.setattr(type(hasher), "encode", lambda self, *args: counted.append(1) or work(self, *args))
    deed()
    return len(counted)


def test_a_wrong_password_costs_the_same_hashing_whether_or_not_there_is_an_account(world, asha, monkeypatch):
    without_password = world.member("member")
    off = member(world)
    type(off).objects.filter(pk=off.pk).update(is_active=False)
    for email in (asha.email, "nobody@example.com", without_password.email, off.email):
        work = hashes(monkeypatch, lambda email=email: FrontEnd("app", address=STRANGER).post(
            "auth/login", {"email": email, "password": "wrong"}))  # fmt: skip
        monkeypatch.undo()
        assert (email, work) == (email, 1)
