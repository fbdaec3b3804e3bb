"""Staff sessions: superusers work inside a tenant for a while, with a reason, and the tenant sees it."""

import time
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from ridley.core.accounts.models import User
from ridley.core.audit.models import Event
from ridley.core.tenants.models import Membership, StaffSession
from tests.world import Client, person, run_jobs

PATH, PASSWORD = "/api/v1/staff-sessions/", "correct-horse-9"
WHY = "The nightly file hangs; asked for by Asha."


def signed_in(world, **rights):
    """Somebody who came in through the sign-in, with rights in the installation."""
    cache.clear()
    user = person("root")
    user.set_password(PASSWORD)
    for name, value in rights.items():
        setattr(user, name, value)
    user.save()
    client = Client(world.tenant.key, None)
    client.user = user
    answer = client.post("/_allauth/browser/v1/auth/login", {"email": user.email, "password": PASSWORD})
    assert answer.status_code == 200, answer.content
    return client


@pytest.fixture
def root(world):
    return signed_in(world, is_superuser=True, is_staff=True)


def start(client, world, **more):
    return client.post(PATH, {"tenant": world.tenant.key, "reason": WHY, "minutes": 30, **more})


def events(world):
    with world.pinned():
        return list(Event.objects.order_by("id"))


def sessions(world):
    with world.pinned():
        return list(StaffSession.objects.order_by("id").values())


def refused(world, call):
    before = (sessions(world), [event.pk for event in events(world)])
    answer = call()
    assert (sessions(world), [event.pk for event in events(world)]) == before
    return answer.status_code, answer.json()["code"]


def test_a_superuser_is_outside_until_a_session_begins_and_again_after_it_ends(world, root):
    outside = root.get("meta/")
    assert (outside.status_code, outside.json()) == (404, root.get("/api/v1/no-such-tenant/meta/").json())
    begun = start(root, world)
    assert begun.status_code == 201, begun.json()
    told = begun.json()
    assert (told["tenant"], told["email"], told["reason"], told["ended_at"]) == (
        world.tenant.key, root.user.email, WHY, None,
    )  # fmt: skip
    assert root.get("meta/").status_code == 200
    assert root.post("branches/", {"key": "made", "title": "Made"}).status_code == 201
    mine = root.get("rights/me/").json()
    assert (mine["staff_session"]["id"], mine["roles"]) == (told["id"], [])
    ended = root.post(f"{PATH}{told['id']}/end/")
    assert (ended.status_code, ended.json()["ended_at"] is None) == (200, False)
    assert root.get("meta/").status_code == 404
    assert root.post(f"{PATH}{told['id']}/end/").json() == ended.json()
    assert [(event.kind, event.reason, event.actor_id, event.staff_session_id) for event in events(world)] == [
        ("core.staff_session_started", WHY, root.user.pk, told["id"]),
        ("core.branch_created", "", root.user.pk, told["id"]),
        ("core.staff_session_ended", "", root.user.pk, told["id"]),
    ]


def test_what_a_job_does_for_somebody_in_a_session_carries_the_session_too(world, root):
    from ridley.core.access.door import enter
    from ridley.core.jobs.services import enqueue
    from tests import chores

    id = start(root, world).json()["id"]
    with world.pinned():
        scope, _ = enter(world.tenant.key, root.user, "-")
        enqueue(scope, "chores.make", key=chores.__name__.replace(".", "-"))
    run_jobs()
    assert [(event.kind, event.staff_session_id) for event in events(world)][-1] == ("chores.made", id)


def test_a_session_that_ran_out_is_over_on_the_next_request(world, root):
    id = start(root, world).json()["id"]
    assert root.get("meta/").status_code == 200
    with world.pinned():
        StaffSession.objects.filter(pk=id).update(until_at=timezone.now() - timedelta(seconds=1))
    assert root.get("meta/").status_code == 404
    assert start(root, world).status_code == 201


