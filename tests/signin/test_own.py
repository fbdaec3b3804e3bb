"""A tenant's own OpenID provider: it brings its people into its tenant, and speaks for nobody else."""

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from ridley.core.accounts.models import User
from ridley.core.audit.models import Event
from ridley.core.people.models import ClaimedGrant, Domain, IdentityProvider
from ridley.core.tenants.models import Branch, Grant, Membership
from tests.signin.conftest import ROLES
from tests.signin.openid import BROKERS, ELSEWHERE, OWN, PEOPLE, Browser, rows

ID = f"t{OWN}-staff"


def roles(world, email=f"asha@{BROKERS}"):
    """The roles in effect, with how each came: by claims or by hand."""
    with world.pinned():
        marked = set(ClaimedGrant.objects.values_list("grant_id", flat=True))
        found = Grant.objects.filter(membership__user__email=email, until_at=None).order_by("id")
        return [(grant.role, grant.limits, "claims" if grant.pk in marked else "hand") for grant in found]


def change(world, **values):
    with world.pinned():
        IdentityProvider.objects.update(**values)


def test_the_first_sign_in_brings_account_membership_branch_and_roles_from_claims(brokers, own, browser):
    assert browser.sign_in(ID, "asha") == ""
    me = browser.me()
    assert (me["email"], me["first_name"], [t["key"] for t in me["tenants"]]) == (
        f"asha@{BROKERS}", "Asha", ["brokers"]
    )  # fmt: skip
    assert roles(brokers) == [("assistant.steward", {"source": ["acme"]}, "claims")]
    with brokers.pinned():
        assert Membership.objects.get(user__email=me["email"]).branch.key == "puri"
        claimed = Event.objects.get(kind="core.roles_claimed")
        assert claimed.data == {
            "given": [{"role": "assistant.steward", "limits": {"source": ["acme"]}}], "ended": []
        }  # fmt: skip
        assert claimed.reason == f"Signed in with Brokers' staff, {BROKERS}."


@pytest.mark.parametrize(
    ("who", "code"),
    [("ravi", "domain-not-allowed"), ("unverified", "email-not-verified"), ("no-email", "email-missing")],
)
def test_anybody_else_is_told_why_and_nothing_is_made(brokers, own, browser, who, code):
    before = rows()
    assert browser.sign_in(ID, who) == code
    assert (browser.me(), rows()) == (None, before)


def test_roles_from_claims_follow_the_claims_and_those_given_by_hand_stay(brokers, own, browser):
    assert browser.sign_in(ID, "asha") == ""
    with brokers.pinned():
        member = Membership.objects.get(user__email=f"asha@{BROKERS}")
        Grant.objects.create(tenant=brokers.tenant, membership=member, role="admin")
    change(brokers, roles={"stewards": {"role": "assistant.approver"}})
    assert Browser().sign_in(ID, "asha") == ""
    assert roles(brokers) == [("admin", {}, "hand"), ("assistant.approver", {}, "claims")]
    change(brokers, roles={})
    assert Browser().sign_in(ID, "asha") == ""
    assert roles(brokers) == [("admin", {}, "hand"), ("assistant.viewer", {}, "claims")]
    before = rows()
    assert Browser().sign_in(ID, "asha") == ""
    assert rows() == before


def test_without_a_role_claim_the_default_role_is_given_once_and_is_then_peoples(brokers, own, browser):
    change(brokers, role_claim="")
    assert browser.sign_in(ID, "asha") == ""
    assert roles(brokers) == [("assistant.viewer", {}, "hand")]
    with brokers.pinned():
        Grant.objects.all().delete()
    assert Browser().sign_in(ID, "asha") == ""
    assert roles(brokers) == []


def test_a_branch_follows_the_claim_while_it_is_open(brokers, own, browser):
    with brokers.pinned():
        Branch.objects.update(archived_at="2020-01-01T00:00Z")
    assert browser.sign_in(ID, "asha") == ""
    with brokers.pinned():
        assert Membership.objects.get().branch is None
        Branch.objects.update(archived_at=None)
    assert Browser().sign_in(ID, "asha") == ""
    with brokers.pinned():
        assert Membership.objects.get().branch.key == "puri"
        assert Event.objects.get(kind="core.member_moved").data["before"] == {"branch": None}


def test_a_domain_that_is_not_the_tenants_any_more_shuts_out_who_came_in_before(brokers, own, other, browser):
    assert browser.sign_in(ID, "asha") == ""
    Domain.objects.update(holder=other.tenant)
    before = rows()
    assert Browser().sign_in(ID, "asha") == "domain-not-allowed"
    Domain.objects.update(holder=brokers.tenant)
    change(brokers, domains=[])
    assert Browser().sign_in(ID, "asha") == "domain-not-allowed"
    assert rows() == before
    change(brokers, domains=[BROKERS])
    assert Browser().sign_in(ID, "asha") == ""


