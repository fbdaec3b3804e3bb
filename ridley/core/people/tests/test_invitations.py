"""Inviting people by mail: who may offer what, and what nobody learns by it."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from ridley.assistant.tests.motor import make_motor
from ridley.core.access import roles as all_roles
from ridley.core.accounts.models import User
from ridley.core.accounts.tests.asking import key_in, links, member
from ridley.core.people.models import Invitation
from ridley.core.people.queries.invitations import hash_of
from ridley.core.people.tests.inviting import NEW, accept, expire, invited, kinds
from ridley.core.tenants.models import Grant, Membership
from tests.world import Client


def test_it_is_good_for_seven_days(world, admin):
    made, _ = invited(admin)
    with world.pinned():
        kept = Invitation.objects.get(pk=made["id"])
    assert kept.expires_at - kept.sent_at == timedelta(days=7)


def test_the_link_is_kept_as_a_hash_alone_and_no_event_or_answer_tells_it(world, admin):
    made, token = invited(admin)
    told = [admin.get(path).content.decode() for path in ("invitations/", f"invitations/{made['id']}/", "events/")]
    assert token not in "".join([*told, str(made)])
    with world.pinned():
        kept = Invitation.objects.get(pk=made["id"])
    assert (kept.token_hash, token in str(vars(kept))) == (hash_of(token), False)


def test_inviting_tells_nothing_of_who_has_an_account(world, other, admin):
    known = member(other, "member")
    answers = []
    for email in (known.email, "nobody@example.com"):
        answer = admin.post("invitations/", {**NEW, "email": email})
        body = {
            name: value for name, value in answer.json().items() if name not in ("id", "email") and name[-3:] != "_at"
        }
        letter = mail.outbox[-1]
        text = letter.body.replace(key_in(links()[-1]), "<secret>")
        answers.append((answer.status_code, body, letter.subject, text))
    assert answers[0] == answers[1]
    assert answers[0][0] == 201


def test_inviting_takes_its_permission(world):
    for client in (world.client("member"), world.client("assistant.steward")):
        refused = client.post("invitations/", NEW)
        assert (refused.status_code, refused.json()["permission"]) == (403, "core.members_edit")
    assert (mail.outbox, kinds(world)) == ([], [])


@pytest.fixture(autouse=True)
def sources(world):
    """What roles are limited to here."""
    make_motor(world)


@pytest.fixture
def registrar(world):
    """May invite, and is no administrator: sees the products through acme alone."""
    all_roles.register_roles({"test.registrar": {"core.members_edit"}})
    user = world.member("test.registrar")
    with world.pinned():
        membership = Membership.objects.get(user=user)
        limits = {"source": ["acme"]}
        for role in ("assistant.viewer", "member"):
            Grant.objects.create(tenant=world.tenant, membership=membership, role=role,
                                 limits=limits if role != "member" else {})  # fmt: skip
    yield Client(world.tenant.key, user)
    del all_roles._roles["test.registrar"]


@pytest.mark.parametrize(
    ("roles", "limits", "status", "said"),
    [
        (["assistant.viewer"], {"source": ["acme"]}, 201, None),
        (["member"], {}, 201, None),
        (["assistant.viewer"], {}, 403, "beyond-your-rights"),
        (["assistant.viewer"], {"source": ["other"]}, 400, "unknown-value"),
        (["assistant.viewer"], {"source": ["acme", "zeta"]}, 403, "beyond-your-rights"),
        (["assistant.steward"], {"source": ["acme"]}, 403, "beyond-your-rights"),
        (["admin"], {}, 403, "beyond-your-rights"),
        (["assistant.viewer", "admin"], {"source": ["acme"]}, 403, "beyond-your-rights"),
        (["no-such-role"], {}, 400, "unknown-role"),
        (["assistant.viewer"], {"sources": ["acme"]}, 400, "unknown-limit"),
        (["assistant.viewer"], {"source": []}, 400, "empty-limit"),
    ],
)
def test_nobody_offers_more_than_they_have(world, registrar, roles, limits, status, said):
    answer = registrar.post("invitations/", {**NEW, "roles": roles, "limits": limits})
    assert (answer.status_code, answer.json().get("code")) == (status, said)
    assert (len(mail.outbox), len(kinds(world))) == ((1, 1) if status == 201 else (0, 0))


def test_sending_again_is_vouched_for_by_who_sends(world, admin):
    second = world.client("admin")
    made, _ = invited(second)
    again = admin.post(f"invitations/{made['id']}/resend/", {})
    assert (again.status_code, again.json()["code"]) == (409, "sent-just-now")
    with world.pinned():
        Invitation.objects.update(sent_at=timezone.now() - timedelta(minutes=2))
    assert admin.post(f"invitations/{made['id']}/resend/", {}).json()["invited_by"] == str(admin.user.pk)
    User.objects.filter(pk=second.user.pk).update(is_active=False)
    assert accept(key_in(links()[-1])).status_code == 201
    assert kinds(world) == ["core.member_invited", "core.invitation_sent_again", "core.invitation_accepted"]


def test_an_address_is_invited_once_at_a_time(world, admin):
    made, _ = invited(admin)
    again = admin.post("invitations/", NEW)
    assert (again.status_code, again.json()["code"], len(mail.outbox)) == (409, "already-invited", 1)
    expire(world, made)
    assert admin.get("invitations/?state=expired").json()["items"][0]["id"] == made["id"]
    invited(admin)
    assert [each["state"] for each in admin.get("invitations/").json()["items"]] == ["expired", "waiting"]


def test_the_same_call_twice_sends_one_mail(world, admin):
    key = {"Idempotency-Key": "invite-1"}
    first, again = (admin.post("invitations/", NEW, headers=key) for _ in range(2))
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert (len(mail.outbox), kinds(world)) == (1, ["core.member_invited"])


def test_withdrawing_is_told_once_and_not_possible_after_acceptance(world, admin):
    made, _ = invited(admin)
    path = f"invitations/{made['id']}/"
    assert [admin.delete(path).status_code for _ in range(2)] == [204, 204]
    assert kinds(world) == ["core.member_invited", "core.invitation_withdrawn"]
    assert admin.post(f"{path}resend/", {}).json()["code"] == "invitation-withdrawn"
    made, token = invited(admin)
    accept(token)
    refused = admin.delete(f"invitations/{made['id']}/")
    assert (refused.status_code, refused.json()["code"]) == (409, "invitation-accepted")


def test_a_hundred_are_invited_in_one_call_and_each_row_stands_for_itself(world, admin):
    rows = [{**NEW, "email": f"p{n}@example.com"} for n in range(95)]
    wrong = [
        {**NEW, "email": "no address"}, {**NEW, "email": "P1@example.com"},
        {**NEW, "email": "x@example.com", "roles": ["king"]}, {"email": "z@example.com"}, "nonsense",
    ]  # fmt: skip
    answer = admin.post("invitations/many/", {"invitations": rows[:2] + wrong + rows[2:]})
    assert answer.status_code == 200
    items = answer.json()["items"]
    assert [index for index, item in enumerate(items) if item["problem"]] == [2, 3, 4, 5, 6]
    assert [item["problem"]["code"] for item in items[2:7]] == [
        "invalid", "already-invited", "unknown-role", "invalid", "invalid",
    ]  # fmt: skip
    assert [item["invitation"]["email"] for item in items if item["invitation"]] == [row["email"] for row in rows]
    assert (len(mail.outbox), len(kinds(world))) == (95, 95)
    for bad in ([], [{**NEW, "email": f"q{n}@example.com"} for n in range(101)], "nonsense"):
        assert admin.post("invitations/many/", {"invitations": bad}).status_code == 400
    assert len(mail.outbox) == 95


def test_dates_that_cannot_be_are_refused(world, admin):
    for dates in ({"until_at": "2020-01-01T00:00:00Z"},
                  {"from_at": "2099-02-01T00:00:00Z", "until_at": "2099-01-01T00:00:00Z"}):  # fmt: skip
        refused = admin.post("invitations/", {**NEW, **dates})
        assert (refused.status_code, refused.json()["code"]) == (422, "ends-before-it-begins")


def test_a_branch_of_another_tenant_is_like_one_that_is_not_there(world, other, admin):
    theirs = other.client("admin").post("branches/", {"key": "x", "title": "X"}).json()["id"]
    mine = admin.post("branches/", {"key": "y", "title": "Y"}).json()["id"]
    for branch in (theirs, 10**9):
        assert admin.post("invitations/", {**NEW, "branch_id": branch}).json()["code"] == "unknown-reference"
    _, token = invited(admin, branch_id=mine)
    accept(token)
    with world.pinned():
        assert Membership.objects.get(user__email="nila@example.com").branch_id == mine
