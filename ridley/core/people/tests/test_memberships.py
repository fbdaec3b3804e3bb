"""Memberships over REST: listed and filtered, moved, dated, ended; and a tenant keeps an administrator."""

import threading

import pytest
from django.db import connection

from ridley.core.accounts.models import User
from ridley.core.people.tests.test_grants import WHY, end, give, id_of, may, only_grant, refused, tree
from ridley.core.tenants.models import Branch, Grant, Membership

__all__ = ["tree"]  # a fixture


@pytest.fixture
def admin(world):
    return world.client("admin")


def emails(client, query=""):
    answer = client.get(f"members/{query}")
    assert answer.status_code == 200, answer.json()
    return [member["email"] for member in answer.json()["items"]]


def place(world, client, branch):
    with world.pinned():
        Membership.objects.filter(user=client.user).update(branch=branch)
    return client


def test_members_are_filtered_by_role_branch_time_and_text(world, admin, tree):
    at_puri, at_west = place(world, world.client("member"), tree["puri"]), place(world, world.client(), tree["west"])
    former = world.client("member")
    with world.pinned():
        Membership.objects.filter(user=former.user).update(until_at="2020-01-01T00:00Z")
        Grant.objects.filter(membership__user=former.user).update(until_at="2020-01-01T00:00Z")
    User.objects.filter(pk=at_west.user.pk).update(last_name="Pattnaik")
    assert emails(admin, "?role=member") == [at_puri.user.email]
    assert emails(admin, "?role=boss") == []
    assert emails(admin, "?branch=coast") == [at_puri.user.email]
    assert emails(admin, "?branch=head") == [at_puri.user.email, at_west.user.email]
    assert emails(admin, "?branch=nowhere") == []
    assert emails(admin, "?current=false") == [former.user.email]
    assert emails(admin, "?current=true") == [admin.user.email, at_puri.user.email, at_west.user.email]
    assert emails(admin, "?text=PATTN") == [at_west.user.email]
    assert emails(admin, f"?text={at_puri.user.email}") == [at_puri.user.email]
    assert admin.get("members/?current=maybe").json()["code"] == "bad-filter"


def test_a_member_is_shown_alone_and_one_of_another_tenant_is_not(world, other, admin):
    clerk = world.client("member")
    one = admin.get(f"members/{id_of(world, clerk)}/").json()
    assert (one["email"], one["kind"], [grant["role"] for grant in one["grants"]]) == (
        clerk.user.email, "person", ["member"],
    )  # fmt: skip
    assert admin.get(f"members/{id_of(other, other.client('member'))}/").status_code == 404


def test_a_membership_ends_with_its_roles_and_the_person_is_outside_at_once(world, admin):
    clerk = world.client("member", "assistant.viewer")
    member = id_of(world, clerk)
    assert clerk.get("meta/").status_code == 200
    ended = admin.post(f"members/{member}/end/", {"reason": WHY})
    assert (ended.status_code, ended.json()["grants"]) == (200, [])
    assert clerk.get("meta/").status_code == 404
    again = admin.post(f"members/{member}/end/", {"reason": "Once more."})
    assert (again.status_code, again.json()) == (200, ended.json())
    found = admin.get(f"events/?subject_type=membership&subject_id={member}").json()["items"]
    assert [(one["kind"], one["reason"]) for one in found] == [
        ("core.membership_ended", WHY), ("core.grant_ended", WHY), ("core.grant_ended", WHY),
    ]  # fmt: skip


def test_a_former_member_comes_back_by_a_later_end_and_without_roles(world, admin):
    clerk = world.client("member")
    path = f"members/{id_of(world, clerk)}/"
    admin.post(f"{path}end/", {"reason": WHY})
    back = admin.patch(path, {"until_at": None, "reason": "Back from leave."})
    assert (back.status_code, back.json()["until_at"], back.json()["grants"]) == (200, None, [])
    assert clerk.get("meta/").status_code == 403


def test_a_change_of_branch_and_dates_is_told_and_no_change_is_none(world, admin, tree):
    member = id_of(world, world.client("member"))
    body = {"branch_id": tree["puri"].pk, "until_at": "2990-01-01T00:00:00Z", "reason": WHY}
    for _ in range(2):
        assert admin.patch(f"members/{member}/", body).json()["branch_id"] == tree["puri"].pk
    (event,) = admin.get(f"events/?subject_type=membership&subject_id={member}").json()["items"]
    assert event["data"]["before"] == {"branch_id": None, "until_at": None}
    assert event["data"]["after"] == {"branch_id": tree["puri"].pk, "until_at": "2990-01-01T00:00:00+00:00"}