def test_who_is_no_superuser_any_more_or_switched_off_is_out_at_once(world, root):
    start(root, world)
    assert root.get("meta/").status_code == 200
    User.objects.filter(pk=root.user.pk).update(is_superuser=False)
    assert root.get("meta/").status_code == 404
    User.objects.filter(pk=root.user.pk).update(is_superuser=True, is_active=False)
    assert root.get("meta/").status_code in (401, 403)


@pytest.mark.parametrize("rights", [{}, {"is_staff": True}], ids=["a person", "staff without being a superuser"])
def test_sessions_are_for_superusers(world, root, rights):
    other = signed_in(world, **rights)
    id = start(root, world).json()["id"]
    for call in (lambda: start(other, world), lambda: other.get(PATH), lambda: other.post(f"{PATH}{id}/end/")):
        assert refused(world, call) == (403, "denied")
    assert root.get(PATH).status_code == 200


def test_without_sign_in_there_are_none(world, db):
    nobody = Client(world.tenant.key, None)
    assert nobody.get(PATH).status_code == nobody.post(PATH, {}).status_code == 401


def test_an_old_sign_in_is_not_enough(world):
    old = signed_in(world, is_superuser=True)
    session = old.session
    records = session["account_authentication_methods"]
    session["account_authentication_methods"] = [{**one, "at": time.time() - 3600} for one in records]
    session.save()
    assert refused(world, lambda: start(old, world)) == (403, "sign-in-again")
    forced = Client(world.tenant.key, person())
    User.objects.filter(pk=forced.user.pk).update(is_superuser=True)
    assert refused(world, lambda: start(forced, world)) == (403, "sign-in-again")
    assert start(signed_in(world, is_superuser=True), world).status_code == 201


def test_a_token_of_a_recent_sign_in_will_do(world, root):
    cache.clear()
    token = Client(world.tenant.key, None).post(
        "/_allauth/app/v1/auth/login", {"email": root.user.email, "password": PASSWORD}
    ).json()["meta"]["access_token"]  # fmt: skip
    program = Client(world.tenant.key, None)
    headers = {"Authorization": f"Bearer {token}"}
    body = {"tenant": world.tenant.key, "reason": WHY, "minutes": 5}
    assert program.post(PATH, body, headers=headers).status_code == 201


@pytest.mark.parametrize(
    ("more", "answer"),
    [({"minutes": 241}, (400, "invalid")), ({"minutes": 0}, (400, "invalid")), ({"reason": " "}, (400, "invalid")),
     ({"tenant": "no-such-tenant"}, (404, "not-found")), ({"tenant": "a/b"}, (400, "invalid")),
     ({"hours": 1}, (400, "invalid"))],
)  # fmt: skip
def test_a_session_has_a_tenant_a_reason_and_at_most_four_hours(world, root, more, answer):
    assert refused(world, lambda: start(root, world, **more)) == answer
    assert start(root, world, minutes=240).status_code == 201


def test_one_session_at_a_time_and_none_for_members(world, other, root):
    start(root, world)
    assert refused(world, lambda: start(root, world)) == (409, "staff-session-runs")
    assert start(root, other).status_code == 201
    member = signed_in(world, is_superuser=True)
    with world.pinned():
        mine = Membership.objects.create(tenant=world.tenant, user=member.user)
    assert refused(world, lambda: start(member, world)) == (409, "already-member")
    with world.pinned():
        Membership.objects.filter(pk=mine.pk).update(until_at="2020-01-01T00:00Z")
    assert start(member, world).status_code == 201


def test_a_superuser_who_is_a_member_keeps_to_the_members_rights(world):
    member = signed_in(world, is_superuser=True)
    start(member, world)
    assert member.get("events/").status_code == 200
    with world.pinned():
        Membership.objects.create(tenant=world.tenant, user=member.user)
    assert member.get("events/").status_code == 403


def test_superusers_see_all_sessions_or_their_own_and_end_each_others(world, other, root):
    second = signed_in(world, is_superuser=True)
    ids = [start(root, world).json()["id"], start(second, other).json()["id"]]
    assert [one["id"] for one in root.get(PATH).json()["items"]] == ids[::-1]
    assert [one["id"] for one in root.get(f"{PATH}?mine=true").json()["items"]] == ids[:1]
    assert root.get(f"{PATH}?mine=perhaps").status_code == 400
    assert root.post(f"{PATH}{ids[1]}/end/").status_code == 200
    assert second.get(f"/api/v1/{other.tenant.key}/meta/").status_code == 404
    assert root.post(f"{PATH}99999999999999999999/end/").status_code == 404


