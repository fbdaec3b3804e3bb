"""Roles in words, what may I do here, and who may do this: exact, against asking each person at the door."""

from itertools import product

import pytest

from ridley.assistant.models import Source
from ridley.core.access.door import enter
from ridley.core.access.errors import NotFound
from ridley.core.access.roles import all_permissions, role_names, words_of
from ridley.core.accounts.models import User
from ridley.core.people.tests.test_grants import tree
from ridley.core.tenants.models import Grant, Membership

__all__ = ["tree"]  # a fixture
PAST, FUTURE = "2020-01-01T00:00Z", "2990-01-01T00:00Z"


@pytest.fixture
def crowd(world, tree):
    """People with all sorts of grants, alone and together: limited, expired, to come, switched off, gone."""
    with world.pinned():
        for key in ("acme", "beta"):
            Source.objects.create(tenant=world.tenant, key=key, name=key)
    held = [
        [("admin", {})],
        [("admin", {"source": ["acme"]})],
        [("admin", {"branch": ["coast"]})],
        [("admin", {"branch": ["coast"], "source": ["beta"]}), ("member", {"branch": ["west"]})],
        [("assistant.steward", {"source": ["acme"]}), ("assistant.steward", {"source": ["beta"]})],
        [("assistant.approver", {"source": ["acme"]}), ("assistant.viewer", {})],
        [("member", {}), ("assistant.approver", {})],
        [("member", {"branch": ["puri"]})],
        [],
    ]
    people = []
    for grants in held:
        client = world.client()
        with world.pinned():
            mine = Membership.objects.get(user=client.user)
            for role, limits in grants:
                Grant.objects.create(tenant=world.tenant, membership=mine, role=role, limits=limits)
        people.append(client)
    for change in ({"until_at": PAST}, {"from_at": FUTURE}):
        for of_whom in ("grant", "membership"):
            client = world.client("admin")
            with world.pinned():
                rows = Grant.objects.filter(membership__user=client.user)
                (rows if of_whom == "grant" else Membership.objects.filter(user=client.user)).update(**change)
            people.append(client)
    off = world.client("admin")
    User.objects.filter(pk=off.user.pk).update(is_active=False)
    return [*people, off]


def may(world, person, permission, within):
    """Whether somebody who came in now could do this: one person, one permission, one place at a time."""
    user = User.objects.get(pk=person.user.pk)
    if not user.is_active:
        return False
    try:
        with world.pinned():
            scope, _ = enter(world.tenant.key, user, "-")
            if not scope.can(permission):
                return False
            reach = scope.reach(permission)
            named = {kind: set(values) for kind, values in reach.limits.items()}
            if "branch" in named and "coast" in named["branch"]:
                named["branch"].add("puri")  # puri lies below coast
            return all(kind not in named or value in named[kind] for kind, value in within.items())
    except NotFound:
        return False


def asked(client, permission, within):
    query = "&".join([f"permission={permission}", *(f"{kind}={value}" for kind, value in within.items())])
    answer = client.get(f"rights/who/?{query}")
    assert answer.status_code == 200, answer.json()
    return answer.json()["items"]


def test_who_may_do_something_is_exactly_who_could_do_it_if_asked_one_by_one(world, crowd):
    admin = crowd[0]
    places = [("assistant", {}), *(("assistant", {"source": key}) for key in ("acme", "beta", "nobody")),
              ("core", {}), *(("core", {"branch": key}) for key in ("head", "coast", "puri", "west"))]  # fmt: skip
    by_branch = {
        "core.branches_view",
        "core.branches_edit",
        "core.members_view",
        "core.members_edit",
        "core.rights_view",
    }
    compared = 0
    for permission, (product_name, within) in product(sorted(all_permissions()), places):
        if not permission.startswith(f"{product_name}.") or (
            within and product_name == "core" and permission not in by_branch
        ):
            continue
        found = {one["user_id"] for one in asked(admin, permission, within)}
        wanted = {str(one.user.pk) for one in crowd if may(world, one, permission, within)}
        assert found == wanted, (permission, within)
        compared += len(crowd)
    assert compared == 14 * (9 * 4 + 5 * 5 + 12)