def test_a_member_is_moved_to_an_open_branch_of_the_tenant_alone(world, other, admin, tree):
    path = f"members/{id_of(world, world.client('member'))}/"
    with other.pinned():
        theirs = Branch.objects.create(tenant=other.tenant, key="x", title="X")
    assert admin.delete(f"branches/{tree['west'].pk}/").status_code == 204
    for branch in (theirs.pk, tree["west"].pk, 99999999):
        assert refused(world, lambda b=branch: admin.patch(path, {"branch_id": b, "reason": WHY})) == (
            422, "unknown-reference",
        )  # fmt: skip
    assert admin.patch(path, {"branch_id": tree["coast"].pk, "reason": WHY}).status_code == 200


def test_an_administrator_of_a_branch_sees_and_manages_its_subtree_alone(world, admin, tree):
    boss = place(world, world.client("admin", limits={"branch": ["coast"]}), tree["coast"])
    near, far = place(world, world.client(), tree["puri"]), place(world, world.client(), tree["west"])
    assert sorted(emails(boss)) == sorted([boss.user.email, near.user.email])
    assert {one["key"] for one in boss.get("branches/").json()["items"]} == {"coast", "puri"}
    assert {one["key"] for one in admin.get("branches/").json()["items"]} == {"head", "coast", "puri", "west"}
    path, limits = f"members/{id_of(world, far)}/", {"branch": ["puri"]}
    for call in (
        lambda: boss.get(path),
        lambda: boss.patch(path, {"until_at": "2990-01-01T00:00:00Z", "reason": WHY}),
        lambda: boss.post(f"{path}end/", {"reason": WHY}),
        lambda: boss.get(f"{path}grants/"),
        lambda: give(boss, id_of(world, far), "member", limits=limits),
        lambda: boss.get(f"branches/{tree['west'].pk}/"),
        lambda: boss.patch(f"branches/{tree['west'].pk}/", {"title": "Mine"}),
        lambda: boss.delete(f"branches/{tree['head'].pk}/"),
    ):
        assert refused(world, call) == (404, "not-found")
    assert give(boss, id_of(world, near), "member", limits=limits).status_code == 201
    assert boss.get(f"members/{id_of(world, near)}/grants/").json()["items"][0]["limits"] == limits
    assert boss.patch(f"branches/{tree['puri'].pk}/", {"title": "Puri beach"}).status_code == 200


def test_nobody_moves_branches_or_members_out_of_their_reach_nor_others_into_it(world, tree):
    boss = place(world, world.client("admin", limits={"branch": ["coast"]}), tree["coast"])
    near = f"members/{id_of(world, place(world, world.client(), tree['puri']))}/"
    puri, coast, west = (tree[key].pk for key in ("puri", "coast", "west"))
    for body, answer in (
        ({"branch_id": west}, (422, "unknown-reference")),
        ({"branch_id": None}, (403, "denied")),
    ):
        assert refused(world, lambda b=body: boss.patch(near, {**b, "reason": WHY})) == answer
    for call, answer in (
        (lambda: boss.patch(f"branches/{puri}/", {"parent_id": west}), (422, "unknown-reference")),
        (lambda: boss.patch(f"branches/{puri}/", {"parent_id": None}), (403, "denied")),
        (lambda: boss.patch(f"branches/{west}/", {"parent_id": coast}), (404, "not-found")),
        (lambda: boss.post("branches/", {"key": "new", "title": "New"}), (403, "denied")),
        (lambda: boss.post("branches/", {"key": "new", "title": "New", "parent_id": west}), (422, "unknown-reference")),
    ):
        assert refused(world, call) == answer
    assert boss.patch(near, {"branch_id": coast, "reason": WHY}).status_code == 200
    made = boss.post("branches/", {"key": "new", "title": "New", "parent_id": puri})
    assert made.status_code == 201
    assert boss.patch(f"branches/{made.json()['id']}/", {"parent_id": coast}).status_code == 200


def test_who_sees_all_branches_but_manages_some_is_told_so(world, tree):
    boss = world.client("member")
    with world.pinned():
        mine = Membership.objects.get(user=boss.user)
        Grant.objects.create(tenant=world.tenant, membership=mine, role="admin", limits={"branch": ["coast"]})
    far = f"members/{id_of(world, place(world, world.client(), tree['west']))}/"
    assert boss.get(far).status_code == 200
    assert refused(world, lambda: boss.post(f"{far}end/", {"reason": WHY})) == (403, "denied")
    assert refused(world, lambda: boss.patch(f"branches/{tree['west'].pk}/", {"title": "X"})) == (403, "denied")
    assert boss.patch(f"branches/{tree['puri'].pk}/", {"title": "X"}).status_code == 200