def test_a_tenants_administrator_sees_its_sessions_and_ends_one(world, other, root):
    admin = world.client("admin")
    id = start(root, world).json()["id"]
    theirs = start(root, other).json()["id"]
    assert [(one["id"], one["email"], one["reason"]) for one in admin.get("staff-sessions/").json()["items"]] == [
        (id, root.user.email, WHY)
    ]
    clerk = world.client("member")
    assert clerk.get("staff-sessions/").status_code == 403
    back = {"reason": "We did not ask for this."}
    assert refused(world, lambda: clerk.post(f"staff-sessions/{id}/end/", back)) == (403, "denied")
    assert refused(world, lambda: admin.post(f"staff-sessions/{theirs}/end/", back)) == (404, "not-found")
    assert refused(world, lambda: admin.post(f"staff-sessions/{id}/end/", {})) == (400, "invalid")
    assert admin.post(f"staff-sessions/{id}/end/", back).status_code == 200
    assert root.get("meta/").status_code == 404
    last = events(world)[-1]
    assert (last.kind, last.reason, last.actor_id, last.staff_session_id) == (
        "core.staff_session_ended", back["reason"], admin.user.pk, None,
    )  # fmt: skip
    assert root.get(f"/api/v1/{other.tenant.key}/meta/").status_code == 200


def test_a_session_gives_the_first_administrator_to_a_tenant_that_has_none(world, root):
    clerk = world.client()
    start(root, world)
    member = root.get("members/").json()["items"][0]["id"]
    given = root.post(f"members/{member}/grants/", {"role": "admin", "reason": WHY})
    assert given.status_code == 201
    assert clerk.get("events/").json()["items"][0]["staff_session_id"] is not None


def test_events_of_a_session_are_found_and_exported_by_it(world, root):
    id = start(root, world).json()["id"]
    root.post("branches/", {"key": "made", "title": "Made"})
    admin = world.client("admin")
    admin.post("branches/", {"key": "other", "title": "Other"})
    found = admin.get(f"events/?staff_session={id}").json()["items"]
    assert [one["kind"] for one in found] == ["core.branch_created", "core.staff_session_started"]
    header = next(iter(admin.get("events/?format=csv").streaming_content)).decode().splitlines()[0]
    assert header.endswith(",staff_session_id")


def test_no_tenant_is_called_like_the_list_of_sessions(db):
    from django.db import IntegrityError

    from tests.world import make_world

    with pytest.raises(IntegrityError, match="tenant_key_not_reserved"):
        make_world("staff-sessions")


def test_staff_at_work_make_no_staff_a_member_which_would_outlast_the_session(world, root):
    other = Client(world.tenant.key, person("other-root"))
    User.objects.filter(pk=other.user.pk).update(is_superuser=True)
    admin, member = world.client("admin"), world.client("member")
    assert start(root, world).status_code == 201
    before = events(world)
    for email in (root.user.email.upper(), other.user.email):
        refused = root.post("invitations/", {"email": email, "roles": ["admin"]})
        assert (refused.status_code, refused.json()["code"]) == (403, "staff-stay-staff")
    assert events(world) == before
    assert root.post("invitations/", {"email": "new@example.com", "roles": ["admin"]}).status_code == 201
    assert admin.post("invitations/", {"email": root.user.email, "roles": ["member"]}).status_code == 201
    with world.pinned():
        id = Membership.objects.get(user=member.user).pk
    User.objects.filter(pk=member.user.pk).update(is_superuser=True)
    grant = {"role": "admin", "reason": "To stay."}
    refused = root.post(f"members/{id}/grants/", grant)
    assert (refused.status_code, refused.json()["code"]) == (403, "staff-stay-staff")
    assert admin.post(f"members/{id}/grants/", grant).status_code == 201
