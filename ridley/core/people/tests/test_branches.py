"""Branches over REST."""

from ridley.core.audit.models import Event
from ridley.core.tenants.models import Branch


def test_an_admin_creates_reads_changes_and_archives_a_branch(world):
    admin = world.client("admin")
    made = admin.post("branches/", {"key": "cuttack", "title": "Cuttack"})
    assert made.status_code == 201, made.json()
    branch = made.json()
    assert (branch["key"], branch["title"], branch["version"]) == ("cuttack", "Cuttack", 1)
    path = f"branches/{branch['id']}/"
    read = admin.get(path)
    assert read["ETag"] == f'"branch-{branch["id"]}-1"'
    changed = admin.patch(path, {"title": "Cuttack city"}, headers={"If-Match": read["ETag"]})
    assert (changed.status_code, changed.json()["title"], changed.json()["version"]) == (200, "Cuttack city", 2)
    assert admin.delete(path).status_code == 204
    assert admin.get(path).json()["archived_at"] is not None
    with world.pinned():
        assert [event.kind for event in Event.objects.order_by("id")] == [
            "core.branch_created", "core.branch_changed", "core.branch_archived",
        ]  # fmt: skip


def test_a_stale_etag_is_refused_with_both_versions_and_nothing_changes(world):
    admin = world.client("admin")
    branch = admin.post("branches/", {"key": "puri", "title": "Puri"}).json()
    path = f"branches/{branch['id']}/"
    admin.patch(path, {"title": "Puri beach"})
    refused = admin.patch(path, {"title": "Puri town"}, headers={"If-Match": f'"branch-{branch["id"]}-1"'})
    assert refused.status_code == 412
    assert refused["Content-Type"] == "application/problem+json"
    body = refused.json()
    assert (body["code"], body["current"]["title"], body["yours"]) == ("stale", "Puri beach", {"title": "Puri town"})
    assert admin.get(path).json()["title"] == "Puri beach"


def test_a_viewer_reads_branches_and_may_not_make_one(world):
    viewer = world.client("member")
    assert viewer.get("branches/").json() == {"items": [], "next": None}
    refused = viewer.post("branches/", {"key": "puri", "title": "Puri"})
    assert (refused.status_code, refused.json()["permission"]) == (403, "core.branches_edit")
    with world.pinned():
        assert Branch.objects.count() == 0


def test_another_tenants_branch_is_not_found_and_cannot_be_a_parent(world, other):
    theirs = other.client("admin").post("branches/", {"key": "x", "title": "X"}).json()
    admin = world.client("admin")
    assert admin.get(f"branches/{theirs['id']}/").status_code == 404
    refused = admin.post("branches/", {"key": "y", "title": "Y", "parent_id": theirs["id"]})
    absent = admin.post("branches/", {"key": "y", "title": "Y", "parent_id": 99999999})
    assert refused.status_code == absent.status_code == 422
    assert refused.json()["code"] == absent.json()["code"]
    outsider = admin.get(f"/api/v1/{other.tenant.key}/branches/")
    unknown = admin.get("/api/v1/no-such-tenant/branches/")
    assert (outsider.status_code, outsider.json()) == (unknown.status_code, unknown.json())
    assert outsider.status_code == 404


def test_a_branch_cannot_lie_below_itself(world):
    admin = world.client("admin")
    top = admin.post("branches/", {"key": "top", "title": "Top"}).json()["id"]
    middle = admin.post("branches/", {"key": "middle", "title": "Middle", "parent_id": top}).json()["id"]
    refused = admin.patch(f"branches/{top}/", {"parent_id": middle})
    assert (refused.status_code, refused.json()["code"]) == (422, "branch-circle")
    assert admin.get(f"branches/{top}/").json()["parent_id"] is None


def test_unknown_and_missing_fields_are_named(world):
    admin = world.client("admin")
    refused = admin.post("branches/", {"key": "Bad Key", "titel": "X"})
    assert refused.status_code == 400
    assert [error["field"] for error in refused.json()["errors"]] == ["titel"]
    refused = admin.post("branches/", {"key": "Bad Key"})
    assert sorted(error["field"] for error in refused.json()["errors"]) == ["key", "title"]


def test_the_list_pages_by_cursor_and_exports(world):
    admin = world.client("admin")
    for number in range(5):
        admin.post("branches/", {"key": f"b{number}", "title": f"=B{number}"})
    first = admin.get("branches/?limit=2").json()
    second = admin.get(f"branches/?limit=2&cursor={first['next']}").json()
    third = admin.get(f"branches/?limit=2&cursor={second['next']}").json()
    keys = [item["key"] for page in (first, second, third) for item in page["items"]]
    assert (keys, third["next"]) == (["b0", "b1", "b2", "b3", "b4"], None)
    exported = b"".join(admin.get("branches/?format=csv").streaming_content).decode().splitlines()
    assert exported[0].startswith("id,key,title")
    assert ",b0,'=B0," in exported[1]
    assert len(exported) == 6
    lines = b"".join(admin.get("branches/?format=ndjson").streaming_content).splitlines()
    assert len(lines) == 5
    assert admin.get("branches/?nonsense=1").json()["code"] == "unknown-filter"


def test_the_same_idempotency_key_has_one_effect_and_another_body_is_refused(world):
    admin = world.client("admin")
    key = {"Idempotency-Key": "abc-1"}
    first = admin.post("branches/", {"key": "a", "title": "A"}, headers=key)
    again = admin.post("branches/", {"key": "a", "title": "A"}, headers=key)
    assert (again.status_code, again.json(), again["Idempotency-Replayed"]) == (201, first.json(), "true")
    other_body = admin.post("branches/", {"key": "b", "title": "B"}, headers=key)
    assert (other_body.status_code, other_body.json()["code"]) == (422, "idempotency-key-reused")
    with world.pinned():
        assert list(Branch.objects.values_list("key", flat=True)) == ["a"]


def test_meta_is_read_and_changed_with_its_etag(world):
    admin = world.client("admin")
    read = admin.get("meta/")
    assert read.json()["source_word"] == "insurer"
    changed = admin.patch("meta/", {"description": "A broker", "language": "hi"}, headers={"If-Match": read["ETag"]})
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    stale = admin.patch("meta/", {"description": "Another"}, headers={"If-Match": read["ETag"]})
    assert (stale.status_code, admin.get("meta/").json()["description"]) == (412, "A broker")
    assert world.client("member").patch("meta/", {"description": "x"}).status_code == 403
