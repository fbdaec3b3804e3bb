"""A tenant that lets in only who gave a second factor: at the next request, by cookie and by token."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ridley.core.accounts.models import Kind
from ridley.core.accounts.tests.asking import PASSWORD, FrontEnd, code, member, with_password
from ridley.core.audit.models import Event
from ridley.core.tenants.models import StaffSession, Tenant
from tests.world import Client, person


@pytest.fixture
def asha(world):
    return member(world, "admin")


def required(world, value=True):
    Tenant.objects.filter(pk=world.tenant.pk).update(requires_second_factor=value)


def ask(device, world, path="branches/"):
    answer = device.get(f"/api/v1/{world.tenant.key}/{path}")
    return answer.status_code, answer.json().get("code")


REFUSED = (403, "second-factor-required")


@pytest.mark.parametrize("kind", ["browser", "app"])
def test_it_takes_effect_at_the_next_request_and_ends_with_a_code(world, asha, clock, kind):
    bikram = member(world, "member")
    device = FrontEnd(kind)
    device.sign_in(bikram)
    assert ask(device, world) == (200, None)
    required(world)
    assert ask(device, world) == REFUSED
    secret = device.enrol(bikram)
    assert ask(device, world) == (200, None)  # who connects an app has just given a code of it
    clock.next_code()
    other = FrontEnd(kind)
    other.sign_in(bikram)
    assert other.get(f"/api/v1/{world.tenant.key}/branches/").status_code == 401
    other.post("auth/2fa/authenticate", {"code": code(secret)})
    assert ask(other, world) == (200, None)


@pytest.mark.parametrize("kind", ["browser", "app"])
def test_a_session_of_before_the_app_was_connected_gives_a_code_and_goes_on(world, asha, clock, kind):
    early, late = FrontEnd(kind), FrontEnd()
    early.sign_in(asha)
    late.sign_in(asha)
    secret = late.enrol(asha)
    clock.next_code()
    required(world)
    assert (ask(early, world), ask(late, world)) == (REFUSED, (200, None))
    early.post("auth/reauthenticate", {"password": PASSWORD})
    assert ask(early, world) == REFUSED  # a password is none
    early.post("auth/2fa/reauthenticate", {"code": code(secret)})
    assert ask(early, world) == (200, None)


def test_a_recovery_code_is_a_second_factor(world, asha, clock):
    device = FrontEnd()
    device.sign_in(asha)
    device.enrol(asha)
    recovery = device.get("account/authenticators/recovery-codes").json()["data"]["unused_codes"][0]
    required(world)
    other = FrontEnd()
    other.sign_in(asha)
    other.post("auth/2fa/authenticate", {"code": recovery})
    assert ask(other, world) == (200, None)


def test_outsiders_are_told_nothing_of_it_and_other_tenants_do_not_ask(world, other, asha):
    required(world)
    outsider = other.client("admin")
    assert outsider.get(f"/api/v1/{world.tenant.key}/branches/").status_code == 404
    assert outsider.get("branches/").status_code == 200


def test_a_streaming_address_asks_too(world, asha):
    client = world.client("admin")
    announced = {"Tus-Resumable": "1.0.0", "Upload-Length": "3", "Upload-Metadata": "filename eC5jc3Y="}

    def send():
        return client.generic(
            "POST", "uploads/", b"abc", content_type="application/offset+octet-stream", headers=announced
        )  # fmt: skip

    assert send().status_code == 201
    required(world)
    assert (send().status_code, send().json()["code"]) == REFUSED


def test_programs_are_exempt_and_staff_sessions_are_not(world, clock):
    required(world)
    program = world.member("member")
    type(program).objects.filter(pk=program.pk).update(kind=Kind.SERVICE)
    assert Client(world.tenant.key, program).get("branches/").status_code in (200, 401)  # a program has no cookie
    root = with_password(person("root"))
    type(root).objects.filter(pk=root.pk).update(is_superuser=True)
    with world.pinned():
        until = timezone.now() + timedelta(hours=1)
        StaffSession.objects.create(tenant=world.tenant, user=root, reason="Help", until_at=until)
    device = FrontEnd()
    device.sign_in(root)
    assert ask(device, world) == REFUSED
    device.enrol(root)
    assert ask(device, world) == (200, None)


def test_an_admin_without_one_does_not_shut_themselves_out_by_requiring_it(world, asha):
    device = FrontEnd()
    device.sign_in(asha)
    meta = f"/api/v1/{world.tenant.key}/meta/"
    refused = device.ask("PATCH", meta, {"requires_second_factor": True})
    assert (refused.status_code, refused.json()["code"]) == (409, "second-factor-missing")
    assert device.get(meta).json()["requires_second_factor"] is False
    device.enrol(asha)
    done = device.ask("PATCH", meta, {"requires_second_factor": True})
    assert (done.status_code, done.json()["requires_second_factor"]) == (200, True)
    with world.pinned():
        (event,) = Event.objects.all()
    assert (event.kind, event.actor_id) == ("core.tenant_changed", asha.pk)
    assert event.data == {"before": {"requires_second_factor": False}, "after": {"requires_second_factor": True}}
    assert device.ask("PATCH", meta, {"requires_second_factor": False}).status_code == 200


def test_who_may_not_change_the_tenant_does_not_require_it(world):
    refused = world.client("member").patch("meta/", {"requires_second_factor": True})
    assert refused.status_code == 403
    assert Tenant.objects.get(pk=world.tenant.pk).requires_second_factor is False
