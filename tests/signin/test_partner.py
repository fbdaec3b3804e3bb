"""A Partner's provider: one for all its clients, of which nothing is set up before the first of them comes in."""

from functools import partial

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError

from ridley.core.accounts.models import User
from ridley.core.audit.models import Event
from ridley.core.database.pin import pinned
from ridley.core.people.models import Client, Domain, PartnerProvider
from ridley.core.people.services import arrivals
from ridley.core.people.services.arrivals import arrive
from ridley.core.tenants.models import Branch, Grant, Membership, Partner, Tenant
from tests.signin.openid import BROKERS, ELSEWHERE, PARTNER, PEOPLE, Browser, at_once, counted_tries, rows
from tests.world import World, make_world

ID = f"p{PARTNER}-staff"


def grants(tenant, email):
    with pinned(tenant.pk):
        return list(Grant.objects.filter(membership__user__email=email, until_at=None).values_list("role", flat=True))


def test_a_client_never_seen_before_gets_its_tenant_branch_and_member_from_the_template(partner, browser):
    assert not Tenant.objects.exists()
    assert browser.sign_in(ID, "lila") == ""
    me = browser.me()
    assert me["email"] == "lila@sunrise.example.net"
    assert [(t["key"], t["name"], t["products"]) for t in me["tenants"]] == [
        ("sunrise-stays", "Sunrise Stays Pvt Ltd", ["assistant"])
    ]
    tenant = Tenant.objects.get()
    assert (tenant.partner_id, tenant.language, tenant.default_role) == (PARTNER, "hi", "assistant.viewer")
    assert grants(tenant, me["email"]) == ["assistant.viewer"]
    with pinned(tenant.pk):
        assert list(Branch.objects.values_list("key", "title")) == [("main", "Main")]
        assert Membership.objects.get().branch.key == "main"
        assert [(event.kind, event.reason) for event in Event.objects.order_by("id")] == [
            ("core.tenant_created", "Stays of Stays named a client never seen before."),
            ("core.branch_created", "Named by Stays, sunrise.example.net."),
            ("core.member_joined", "First sign-in with Stays, sunrise.example.net."),
            ("core.roles_claimed", "Signed in with Stays, sunrise.example.net."),
        ]
    assert browser.ours.get("/api/v1/sunrise-stays/assistant/sources/").status_code == 200


def test_the_next_person_of_that_client_joins_it_with_role_and_branch_from_claims(partner, browser):
    assert browser.sign_in(ID, "lila") == ""
    assert Browser().sign_in(ID, "mira") == ""
    tenant = Tenant.objects.get()
    assert grants(tenant, "mira@sunrise.example.net") == ["admin"]
    with pinned(tenant.pk):
        assert sorted(Branch.objects.values_list("key", "title")) == [("main", "Main"), ("puri", "Puri")]
    before = rows()
    assert Browser().sign_in(ID, "mira") == ""
    assert rows() == before


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ("nowhere", "client-not-named"),
        ("odd", "client-not-valid"),
        ("reserved", "client-not-valid"),
        ("thief", "client-belongs-elsewhere"),
        ("poacher", "domain-not-allowed"),
    ],
)
def test_anybody_else_is_told_why_and_nothing_is_made(partner, brokers, browser, who, code):
    make_world("konark")
    before = rows()
    assert browser.sign_in(ID, who) == code
    assert (browser.me(), rows()) == (None, before)


def test_a_client_of_another_partner_is_refused_and_one_made_for_this_one_is_taken_up(partner, browser):
    konark = make_world("konark").tenant
    another = Partner.objects.create(key="another", name="Another")
    Tenant.objects.update(partner=another)
    assert browser.sign_in(ID, "thief") == "client-belongs-elsewhere"
    Tenant.objects.update(partner=partner.partner)
    assert browser.sign_in(ID, "thief") == ""
    assert Client.objects.get().holder_id == konark.pk


def test_two_names_that_make_the_same_key_are_not_one_client(partner, browser):
    assert browser.sign_in(ID, "lila") == ""
    before = rows()
    other = Browser()
    assert other.sign_in(ID, "twin") == "client-belongs-elsewhere"
    assert (other.me(), rows()) == (None, before)


def test_it_makes_no_account_its_own_that_exists_without_it(partner, browser):
    User.objects.create_user("lila@sunrise.example.net", "correct-horse-9")
    before = rows()
    assert browser.sign_in(ID, "lila") == "account-belongs-elsewhere"
    assert (browser.me(), rows()) == (None, before)


def test_it_may_sign_in_as_who_exists_where_the_domain_is_the_partners(partner, browser):
    user = User.objects.create_user("lila@sunrise.example.net", "correct-horse-9")
    Domain.objects.create(name="sunrise.example.net", partner=partner.partner)
    assert browser.sign_in(ID, "lila") == ""
    assert browser.me()["id"] == str(user.pk)


