"""Accepting an invitation: what a link is worth, to whom, and what it revives."""

from datetime import timedelta

from django.core import mail
from django.utils import timezone

from ridley.assistant.tests.motor import make_motor
from ridley.core.accounts.models import User
from ridley.core.accounts.tests.asking import FrontEnd, key_in, links, member
from ridley.core.audit.models import Event
from ridley.core.people.models import Invitation
from ridley.core.people.tests.inviting import OFFER, accept, expire, grants, invited, kinds, nobody_joined, offer
from ridley.core.tenants.models import Grant, Membership, StaffSession
from tests.world import Client, person


def test_somebody_new_is_invited_accepts_and_works_within_their_reach(world, admin):
    make_motor(world)
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


def test_who_was_shown_out_does_not_come_back_by_an_invitation_of_before(world, admin):
    nila = member(world, "member")
    made, token = invited(admin, email=nila.email)
    with world.pinned():
        id = Membership.objects.get(user=nila).pk
    assert admin.post(f"members/{id}/end/", {"reason": "Left the company."}).status_code == 200
    assert admin.get(f"invitations/{made['id']}/").json()["state"] == "withdrawn"
    device = FrontEnd()
    device.sign_in(nila)
    assert accept(token, device).status_code == 404
    assert kinds(world)[-1] == "core.invitation_withdrawn"
    _, later = invited(admin, email=nila.email)  # meant so, after the end
    assert accept(later, device).status_code == 201


def test_an_invitation_for_a_time_that_is_over_is_worth_nothing(world, admin):
    made, token = invited(admin, until_at=(timezone.now() + timedelta(days=1)).isoformat())
    with world.pinned():
        Invitation.objects.filter(pk=made["id"]).update(until_at=timezone.now())
    assert (offer(token).status_code, accept(token).status_code) == (404, 404)
    assert nobody_joined(world, admin)
    with world.pinned():
        Invitation.objects.filter(pk=made["id"]).update(until_at=timezone.now() + timedelta(days=1))
    assert accept(token).status_code == 201