def last_admin_deeds(world, boss):
    member = id_of(world, boss)
    grant = only_grant(world, member)
    path = f"members/{member}/grants/{grant}/"
    later = {"until_at": "2990-01-01T00:00:00Z", "reason": WHY}
    return [
        lambda: end(boss, member, grant),
        lambda: boss.post(f"members/{member}/end/", {"reason": WHY}),
        lambda: boss.patch(path, {"limits": {"branch": ["coast"]}, "reason": WHY}),
        lambda: boss.patch(path, later),
        lambda: boss.patch(f"members/{member}/", later),
    ]


@pytest.mark.parametrize("number", range(5))
def test_the_last_administrator_is_neither_ended_nor_narrowed_nor_given_an_end(world, admin, tree, number):
    world.client("admin", limits={"branch": ["coast"]})
    gone, off = world.client("admin"), world.client("admin")
    with world.pinned():
        Membership.objects.filter(user=gone.user).update(until_at="2020-01-01T00:00Z")
    User.objects.filter(pk=off.user.pk).update(is_active=False)
    assert refused(world, last_admin_deeds(world, admin)[number]) == (409, "last-admin")
    world.client("admin")
    assert last_admin_deeds(world, admin)[number]().status_code == 200


def test_an_administrator_whose_role_ends_some_day_does_not_stand_in_for_the_lasting_one(world, admin):
    other = world.client("admin")
    theirs = id_of(world, other)
    until = {"until_at": "2990-01-01T00:00:00Z", "reason": WHY}
    assert admin.patch(f"members/{theirs}/grants/{only_grant(world, theirs)}/", until).status_code == 200
    mine = id_of(world, admin)
    assert refused(world, lambda: end(admin, mine, only_grant(world, mine))) == (409, "last-admin")


def at_once(*calls):
    """Make the calls at the same time, each in its own thread and connection; their statuses."""
    gate, answers = threading.Barrier(len(calls)), [0] * len(calls)

    def carry_out(number, call):
        try:
            gate.wait(30)
            answers[number] = call().status_code
        finally:
            connection.close()

    threads = [threading.Thread(target=carry_out, args=pair, daemon=True) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not any(thread.is_alive() for thread in threads), "somebody still waits for a lock"
    return answers


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_remove_each_other_at_once_leave_one(world):
    for _ in range(5):
        one, two = world.client("admin"), world.client("admin")
        members = {client: id_of(world, client) for client in (one, two)}
        grants = {client: only_grant(world, member) for client, member in members.items()}
        answers = at_once(
            lambda m=members, g=grants, a=one, b=two: end(a, m[b], g[b]),
            lambda m=members, g=grants, a=one, b=two: end(b, m[a], g[a]),
        )
        left = [client for client in (one, two) if "core.members_edit" in may(client)]
        assert len(left) == 1
        assert sorted(answers)[0] == 200
        assert sorted(answers)[1] in (403, 409)
        end_everybody(world)


@pytest.mark.django_db(transaction=True)
def test_who_loses_the_right_while_waiting_for_the_lock_changes_nothing(world):
    """Three administrators: the right is asked for again under the lock, not as it was when the request came in."""
    from ridley.core.access.door import enter
    from ridley.core.access.errors import Refusal
    from ridley.core.people.services.members import end_grant

    keeper, quick, slow = (world.client("admin") for _ in range(3))
    target = id_of(world, keeper)
    with world.pinned():
        stale, _ = enter(world.tenant.key, slow.user, "-")
    mine = id_of(world, slow)
    assert end(quick, mine, only_grant(world, mine)).status_code == 200
    with world.pinned(), pytest.raises(Refusal):
        end_grant(stale, id=target, grant_id=only_grant(world, target), reason=WHY)
    assert "core.members_edit" in may(keeper)
    fresh = id_of(world, quick)
    with world.pinned():
        scope, _ = enter(world.tenant.key, keeper.user, "-")
        end_grant(scope, id=fresh, grant_id=only_grant(world, fresh), reason=WHY)
    assert "core.members_edit" not in may(quick)


def end_everybody(world):
    with world.pinned():
        Grant.objects.update(until_at="2020-01-01T00:00Z")