def test_it_does_not_sign_in_as_an_account_whose_own_address_is_elsewhere(brokers, own, browser):
    """The account was moved to another address: the subject alone does not open it any more."""
    assert browser.sign_in(ID, "asha") == ""
    User.objects.update(email=f"asha@{ELSEWHERE}")
    other = Browser()
    assert other.sign_in(ID, "asha") == "account-belongs-elsewhere"
    assert other.me() is None


@pytest.mark.parametrize("right", ["is_staff", "is_superuser"])
def test_it_does_not_sign_in_as_staff_of_the_installation(brokers, own, browser, right):
    boss = User.objects.create_user(f"boss@{BROKERS}", **{right: True})
    before = rows()
    assert browser.sign_in(ID, "boss") == "account-belongs-elsewhere"
    assert (browser.me(), rows()) == (None, before)
    User.objects.filter(pk=boss.pk).update(is_staff=False, is_superuser=False)
    assert browser.sign_in(ID, "boss") == ""


def test_a_person_with_a_password_in_its_domain_comes_in_as_themselves(brokers, own, browser):
    user = User.objects.create_user(f"asha@{BROKERS}", "correct-horse-9")
    assert browser.sign_in(ID, "asha") == ""
    assert browser.me()["id"] == str(user.pk)
    assert SocialAccount.objects.get().provider == ID


def test_a_provider_of_another_tenant_with_the_same_name_has_people_of_its_own(brokers, own, other, browser):
    assert browser.sign_in(ID, "asha") == ""
    assert Browser().begin(f"t{other.tenant.pk}-staff") == "/sign-in?error=sign-in-failed&error_process=login"


@pytest.mark.parametrize("values", [{"enabled": False}, {"archived_at": "2020-01-01T00:00Z"}])
def test_one_that_is_switched_off_lets_nobody_in_even_half_way(brokers, own, browser, values):
    path = browser.choose(browser.begin(ID), "asha")
    change(brokers, **values)
    before = rows()
    assert browser.come_back(path) == "provider-switched-off"
    assert Browser().begin(ID) == "/sign-in?error=provider-switched-off&error_process=login"
    assert (browser.me(), rows()) == (None, before)


def test_one_whose_secret_cannot_be_opened_is_off_and_not_an_accident(brokers, own, browser, settings):
    settings.ENCRYPTION_KEYS = ["another-word-of-at-least-32-characters"]
    assert browser.begin(ID) == "/sign-in?error=provider-switched-off&error_process=login"


def test_who_came_through_one_that_is_switched_off_still_sees_their_accounts(brokers, own, browser):
    assert browser.sign_in(ID, "asha") == ""
    change(brokers, enabled=False)
    accounts = browser.ours.get("/_allauth/browser/v1/account/providers")
    assert [one["provider"]["id"] for one in accounts.json()["data"]] == [ID]


def test_one_that_does_not_answer_is_told_as_such(brokers, own, browser):
    change(brokers, issuer="http://127.0.0.1:9")
    assert browser.begin(ID) == "/sign-in?error=provider-unreachable&error_process=login"


def test_one_that_names_another_issuer_is_not_used(brokers, own, openid, browser):
    change(brokers, issuer=openid.issuer.replace("127.0.0.1", "localhost"))
    assert browser.begin(ID) == "/sign-in?error=provider-unreachable&error_process=login"


def test_it_is_offered_to_its_domain_and_at_its_tenant_and_tells_nothing_of_people(brokers, own):
    User.objects.create_user(f"asha@{BROKERS}")

    def offered(query):
        return Client().get(f"/api/v1/session/providers/?{query}")

    mine = {"password": True, "providers": [{"id": ID, "name": "Brokers' staff"}]}
    none = {"password": True, "providers": []}
    for query, wanted in [
        (f"email=asha@{BROKERS}", mine), (f"email=nobody@{BROKERS}", mine), (f"email={BROKERS.upper()}", mine),
        ("tenant=brokers", mine), ("tenant=no-such-tenant", none), (f"email=x@{ELSEWHERE}", none),
    ]:  # fmt: skip
        answer = offered(query)
        assert (answer.status_code, answer.json()) == (200, wanted), query
    for query in ("", "email=a@b.c&tenant=x", "tenant=%00"):
        assert offered(query).status_code == 400, query
    change(brokers, enabled=False)
    assert offered("tenant=brokers").json() == none


def test_the_configuration_that_everybody_reads_names_no_tenants_provider(brokers, own):
    told = Client().get("/_allauth/browser/v1/config").json()["data"]
    assert told["socialaccount"] == {"providers": []}


def test_the_rules_of_the_tests_name_roles_that_there_are(brokers):
    assert ROLES["stewards"]["role"] == "assistant.steward"
    assert PEOPLE["asha"]["groups"] == ["stewards"]