def test_who_may_tells_the_reach_and_the_grants_that_give_it(world, crowd):
    told = {one["user_id"]: one for one in asked(crowd[0], "assistant.decide", {})}
    both = told[str(crowd[4].user.pk)]
    assert both["limits"] == {"source": ["acme", "beta"]}
    assert [(one["role"], one["limits"]) for one in both["grants"]] == [
        ("assistant.steward", {"source": ["acme"]}), ("assistant.steward", {"source": ["beta"]}),
    ]  # fmt: skip
    assert (told[str(crowd[0].user.pk)]["limits"], told[str(crowd[0].user.pk)]["kind"]) == ({}, "person")
    viewers = {one["user_id"]: one for one in asked(crowd[0], "assistant.view", {})}
    assert viewers[str(crowd[5].user.pk)]["limits"] == {}


@pytest.mark.parametrize(
    ("query", "code"),
    [("", "bad-filter"), ("permission=x.y", "unknown-permission"),
     ("permission=assistant.view&colour=red", "unknown-filter"),
     ("permission=assistant.view&branch=puri", "unknown-limit"),
     ("permission=core.jobs_view&source=a", "unknown-limit")],
)  # fmt: skip
def test_a_question_that_cannot_be_meant_is_refused(world, query, code):
    refused = world.client("admin").get(f"rights/who/?{query}")
    assert (refused.status_code, refused.json()["code"]) == (400, code)


def test_who_may_is_asked_with_the_right_to_and_within_ones_branches(world, crowd, tree):
    assert world.client("member").get("rights/who/?permission=core.members_view").status_code == 403
    with world.pinned():
        Membership.objects.filter(user=crowd[7].user).update(branch=tree["puri"])
    assert [one["user_id"] for one in asked(crowd[2], "core.members_view", {})] == [str(crowd[7].user.pk)]


def test_who_may_pages_and_exports(world, crowd):
    admin = crowd[0]
    first = admin.get("rights/who/?permission=core.members_view&limit=1").json()
    second = admin.get(f"rights/who/?permission=core.members_view&limit=1&cursor={first['next']}").json()
    assert first["items"][0]["id"] < second["items"][0]["id"]
    lines = b"".join(admin.get("rights/who/?permission=core.members_view&format=ndjson").streaming_content).splitlines()
    assert len(lines) == len(asked(admin, "core.members_view", {}))


def test_what_i_may_do_here_is_told_with_reach_roles_and_dates(world, crowd):
    mine = crowd[3].get("rights/me/").json()
    limits = {one["name"]: one["limits"] for one in mine["permissions"]}
    assert limits["core.members_view"] == {"branch": ["coast", "west"]}
    assert limits["core.members_edit"] == {"branch": ["coast"]}
    assert limits["assistant.apply"] == {"source": ["beta"]}
    assert limits["core.jobs_view"] == {}
    assert "core.tenant_edit" not in limits
    assert [(one["role"], one["until_at"]) for one in mine["roles"]] == [("admin", None), ("member", None)]
    assert (mine["staff_session"], mine["second_factor_required"]) == (None, False)
    assert all(one["words"] for one in mine["permissions"])
    none = crowd[8].get("rights/me/")
    assert (none.status_code, none.json()["permissions"]) == (200, [])


def test_the_roles_are_listed_in_words_with_what_narrows_them(world):
    listed = {one["name"]: one for one in world.client("member").get("roles/").json()["items"]}
    assert sorted(listed) == ["admin", "assistant.admin", "assistant.approver", "assistant.steward",
                              "assistant.viewer", "member"]  # fmt: skip
    assert [one["kind"] for one in listed["admin"]["limited_by"]] == ["branch", "source"]
    assert [one["kind"] for one in listed["assistant.viewer"]["limited_by"]] == ["source"]
    assert [one["kind"] for one in listed["member"]["limited_by"]] == ["branch"]
    assert [one["name"] for one in listed["member"]["permissions"]] == [
        "core.branches_view", "core.jobs_view", "core.members_view", "core.tenant_view",
    ]  # fmt: skip


def test_every_role_and_permission_has_words():
    ours = [name for name in role_names() if not name.startswith("test.")]
    assert [name for name in [*ours, *sorted(all_permissions())] if not words_of(name).endswith(".")] == []


def test_a_tenant_without_a_product_has_the_roles_of_the_core_alone(db):
    from tests.world import make_world

    bare = make_world(products=())
    listed = {one["name"]: one for one in bare.client("admin").get("roles/").json()["items"]}
    assert sorted(listed) == ["admin", "member"]
    assert not [one["name"] for one in listed["admin"]["permissions"] if not one["name"].startswith("core.")]
