"""A forgotten or changed password, another address, and what they end."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core import mail

from ridley.core.accounts.models import User
from ridley.core.accounts.tests.asking import PASSWORD, FrontEnd, key_in, links, member

NEW = "another-horse-9"


@pytest.fixture
def asha(world):
    return member(world, "admin")


def me(device):
    return device.get("/api/v1/me/").status_code


def forgotten(email):
    return FrontEnd("app").post("auth/password/request", {"email": email})


def reset(key, password=NEW):
    return FrontEnd("app").post("auth/password/reset", {"key": key, "password": password})


def test_a_link_by_mail_gives_a_new_password_once(asha):
    assert forgotten(asha.email).status_code == 200
    (link,) = links()
    assert link.startswith("http://testserver/account/reset#")
    assert reset(key_in(link)).status_code == 401  # done; allauth's way to say that nobody is signed in by it
    assert [FrontEnd("app").sign_in(asha, each).status_code for each in (PASSWORD, NEW)] == [400, 200]
    again = reset(key_in(link), "yet-another-horse-9")
    assert (again.status_code, again.json()["errors"][0]["code"]) == (400, "invalid_password_reset")
    assert FrontEnd("app").sign_in(asha, NEW).status_code == 200


def test_a_weak_password_is_refused_and_the_link_stays_good(asha):
    forgotten(asha.email)
    key = key_in(links()[0])
    assert reset(key, "password").status_code == 400
    assert FrontEnd("app").sign_in(asha).status_code == 200
    forgotten(asha.email)
    assert reset(key_in(links()[-1])).status_code == 401


def test_the_link_is_good_for_an_hour(asha, settings):
    forgotten(asha.email)
    assert settings.PASSWORD_RESET_TIMEOUT == 3600
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert reset(key_in(links()[0])).status_code == 400
    settings.PASSWORD_RESET_TIMEOUT = 3600
    assert reset(key_in(links()[0])).status_code == 401


@pytest.mark.parametrize("public", ["", "https://app.example.com"])
def test_the_link_leads_to_the_front_end(asha, settings, public):
    settings.HEADLESS_FRONTEND_URLS = {
        **settings.HEADLESS_FRONTEND_URLS, "account_reset_password_from_key": f"{public}/account/reset#{{key}}",
    }  # fmt: skip
    forgotten(asha.email)
    assert links()[0].startswith(f"{public or 'http://testserver'}/account/reset#")


def both_ways(ask, asha):
    """The same request for an address with an account and one without: answers without what was sent, and mails."""
    found = []
    for email in (asha.email, "nobody@example.com"):
        mail.outbox.clear()
        answer = ask(email)
        found.append((answer.status_code, answer.content.replace(email.encode(), b"<email>"), len(mail.outbox)))
    return found


def test_asking_for_a_new_password_tells_nothing_of_who_has_an_account(asha):
    known, unknown = both_ways(forgotten, asha)
    assert known == unknown
    assert (known[0], known[2]) == (200, 1)  # a mail goes out in both cases: the work is the same


def test_who_signs_in_through_an_organisation_gets_no_password_by_mail(world):
    user = world.member("member")  # without a password
    assert forgotten(user.email).status_code == 200
    assert (links(), mail.outbox[0].subject) == ([], "Your sign-in to Ridley")


def test_a_key_that_is_no_key_is_refused_alike_for_accounts_that_are_there_and_not(asha):
    forgotten(asha.email)
    uid, _, rest = key_in(links()[0]).partition("-")
    answers = [reset(key) for key in (f"{uid}-{rest[:-1]}x", f"{uid}-wrong", f"0-{rest}", "nonsense", f"zz-{rest}")]
    assert {(answer.status_code, answer.content) for answer in answers} == {(400, answers[0].content)}
    assert FrontEnd("app").sign_in(asha).status_code == 200


def devices(asha):
    found = [FrontEnd(), FrontEnd("app"), FrontEnd("app")]
    for device in found:
        assert device.sign_in(asha).status_code == 200
    return found


def refresh_token(asha):
    return FrontEnd("app").sign_in(asha).json()["meta"]["refresh_token"]


def test_a_reset_ends_every_session_and_token(asha):
    signed_in, refresh = devices(asha), refresh_token(asha)
    forgotten(asha.email)
    assert [me(device) for device in signed_in] == [200, 200, 200]
    reset(key_in(links()[0]))
    assert (Session.objects.count(), UserSession.objects.count()) == (0, 0)
    assert [me(device) for device in signed_in] == [401, 401, 401]
    assert FrontEnd("app").post("tokens/refresh", {"refresh_token": refresh}).status_code in (400, 401)


@pytest.mark.parametrize("changed_on", [0, 1])
def test_a_change_ends_every_session_and_token_this_one_too(world, asha, changed_on):
    signed_in, refresh = devices(asha), refresh_token(asha)
    other = member(world)
    bystander = FrontEnd()
    bystander.sign_in(other)
    wrong = signed_in[changed_on].post("account/password/change", {"current_password": "x", "new_password": NEW})
    assert (wrong.status_code, [me(device) for device in signed_in]) == (400, [200, 200, 200])
    done = signed_in[changed_on].post("account/password/change", {"current_password": PASSWORD, "new_password": NEW})
    assert done.status_code == 401
    assert [me(device) for device in signed_in] == [401, 401, 401]
    assert FrontEnd("app").post("tokens/refresh", {"refresh_token": refresh}).status_code in (400, 401)
    assert me(bystander) == 200
    assert FrontEnd("app").sign_in(asha, NEW).status_code == 200
    assert [message.subject for message in mail.outbox] == ["Your password was changed"]


def test_a_reset_lifts_the_lock_that_strangers_caused(asha):
    stranger = FrontEnd("app", address="198.51.100.7")
    for _ in range(10):
        stranger.sign_in(asha, "wrong")
    elsewhere = FrontEnd("app", address="203.0.113.9")
    assert elsewhere.sign_in(asha).status_code == 429
    forgotten(asha.email)
    reset(key_in(links()[0]))
    assert elsewhere.sign_in(asha, NEW).status_code == 200


def changing_address(asha, email):
    device = FrontEnd()
    device.sign_in(asha)
    device.post("auth/reauthenticate", {"password": PASSWORD})
    return device.post("account/email", {"email": email})


def addresses(user):
    return list(EmailAddress.objects.filter(user=user).values_list("email", "verified", "primary"))


def verify(key):
    return FrontEnd("app").post("auth/email/verify", {"key": key})


def test_another_address_counts_once_it_is_confirmed_and_the_old_one_is_told(asha):
    old, new = asha.email, "asha@new.example.com"
    answer = changing_address(asha, new)
    assert answer.status_code == 200
    assert User.objects.get(pk=asha.pk).email == old
    assert mail.outbox[0].to == [new]
    verify(key_in(links()[0]))
    assert User.objects.get(pk=asha.pk).email == new
    assert addresses(asha) == [(new, True, True)]
    assert (mail.outbox[-1].to, mail.outbox[-1].subject) == ([old], "The address of your account changed")
    asha.refresh_from_db()
    assert FrontEnd("app").sign_in(asha).status_code == 200
    assert FrontEnd("app").post("auth/login", {"email": old, "password": PASSWORD}).status_code == 400
    assert verify(key_in(links()[0])).status_code == 400


def test_changing_the_address_takes_a_fresh_password(asha):
    device = FrontEnd()
    device.sign_in(asha)
    assert device.post("account/email", {"email": "asha@new.example.com"}).status_code == 401
    assert (mail.outbox, EmailAddress.objects.filter(user=asha).count()) == ([], 1)


def test_an_address_that_somebody_has_is_taken_like_any_other_and_never_given(world, asha):
    taken = member(world)
    answers = []
    for email in (taken.email, "free@example.com"):
        mail.outbox.clear()
        EmailAddress.objects.filter(user=asha, verified=False).delete()
        answer = changing_address(asha, email)
        shown = re.sub(rb'"' + email.encode() + rb'"', b'"<email>"', answer.content)
        assert [message.to for message in mail.outbox] == [[email]]
        answers.append((answer.status_code, shown))
        if email == taken.email:
            assert verify(key_in(links()[0])).status_code == 400
    assert answers[0] == answers[1]
    assert answers[0][0] == 200
    assert User.objects.get(pk=asha.pk).email == asha.email


def test_an_address_that_is_an_accounts_name_alone_is_never_given(world, asha):
    taken = member(world)
    EmailAddress.objects.filter(user=taken).delete()
    changing_address(asha, taken.email)
    answer = verify(key_in(links()[0]))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "email_taken")
    assert User.objects.get(pk=asha.pk).email == asha.email


def test_a_person_whom_an_administrator_made_has_a_confirmed_address(asha):
    assert addresses(asha) == [(asha.email, True, True)]


@pytest.mark.parametrize("kind", ["browser", "app"])
@pytest.mark.parametrize(
    "body", [b"{", b"\xff", b"[1]", b'"x"', b"[" * 100_000, b'{"email": "a@example.com", "password": "\\ud800"}']
)
def test_a_body_that_cannot_be_read_is_refused_with_a_reason(db, kind, body):
    device = FrontEnd(kind)
    answer = device.client.post(f"/_allauth/{kind}/v1/auth/login", body, content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert answer.json()["code"] == "bad-request"


def test_too_many_requests_of_another_kind_are_429_with_a_time_to_wait(asha):
    answers = [forgotten(asha.email) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert (answers[5]["Retry-After"], answers[5].json()["code"]) == ("60", "too-many-requests")
    assert answers[5]["Content-Type"] == "application/problem+json"
    assert len(mail.outbox) == 5
