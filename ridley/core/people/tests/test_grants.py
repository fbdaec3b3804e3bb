"""Roles given, changed and ended over REST: with reasons, dates and reach; never beyond one's own rights."""

import pytest

from ridley.assistant.models import Source
from ridley.core.audit.models import Event
from ridley.core.tenants.models import Branch, Grant, Membership
from tests.world import Client, make_world, person

WHY = "Agreed with Asha on Monday."
APPLY = "assistant.apply"


@pytest.fixture
def admin(world):
    return world.client("admin")


@pytest.fixture
def sources(world):
    with world.pinned():
        for key in ("acme", "beta"):
            Source.objects.create(tenant=world.tenant, key=key, name=key)


@pytest.fixture
def tree(world):
    """head > coast > puri, and head > west."""
    with world.pinned():
        made = {}
        for key, parent in (("head", None), ("coast", "head"), ("puri", "coast"), ("west", "head")):
            made[key] = Branch.objects.create(tenant=world.tenant, key=key, title=key, parent=made.get(parent))
        return made


def id_of(world, client):
    with world.pinned():
        return Membership.objects.get(user=client.user).pk


def give(client, member, role, **more):
    return client.post(f"members/{member}/grants/", {"role": role, "reason": WHY, **more})


def end(client, member, grant):
    return client.post(f"members/{member}/grants/{grant}/end/", {"reason": WHY})


def only_grant(world, member):
    with world.pinned():
        return Grant.objects.get(membership_id=member).pk


def stored(world):
    """All that these deeds can write."""
    with world.pinned():
        return [list(model.objects.order_by("pk").values()) for model in (Membership, Grant, Event)]


def refused(world, call):
    """Status and code of a refusal that changed nothing."""
    before = stored(world)
    answer = call()
    assert stored(world) == before
    return answer.status_code, answer.json()["code"]


def may(client):
    return {right["name"]: right["limits"] for right in client.get("rights/me/").json()["permissions"]}


def test_a_role_is_given_narrowed_and_taken_away_and_counts_from_the_next_request_on(world, admin, sources):
    clerk = world.client("member")
    member = id_of(world, clerk)
    assert APPLY not in may(clerk)
    given = give(admin, member, "assistant.approver", limits={"source": ["acme"]})
    assert (given.status_code, given.json()["role"], given.json()["limits"]) == (
        201, "assistant.approver", {"source": ["acme"]},
    )  # fmt: skip
    assert may(clerk)[APPLY] == {"source": ["acme"]}
    path = f"members/{member}/grants/{given.json()['id']}/"
    changed = admin.patch(path, {"limits": {"source": ["beta"]}, "reason": "The other one."})
    assert (changed.status_code, changed.json()["limits"]) == (200, {"source": ["beta"]})
    assert may(clerk)[APPLY] == {"source": ["beta"]}
    assert end(admin, member, given.json()["id"]).status_code == 200
    assert APPLY not in may(clerk)
    history = admin.get(f"members/{member}/grants/?role=assistant.approver").json()["items"]
    assert [(one["limits"], one["until_at"] is None) for one in history] == [({"source": ["beta"]}, False)]
    assert [one["role"] for one in admin.get(f"members/{member}/").json()["grants"]] == ["member"]


def test_each_change_is_an_event_with_what_was_what_is_and_why(world, admin, sources):
    clerk = world.client("member")
    member = id_of(world, clerk)
    grant = give(admin, member, "assistant.steward").json()
    admin.patch(f"members/{member}/grants/{grant['id']}/", {"limits": {"source": ["acme"]}, "reason": "Only acme."})
    end(admin, member, grant["id"])
    end(admin, member, grant["id"])
    found = admin.get(f"events/?subject_type=membership&subject_id={member}").json()["items"]
    assert [(one["kind"], one["reason"], one["actor_email"]) for one in reversed(found)] == [
        ("core.grant_given", WHY, admin.user.email), ("core.grant_changed", "Only acme.", admin.user.email),
        ("core.grant_ended", WHY, admin.user.email),
    ]  # fmt: skip
    told = found[1]["data"]
    assert (told["before"], told["after"]) == ({"limits": {}}, {"limits": {"source": ["acme"]}})
    assert (told["role"], told["grant"], told["user_id"]) == ("assistant.steward", grant["id"], str(clerk.user.pk))


