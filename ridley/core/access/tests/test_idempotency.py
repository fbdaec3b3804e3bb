"""Idempotency-Key: one effect and one answer, also for calls at the same time and for calls that break off."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate

from ridley.core.access.models import IdempotencyKey
from ridley.core.access.permissions import BRANCHES_EDIT
from ridley.core.access.views import ScopedView
from ridley.core.audit.models import Event
from ridley.core.tenants.models import Branch
from tests.world import Client

KEY = {"Idempotency-Key": "order-1"}
BRANCH = {"key": "a", "title": "A"}


def kept(world, model=IdempotencyKey):
    with world.pinned():
        return model.objects.count()


@pytest.mark.django_db(transaction=True)
def test_eight_parallel_calls_with_one_key_make_one_branch_and_get_one_answer(world):
    admin, barrier = world.member("admin"), Barrier(8)

    def call(_):
        try:
            client = Client(world.tenant.key, admin)
            barrier.wait(timeout=20)
            answer = client.post("branches/", BRANCH, headers=KEY)
            return answer.status_code, answer.json(), answer["ETag"], answer.get("Idempotency-Replayed", "first")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(call, range(8)))
    assert sorted(answer[3] for answer in answers) == ["first"] + ["true"] * 7
    assert {answer[0] for answer in answers} == {201}
    assert all(answer[1:3] == answers[0][1:3] for answer in answers)
    assert (kept(world, Branch), kept(world, Event), kept(world)) == (1, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_parallel_calls_with_other_bodies_have_one_effect_and_the_rest_is_told(world):
    admin, barrier = world.member("admin"), Barrier(4)

    def call(number):
        try:
            client = Client(world.tenant.key, admin)
            barrier.wait(timeout=20)
            return client.post("branches/", {"key": f"b{number}", "title": "B"}, headers=KEY).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(call, range(4))) == [201, 422, 422, 422]
    assert kept(world, Branch) == 1


@pytest.mark.django_db(transaction=True)
def test_a_call_that_breaks_off_after_its_claim_frees_the_key(world):
    class Breaks(ScopedView):
        permissions = {"post": BRANCHES_EDIT}
        works = False

        def post(self, request, tenant):
            assert IdempotencyKey.objects.count() == 1
            Branch.objects.create(tenant_id=self.scope.tenant_id, key="a", title="A")
            if not self.works:
                raise ZeroDivisionError
            return Response({"done": True}, status=202)

    def call(view):
        request = APIRequestFactory().post("/x/", BRANCH, headers=KEY)
        force_authenticate(request, admin)
        return view.as_view()(request, tenant=world.tenant.key)

    admin = world.member("admin")
    with pytest.raises(ZeroDivisionError):
        call(Breaks)
    assert (kept(world), kept(world, Branch)) == (0, 0)
    again = call(type("Works", (Breaks,), {"works": True}))
    assert (again.status_code, again.data, again.get("Idempotency-Replayed")) == (202, {"done": True}, None)
    assert (kept(world), kept(world, Branch)) == (1, 1)


def test_a_refused_call_keeps_no_key(world):
    admin = world.client("admin")
    assert admin.post("branches/", {"key": "a"}, headers=KEY).status_code == 400
    assert kept(world) == 0
    assert admin.post("branches/", BRANCH, headers=KEY).status_code == 201


def test_a_replay_gives_the_same_status_body_and_headers_even_after_the_record_changed(world):
    admin = world.client("admin")
    first = admin.post("branches/", BRANCH, headers=KEY)
    admin.patch(f"branches/{first.json()['id']}/", {"title": "Other"})
    again = admin.post("branches/", BRANCH, headers=KEY)
    assert (again.status_code, again.json(), again["ETag"]) == (201, first.json(), first["ETag"])
    assert again["Idempotency-Replayed"] == "true"


def test_a_key_belongs_to_one_person_of_one_tenant(world, other):
    for client in (world.client("admin"), world.client("admin"), other.client("admin")):
        made = client.post("branches/", {"key": f"b-{client.user.pk.hex[:8]}", "title": "B"}, headers=KEY)
        assert (made.status_code, made.get("Idempotency-Replayed")) == (201, None)


def test_a_key_holds_for_one_address(world):
    admin = world.client("admin")
    assert admin.post("branches/", BRANCH, headers=KEY).status_code == 201
    with world.pinned():
        IdempotencyKey.objects.update(call=f"POST /api/v1/{world.tenant.key}/elsewhere/")
    refused = admin.post("branches/", BRANCH, headers=KEY)
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency-key-reused")


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb"])
def test_a_key_that_is_none_is_refused(world, key):
    refused = world.client("admin").post("branches/", BRANCH, headers={"Idempotency-Key": key})
    assert (refused.status_code, refused.json()["code"]) == (400, "bad-idempotency-key")
    assert kept(world, Branch) == 0


def test_a_person_who_lost_the_right_gets_no_replay(world):
    from ridley.core.tenants.models import Grant

    admin = world.client("admin")
    admin.post("branches/", BRANCH, headers=KEY)
    with world.pinned():
        Grant.objects.filter(membership__user=admin.user).delete()
    assert admin.post("branches/", BRANCH, headers=KEY).status_code == 403
