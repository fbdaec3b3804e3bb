"""Uploads, jobs and events of a source out of reach: not for who is limited, nor for members without a product."""

import pytest

from tests.isolation.rich import rich_tenant
from tests.world import run_jobs

LISTS = ("uploads/", "jobs/", "events/")


@pytest.fixture
def tenant(world):
    """An administrator has sent a file of acme and applied it."""
    made = rich_tenant("walrus", ("acme", "beta"))
    run_jobs()
    return made


@pytest.fixture
def paths(tenant):
    """What belongs to the administrator, one by one."""
    ids = tenant.ids["acme"]
    return [f"uploads/{ids['upload']}/", f"uploads/{ids['upload']}/content/", f"jobs/{ids['job']}/"]


def items(client, path):
    response = client.get(path)
    assert response.status_code == 200, response.content
    return response.json()["items"]


def sees_none_of_it(client, tenant, paths):
    for path in LISTS:
        assert {item["actor_id"] for item in items(client, path)} <= {str(client.user.pk)}
        streamed = client.get(f"{path}?format=csv")
        assert str(tenant.admin.user.pk) not in b"".join(streamed.streaming_content).decode()
    assert [client.get(path).status_code for path in paths] == [404, 404, 404]


def test_a_steward_without_limits_sees_what_others_sent_and_did(tenant, paths):
    steward = tenant.world.client("assistant.steward")
    for path in LISTS:
        assert str(tenant.admin.user.pk) in {item["actor_id"] for item in items(steward, path)}
    assert [steward.get(path).status_code for path in paths] == [200, 200, 200]


@pytest.mark.parametrize("wider", [(), ("member",)], ids=["alone", "and a member"])
def test_a_steward_limited_to_a_source_sees_their_own_alone(tenant, paths, wider):
    limits = {"source": ["walrus-beta"]}
    steward = tenant.world.client("assistant.steward", *wider, limits=limits)
    sees_none_of_it(steward, tenant, paths)
    edit = {"kind": "update", "key": "walrus-beta-1", "values": {"price": "7"}}
    table = tenant.ids["beta"]["table"]
    assert steward.post(f"assistant/tables/{table}/edits/", {"changes": [edit]}).status_code < 300
    assert {item["actor_id"] for item in items(steward, "events/")} == {str(steward.user.pk)}
    sees_none_of_it(steward, tenant, paths)


def test_a_limited_steward_opens_no_change_set_from_another_persons_upload(tenant):
    path = f"assistant/tables/{tenant.ids['beta']['table']}/change-sets/"
    body = {"upload_id": tenant.ids["beta"]["upload"], "mode": "delta"}
    limited = tenant.world.client("assistant.steward", limits={"source": ["walrus-beta"]})
    before = len(items(limited, path))
    assert limited.post(path, body).status_code == 404
    assert len(items(limited, path)) == before
    assert tenant.world.client("assistant.steward").post(path, body).status_code == 202


def test_a_member_without_a_product_sees_no_job_of_others(tenant):
    member = tenant.world.client("member")
    assert items(member, "jobs/") == []
    assert member.get(f"jobs/{tenant.ids['acme']['job']}/").status_code == 404
    assert [member.get(path).status_code for path in ("uploads/", "events/")] == [403, 403]
