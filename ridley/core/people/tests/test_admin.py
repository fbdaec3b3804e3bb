"""A tenant changed in the installation's admin: like a change over the API, with version and event."""

import pytest
from django.test import Client

from ridley.core.audit.models import Event
from ridley.core.tenants.models import Tenant
from tests.world import person


@pytest.fixture
def root(db):
    user = person("root")
    user.is_staff = user.is_superuser = True
    user.save()
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.user = user
    return client


def saved(root, tenant, **changes):
    values = {
        "key": tenant.key,
        "name": tenant.name,
        "language": "en",
        "source_word": "insurer",
        "default_role": "member",
        "products": "assistant",
    }
    response = root.post(f"/admin/tenants/tenant/{tenant.pk}/change/", {**values, **changes})
    assert response.status_code == 302, response.content.decode()
    return Tenant.objects.get(pk=tenant.pk)


def events(world):
    with world.pinned():
        return list(Event.objects.order_by("id"))


def test_a_change_raises_the_version_by_one_and_is_an_event_of_that_tenant(root, world, other):
    tenant = saved(root, world.tenant, name="Changed", products="assistant,academy", support_email="a@example.com")
    assert (tenant.version, tenant.name, tenant.products) == (2, "Changed", ["assistant", "academy"])
    (event,) = events(world)
    assert (event.kind, event.actor_id) == ("core.tenant_changed", root.user.pk)
    assert (event.subject_type, event.subject_id, len(event.request_id)) == ("tenant", str(tenant.pk), 32)
    assert event.data == {
        "before": {"name": world.tenant.name, "products": ["assistant"], "support_email": ""},
        "after": {"name": "Changed", "products": ["assistant", "academy"], "support_email": "a@example.com"},
    }
    assert events(other) == []
    assert Event.objects.count() == 0  # and no pin is left


def test_saving_without_a_change_leaves_version_and_events_as_they_were(root, world):
    assert saved(root, world.tenant).version == 1
    assert events(world) == []


def test_who_read_before_the_change_is_told_by_the_etag(root, world):
    admin = world.client("admin")
    seen = admin.get("meta/")["ETag"]
    saved(root, world.tenant, name="Changed")
    stale = admin.patch("meta/", {"description": "Mine"}, headers={"If-Match": seen})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
