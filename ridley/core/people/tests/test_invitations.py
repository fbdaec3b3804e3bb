"""Inviting people by mail: who may offer what, what a link is worth, and what nobody learns by it."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from ridley.assistant.tests.motor import make_motor
from ridley.core.accounts.models import User
from ridley.core.accounts.tests.asking import PASSWORD, FrontEnd, key_in, links, member
from ridley.core.audit.models import Event
from ridley.core.people.models import Invitation
from ridley.core.people.queries.invitations import hash_of
from ridley.core.tenants.models import Grant, Membership
from tests.world import person

NEW = {"email": "Nila@Example.com ", "roles": ["assistant.viewer"]}
OFFER = "/api/v1/me/invitation/"


@pytest.fixture
def admin(world):
    return world.client("admin")


def invited(admin, **more):
    """The invitation, and the secret of the link that was sent."""
    answer = admin.post("invitations/", {**NEW, **more})
    assert answer.status_code == 201, answer.json()
    return answer.json(), key_in(links()[-1])


def offer(token, device=None):
    return (device or FrontEnd()).get(OFFER, **{"X-Invitation-Token": token})


def accept(token, device=None, **values):
    body = values if device else {"first_name": "Nila", "last_name": "Das", "password": PASSWORD, **values}
    return (device or FrontEnd()).post(OFFER, body, **{"X-Invitation-Token": token})


def kinds(world):
    with world.pinned():
        return [event.kind for event in Event.objects.order_by("id")]


def grants(world, email):
    with world.pinned():
        found = Grant.objects.filter(membership__user__email=email).order_by("id")
        return [(grant.role, grant.limits) for grant in found]


def nobody_joined(world, admin):
    with world.pinned():
        return list(Membership.objects.values_list("user_id", flat=True)) == [admin.user.pk]


def test_somebody_new_is_invited_accepts_and_works_within_their_reach(world, admin):
    until = "2099-01-01T00:00:00Z"
    made, token = invited(admin, limits={"source": ["acme"]}, until_at=until, message="Welcome!")
    assert {name: made[name] for name in ("email", "roles", "limits", "state", "until_at", "message")} == {
        "email": "nila@example.com", "roles": ["assistant.viewer"], "limits": {"source": ["acme"]},
        "state": "waiting", "until_at": until, "message": "Welcome!",
    }  # fmt: skip
    (letter,) = mail.outbox
    assert (letter.to, letter.subject) == (["nila@example.com"], f"Admin invites you to {world.tenant.name}")
    assert "Welcome!" in letter.body
    assert offer(token).json() == {"tenant": world.tenant.name, "invited_by": "Admin"}
    answer = accept(token)
    assert (answer.status_code, answer.json()) == (
        201, {"tenant": world.tenant.key, "name": world.tenant.name, "email": "nila@example.com"},
    )  # fmt: skip
    nila = User.objects.get(email="nila@example.com")
    assert (nila.first_name, nila.last_name, nila.kind) == ("Nila", "Das", "person")
    assert grants(world, nila.email) == [("assistant.viewer", {"source": ["acme"]})]
    with world.pinned():
        membership = Membership.objects.get(user=nila)
        assert (membership.until_at.year, Grant.objects.get(membership=membership).until_at.year) == (2099, 2099)
        event = Event.objects.get(kind="core.invitation_accepted")
    assert (event.actor_id, event.data["user_id"], event.data["invited_by"]) == (
        nila.pk,
        str(nila.pk),
        str(admin.user.pk),
    )
    assert kinds(world) == ["core.member_invited", "core.invitation_accepted"]
    device = FrontEnd("app")
    assert device.sign_in(nila).status_code == 200
    assert device.get(f"/api/v1/{world.tenant.key}/assistant/sources/").status_code == 200
    shown = admin.get(f"invitations/{made['id']}/").json()
    assert (shown["state"], shown["accepted_by"]) == ("accepted", str(nila.pk))


def test_the_person_it_is_for_accepts_signed_in_and_nobody_else_does(world, other, admin):
    nila, thief = member(other, "member"), member(other, "member")
    _, token = invited(admin, email=nila.email.upper())
    theirs, mine = FrontEnd(), FrontEnd("app")
    theirs.sign_in(thief)
    mine.sign_in(nila)
    refused = accept(token, theirs)
    assert (refused.status_code, refused.json()["code"]) == (403, "invitation-for-another")
    without = accept(token)
    assert (without.status_code, without.json()["code"]) == (409, "sign-in-to-accept")
    assert nobody_joined(world, admin)
    assert accept(token, mine).status_code == 201
    assert grants(world, nila.email) == [("assistant.viewer", {})]
    assert FrontEnd().sign_in(nila).status_code == 200  # the password is theirs still


def test_a_link_is_good_once(world, admin):
    _, token = invited(admin)
    assert accept(token).status_code == 201
    again = accept(token, password="stolen-horse-9")
    assert (again.status_code, again.json()["code"]) == (404, "invitation-not-valid")
    assert offer(token).status_code == 404
    nila = User.objects.get(email="nila@example.com")
    assert FrontEnd().sign_in(nila).status_code == 200


def expire(world, made, days=0):
    with world.pinned():
        moment = timezone.now() + timedelta(days=days)
        Invitation.objects.filter(pk=made["id"]).update(expires_at=moment)


def test_links_that_are_unknown_withdrawn_expired_or_replaced_are_refused_alike(world, admin):
    made, withdrawn = invited(admin)
    admin.delete(f"invitations/{made['id']}/")
    made, expired = invited(admin)
    expire(world, made)
    made, replaced = invited(admin)
    with world.pinned():
        Invitation.objects.filter(pk=made["id"]).update(sent_at=timezone.now() - timedelta(minutes=2))
    assert admin.post(f"invitations/{made['id']}/resend/", {}).status_code == 200
    current = key_in(links()[-1])
    for ask in (offer, accept):
        answers = [ask(token) for token in (withdrawn, expired, replaced, "nonsense", current[:-1])]
        assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}
    assert nobody_joined(world, admin)
    assert (offer(current).status_code, accept(current).status_code) == (200, 201)


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
    from ridley.core.access import roles

    roles.register_roles({"test.registrar": {"core.members_edit"}})
    user = world.member("test.registrar")
    with world.pinned():
        membership = Membership.objects.get(user=user)
        limits = {"source": ["acme"]}
        for role in ("assistant.viewer", "member"):
            Grant.objects.create(tenant=world.tenant, membership=membership, role=role,
                                 limits=limits if role != "member" else {})  # fmt: skip
    from tests.world import Client

    yield Client(world.tenant.key, user)
    del roles._roles["test.registrar"]


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


def test_an_invitation_is_worth_what_its_inviter_may_still_give(world, admin):
    second = world.client("admin")
    _, token = invited(second)
    with world.pinned():
        mine = Membership.objects.get(user=second.user)
        Grant.objects.filter(membership=mine).update(until_at=timezone.now() - timedelta(seconds=1))
    assert [offer(token).status_code, accept(token).status_code] == [404, 404]
    with world.pinned():
        Grant.objects.filter(membership=mine).update(until_at=None)
        Membership.objects.filter(pk=mine.pk).update(until_at=timezone.now())
    assert accept(token).status_code == 404
    with world.pinned():
        Membership.objects.filter(pk=mine.pk).update(until_at=None)
    User.objects.filter(pk=second.user.pk).update(is_active=False)
    assert accept(token).status_code == 404
    User.objects.filter(pk=second.user.pk).update(is_active=True)
    assert accept(token).status_code == 201


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


def test_a_weak_password_is_refused_and_the_link_stays_good(world, admin):
    _, token = invited(admin)
    for password in ("short", "nila@example.com", "1234567890", ""):
        refused = accept(token, password=password)
        assert refused.status_code == 400, password
    assert not User.objects.filter(email="nila@example.com").exists()
    assert accept(token).status_code == 201


def test_the_secret_comes_in_a_header(world, admin):
    assert (FrontEnd().get(OFFER).json()["code"], FrontEnd().post(OFFER, {}).json()["code"]) == ("bad-request",) * 2


def test_a_cookie_alone_accepts_nothing(world, other, admin):
    nila = member(other, "member")
    _, token = invited(admin, email=nila.email)
    device = FrontEnd()
    device.sign_in(nila)
    device.client.handler.enforce_csrf_checks = True
    assert accept(token, device).status_code == 403
    assert nobody_joined(world, admin)


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


def test_a_membership_that_ended_begins_anew_without_the_roles_of_before(world, admin):
    nila = member(world, "admin")
    begun, ended = (timezone.now() - timedelta(days=days) for days in (2, 1))
    with world.pinned():
        Membership.objects.filter(user=nila).update(from_at=begun, until_at=ended)
        Grant.objects.filter(membership__user=nila).update(from_at=begun)
    _, token = invited(admin, email=nila.email)
    device = FrontEnd()
    device.sign_in(nila)
    assert accept(token, device).status_code == 201
    with world.pinned():
        roles = {grant.role: grant.until_at for grant in Grant.objects.filter(membership__user=nila)}
    assert roles == {"admin": ended, "assistant.viewer": None}
    inside = f"/api/v1/{world.tenant.key}/"
    assert device.post(f"{inside}branches/", {"key": "x", "title": "X"}).status_code == 403
    assert device.get(f"{inside}assistant/sources/").status_code == 200


def test_a_membership_that_lasts_longer_now_does_not_prolong_the_roles_of_before(world, admin):
    nila = member(world, "admin")
    soon = timezone.now() + timedelta(days=1)
    with world.pinned():
        Membership.objects.filter(user=nila).update(until_at=soon)
    _, token = invited(admin, email=nila.email)
    device = FrontEnd()
    device.sign_in(nila)
    accept(token, device)
    with world.pinned():
        assert Membership.objects.get(user=nila).until_at is None
        assert {grant.role: grant.until_at for grant in Grant.objects.filter(membership__user=nila)} == {
            "admin": soon, "assistant.viewer": None,
        }  # fmt: skip


def test_a_superuser_at_work_invites_the_first_admin_and_the_link_outlives_the_staff_session(world, db):
    from ridley.core.tenants.models import StaffSession
    from tests.world import Client

    root = person("root")
    User.objects.filter(pk=root.pk).update(is_superuser=True)
    with world.pinned():
        until = timezone.now() + timedelta(hours=1)
        session = StaffSession.objects.create(tenant=world.tenant, user=root, reason="Set up", until_at=until)
    _, token = invited(Client(world.tenant.key, root), roles=["admin"])
    with world.pinned():
        StaffSession.objects.filter(pk=session.pk).update(ended_at=timezone.now())
    User.objects.filter(pk=root.pk).update(is_superuser=False)
    assert accept(token).status_code == 404
    User.objects.filter(pk=root.pk).update(is_superuser=True)
    assert accept(token).status_code == 201
    assert grants(world, "nila@example.com") == [("admin", {})]