@pytest.mark.parametrize("deed", ["give", "change", "end", "membership", "end membership"])
def test_without_a_reason_nothing_is_changed_and_with_one_it_is(world, admin, deed):
    member = id_of(world, world.client("member"))
    grant = only_grant(world, member)
    path, body = f"members/{member}/", {}
    if deed == "give":
        path, body = f"{path}grants/", {"role": "assistant.viewer"}
    elif deed == "change":
        path, body = f"{path}grants/{grant}/", {"until_at": "2999-01-01T00:00:00Z"}
    elif deed == "end":
        path = f"{path}grants/{grant}/end/"
    elif deed == "membership":
        body = {"until_at": "2999-01-01T00:00:00Z"}
    else:
        path = f"{path}end/"
    send = admin.patch if deed in ("change", "membership") else admin.post
    for reason in ({}, {"reason": ""}, {"reason": "   "}, {"reason": "x" * 501}):
        assert refused(world, lambda r=reason: send(admin.at(path), {**body, **r})) == (400, "invalid")
    assert send(admin.at(path), {**body, "reason": WHY}).status_code in (200, 201)


def test_a_role_that_is_not_there_is_refused_with_those_that_are(world, admin):
    member = id_of(world, world.client("member"))
    assert refused(world, lambda: give(admin, member, "boss")) == (400, "unknown-role")
    assert give(admin, member, "boss").json()["detail"] == (
        "role: got 'boss', wanted one of admin, assistant.admin, assistant.approver, assistant.steward,"
        " assistant.viewer, member."
    )
    assert give(admin, member, "assistant.viewer").status_code == 201


def test_a_role_of_a_product_that_is_switched_off_is_not_there(world):
    without = make_world(products=())
    admin, member = without.client("admin"), id_of(without, without.client("member"))
    assert refused(without, lambda: give(admin, member, "assistant.viewer")) == (400, "unknown-role")
    assert give(admin, member, "admin").status_code == 201


@pytest.mark.parametrize(
    ("role", "limits", "code"),
    [
        ("assistant.viewer", {"colour": ["red"]}, "unknown-limit"),
        ("assistant.viewer", {"branch": ["coast"]}, "unknown-limit"),
        ("member", {"source": ["acme"]}, "unknown-limit"),
        ("assistant.viewer", {"source": []}, "empty-limit"),
        ("assistant.viewer", {"source": ["acme", "nobody"]}, "unknown-value"),
        ("member", {"branch": ["nowhere"]}, "unknown-value"),
        ("assistant.viewer", {"source": "acme"}, "invalid"),
        ("assistant.viewer", [], "invalid"),
    ],
)
def test_limits_are_of_kinds_that_narrow_the_role_and_name_what_is_there(
    world, admin, sources, tree, role, limits, code
):
    member = id_of(world, world.client("member"))
    assert refused(world, lambda: give(admin, member, role, limits=limits)) == (400, code)


@pytest.mark.parametrize(
    ("role", "limits"),
    [("assistant.viewer", {"source": ["acme", "beta"]}), ("member", {"branch": ["puri"]}),
     ("admin", {"branch": ["coast"], "source": ["acme"]}), ("assistant.viewer", {})],
)  # fmt: skip
def test_limits_that_narrow_the_role_are_taken(world, admin, sources, tree, role, limits):
    member = id_of(world, world.client("member"))
    assert give(admin, member, role, limits=limits).status_code == 201


def test_nobody_gives_more_than_their_own_rights(world, admin, tree):
    """An administrator of the coast gives roles for the coast and what lies below it, and no more."""
    of_coast, clerk = world.client("admin", limits={"branch": ["coast"]}), world.client()
    with world.pinned():
        Membership.objects.filter(user=clerk.user).update(branch=tree["puri"])
    member = id_of(world, clerk)
    beyond = [
        ("admin", {}),
        ("member", {}),
        ("assistant.viewer", {}),
        ("admin", {"branch": ["coast"], "source": ["acme"]}),
    ]
    with world.pinned():
        Source.objects.create(tenant=world.tenant, key="acme", name="acme")
    for role, limits in beyond:
        assert refused(world, lambda r=role, x=limits: give(of_coast, member, r, limits=x)) == (
            403,
            "beyond-your-rights",
        )
    for unseen in ("west", "head", "nowhere"):
        limits = {"branch": [unseen]}
        assert refused(world, lambda x=limits: give(of_coast, member, "member", limits=x)) == (400, "unknown-value")
    for role, branch in (("member", "puri"), ("admin", "puri"), ("admin", "coast")):
        assert give(of_coast, member, role, limits={"branch": [branch]}).status_code == 201
    assert give(admin, member, "admin").status_code == 201


