"""Members over REST, and a person about themselves."""

import csv
import io

from rest_framework.test import APIClient


def test_members_are_listed_with_their_roles_and_limits(world, other):
    other.member("admin")
    admin = world.client("admin")
    steward = world.member("assistant.steward", "member", limits={"source": ["acme"]})
    listed = admin.get("members/").json()["items"]
    assert [member["email"] for member in listed] == [admin.user.email, steward.email]
    assert listed[1]["user_id"] == str(steward.pk)
    assert [(one["role"], one["limits"], one["until_at"]) for one in listed[1]["grants"]] == [
        ("assistant.steward", {"source": ["acme"]}, None), ("member", {"source": ["acme"]}, None),
    ]  # fmt: skip
    exported = b"".join(admin.get("members/?format=csv").streaming_content).decode()
    assert [row["email"] for row in csv.DictReader(io.StringIO(exported))] == [admin.user.email, steward.email]


def test_members_need_their_permission(world):
    refused = world.client().get("members/")
    assert (refused.status_code, refused.json()["permission"]) == (403, "core.members_view")


def test_a_person_sees_the_tenants_they_belong_to_and_no_other(world, other):
    client = world.client("member")
    assert [tenant["key"] for tenant in client.get("/api/v1/me/").json()["tenants"]] == [world.tenant.key]
    with other.pinned():
        from ridley.core.tenants.models import Membership

        Membership.objects.create(tenant=other.tenant, user=client.user)
    assert {tenant["key"] for tenant in client.get("/api/v1/me/").json()["tenants"]} == {
        world.tenant.key, other.tenant.key,
    }  # fmt: skip
    assert APIClient().get("/api/v1/me/").status_code == 401


def test_meta_cannot_change_its_key_its_products_or_its_version(world):
    admin = world.client("admin")
    for field, value in (("key", "other"), ("products", []), ("version", 9)):
        refused = admin.patch("meta/", {field: value})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, field)
    assert admin.get("meta/").json()["version"] == 1


def test_a_change_of_meta_is_an_event_with_both_values_and_the_same_again_is_none(world):
    admin = world.client("admin")
    for _ in range(2):
        assert admin.patch("meta/", {"source_word": "supplier"}).json()["version"] == 2
    assert [(event["kind"], event["data"]) for event in admin.get("events/").json()["items"]] == [
        ("core.tenant_changed", {"before": {"source_word": "insurer"}, "after": {"source_word": "supplier"}})
    ]


def test_a_branch_with_open_branches_below_it_is_not_archived(world):
    admin = world.client("admin")
    top = admin.post("branches/", {"key": "top", "title": "Top"}).json()["id"]
    below = admin.post("branches/", {"key": "below", "title": "Below", "parent_id": top}).json()["id"]
    refused = admin.delete(f"branches/{top}/")
    assert (refused.status_code, refused.json()["code"]) == (409, "branch-has-children")
    assert admin.delete(f"branches/{below}/").status_code == 204
    assert admin.delete(f"branches/{top}/").status_code == 204
    under_an_archived_one = admin.post("branches/", {"key": "late", "title": "Late", "parent_id": top})
    assert (under_an_archived_one.status_code, under_an_archived_one.json()["code"]) == (422, "unknown-reference")
    assert [branch["key"] for branch in admin.get("branches/?archived=false").json()["items"]] == []
    assert [branch["key"] for branch in admin.get("branches/?archived=true").json()["items"]] == ["top", "below"]