def test_who_joined_a_tenant_outside_the_partner_does_not_come_in_through_it_any_more(partner, browser):
    assert browser.sign_in(ID, "lila") == ""
    outside: World = make_world()
    with outside.pinned():
        user = User.objects.get(email="lila@sunrise.example.net")
        Membership.objects.create(tenant=outside.tenant, user=user)
    before = rows()
    other = Browser()
    assert other.sign_in(ID, "lila") == "account-belongs-elsewhere"
    assert (other.me(), rows()) == (None, before)


def test_a_domain_of_a_tenant_outside_is_not_spoken_for_though_the_account_was_made_here(partner, brokers, browser):
    assert browser.sign_in(ID, "lila") == ""
    Domain.objects.create(name="sunrise.example.net", holder=brokers.tenant)
    other = Browser()
    assert other.sign_in(ID, "lila") == "domain-not-allowed"
    Domain.objects.filter(name="sunrise.example.net").update(holder=Tenant.objects.get(key="sunrise-stays"))
    assert other.sign_in(ID, "lila") == ""


def test_a_domain_of_another_partner_is_not_spoken_for(partner, browser):
    another = Partner.objects.create(key="another", name="Another")
    domain = Domain.objects.create(name="sunrise.example.net", partner=another)
    before = rows()
    assert browser.sign_in(ID, "lila") == "domain-not-allowed"
    assert (browser.me(), rows()) == (None, before)
    domain.delete()
    assert browser.sign_in(ID, "lila") == ""


def test_who_owns_the_domain_takes_back_an_account_that_waited_there_and_its_sessions_end(partner, brokers, google):
    """Whoever runs the Partner's provider could have made an account under somebody's address, and kept a session."""
    Domain.objects.filter(holder=brokers.tenant).delete()
    waiting = Browser()
    assert waiting.sign_in(ID, "poacher") == ""
    Domain.objects.create(name=BROKERS, holder=brokers.tenant)
    User.objects.update(email=f"asha@{BROKERS}")
    EmailAddress.objects.update(email=f"asha@{BROKERS}")
    rightful = Browser()
    assert rightful.sign_in("google", "asha") == ""
    assert rightful.me()["email"] == f"asha@{BROKERS}"
    assert waiting.me() is None
    assert list(SocialAccount.objects.values_list("provider", flat=True)) == ["google"]
    assert EmailAddress.objects.get().verified


def test_staff_of_the_installation_is_none_of_its_people(partner, browser):
    assert browser.sign_in(ID, "lila") == ""
    User.objects.update(is_staff=True)
    assert Browser().sign_in(ID, "lila") == "account-belongs-elsewhere"


def test_one_that_is_switched_off_lets_nobody_in(partner, browser):
    PartnerProvider.objects.update(enabled=False)
    assert browser.begin(ID) == "/sign-in?error=provider-switched-off&error_process=login"


@pytest.mark.django_db(transaction=True)
def test_people_who_come_first_at_the_same_moment_make_one_tenant_and_one_account_each(partner, monkeypatch):
    """Eight threads, two people of one client, each four times, all at once. They wait for each other: none fails
    first and tries again."""
    people = ["lila", "mira"] * 4
    tries = counted_tries(monkeypatch)

    def come(who):
        claims = {"sub": who, **PEOPLE[who]}
        return arrive(PartnerProvider.objects.get(), subject=who, claims=claims).user_id

    found = at_once([partial(come, who) for who in people])
    assert len(found) == len(tries) == len(people)
    assert len(set(found)) == 2
    tenant = Tenant.objects.get()
    assert (Client.objects.count(), SocialAccount.objects.count(), User.objects.count()) == (1, 2, 2)
    with pinned(tenant.pk):
        assert Membership.objects.count() == 2
        assert sorted(Grant.objects.values_list("role", flat=True)) == ["admin", "assistant.viewer"]
        assert Event.objects.filter(kind="core.tenant_created").count() == 1


def test_who_meets_what_somebody_else_made_at_that_moment_looks_again(partner, monkeypatch):
    real, met = arrivals._arrive, []

    def meets(*given):
        if not met:
            met.append("an invitation, say, that was accepted meanwhile")
            raise IntegrityError
        return real(*given)

    monkeypatch.setattr(arrivals, "_arrive", meets)
    assert arrive(partner, subject="lila", claims={**PEOPLE["lila"]}).user.email == PEOPLE["lila"]["email"]


def test_the_people_of_the_tests_are_of_domains_that_nobody_holds():
    assert {PEOPLE[who]["email"].partition("@")[2] for who in ("lila", "mira", "twin")} == {"sunrise.example.net"}
    assert PEOPLE["poacher"]["email"].endswith(BROKERS)
    assert PEOPLE["thief"]["email"].endswith(ELSEWHERE)