def test_nobody_changes_or_ends_rights_beyond_their_own(world, admin, tree):
    of_coast, boss = world.client("admin", limits={"branch": ["coast"]}), world.client("admin")
    with world.pinned():
        Membership.objects.filter(user=boss.user).update(branch=tree["puri"])
    member = id_of(world, boss)
    grant = only_grant(world, member)
    path = f"members/{member}/grants/{grant}/"
    body = {"reason": WHY, "limits": {"branch": ["coast"]}}
    for call in (
        lambda: of_coast.patch(path, body),
        lambda: end(of_coast, member, grant),
        lambda: of_coast.post(f"members/{member}/end/", {"reason": WHY}),
        lambda: of_coast.patch(f"members/{member}/", {"reason": WHY, "branch_id": tree["coast"].pk}),
    ):
        assert refused(world, call) == (403, "beyond-your-rights")
    assert admin.patch(path, body).status_code == 200
    assert end(of_coast, member, grant).status_code == 200


def test_who_is_limited_to_a_source_manages_no_people(world, admin, sources):
    limited = world.client("admin", limits={"source": ["acme"]})
    mine = id_of(world, limited)
    assert refused(world, lambda: give(limited, mine, "admin")) == (403, "denied")
    assert refused(world, lambda: give(limited, mine, "assistant.viewer", limits={"source": ["acme"]})) == (
        403,
        "denied",
    )
    assert refused(world, lambda: limited.patch("meta/", {"description": "Mine."})) == (403, "denied")
    assert refused(world, lambda: limited.post("branches/", {"key": "b", "title": "B"})) == (403, "denied")
    assert give(admin, mine, "assistant.viewer", limits={"source": ["beta"]}).status_code == 201


def test_a_service_program_and_a_former_member_get_no_role_by_mistake(world, admin):
    member = id_of(world, world.client("member"))
    assert admin.post(f"members/{member}/end/", {"reason": WHY}).status_code == 200
    assert refused(world, lambda: give(admin, member, "member")) == (409, "membership-ended")
    assert admin.patch(f"members/{member}/", {"until_at": None, "reason": WHY}).json()["grants"] == []
    assert give(admin, member, "member").status_code == 201


def test_a_grant_of_another_member_or_tenant_is_not_found(world, other, admin):
    one, two = (id_of(world, world.client("member")) for _ in range(2))
    theirs = other.client("member")
    for member, grant in ((one, only_grant(world, two)), (one, only_grant(other, id_of(other, theirs)))):
        assert refused(world, lambda m=member, g=grant: end(admin, m, g)) == (404, "not-found")
    assert refused(other, lambda: end(admin, id_of(other, theirs), 1)) == (404, "not-found")
    assert end(admin, one, only_grant(world, one)).status_code == 200


def test_an_idempotency_key_gives_a_role_once(world, admin):
    member = id_of(world, world.client())
    body = {"role": "member", "reason": WHY}
    answers = [admin.post(f"members/{member}/grants/", body, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert len(admin.get(f"members/{member}/grants/").json()["items"]) == 1


def test_changing_rights_needs_the_right_and_outsiders_see_nothing(world):
    clerk = world.client("member", "assistant.steward")
    member = id_of(world, clerk)
    assert refused(world, lambda: give(clerk, member, "admin")) == (403, "denied")
    outsider = Client(world.tenant.key, person())
    assert refused(world, lambda: give(outsider, member, "admin")) == (404, "not-found")


def test_a_program_is_given_no_role_which_would_mean_nothing(world):
    admin, member = world.client("admin"), world.client("member")
    assert admin.post("service-accounts/", {"name": "Nightly import"}).status_code == 201
    ids = {one["kind"]: one["id"] for one in admin.get("members/").json()["items"] if one["email"] != admin.user.email}
    role = {"role": "assistant.viewer", "reason": "To see."}
    refused = admin.post(f"members/{ids['service']}/grants/", role)
    assert (refused.status_code, refused.json()["code"]) == (409, "program-has-no-roles")
    assert admin.get(f"members/{ids['service']}/grants/").json()["items"] == []
    assert admin.post(f"members/{ids['person']}/grants/", role).status_code == 201
    assert member.get("assistant/sources/").status_code == 200
