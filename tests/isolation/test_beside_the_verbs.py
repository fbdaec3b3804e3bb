"""What no verb reaches by an id, with the row policies off: jobs, kept answers and clean-up keep to their tenant."""

from datetime import timedelta

import pytest
from django.utils import timezone

from conftest import owner_connection
from ridley.core.access.idempotency import forget_old_keys
from ridley.core.access.models import IdempotencyKey
from ridley.core.files.models import Upload
from ridley.core.files.services import expire_unfinished
from ridley.core.jobs.models import Job
from ridley.core.jobs.progress import tell
from ridley.core.jobs.runner import end, run
from ridley.core.tenants.models import Branch, Grant, Membership
from tests.isolation.rich import sent
from tests.isolation.walls import policies_off
from tests.world import Client, make_world

BRANCH = {"key": "puri", "title": "Puri"}


@pytest.fixture
def tenants(transactional_db):
    """Two tenants, and no policy between them."""
    with owner_connection() as owner, policies_off(owner):
        yield make_world(), make_world()


def waiting_job(world):
    return Job.objects.create(tenant=world.tenant, kind="chores.none", state="running", words="as it was")


def test_a_key_of_a_person_of_two_tenants_is_free_in_the_other_one(tenants):
    ours, theirs = tenants
    user = theirs.member("admin")
    membership = Membership.objects.create(tenant=ours.tenant, user=user)
    Grant.objects.create(tenant=ours.tenant, membership=membership, role="admin")
    for world in (theirs, ours):
        client = Client(world.tenant.key, user)
        made = client.post("branches/", {**BRANCH, "key": world.tenant.key}, headers={"Idempotency-Key": "once"})
        again = client.post("branches/", {**BRANCH, "key": world.tenant.key}, headers={"Idempotency-Key": "once"})
        assert (made.status_code, again.status_code, again.headers["Idempotency-Replayed"]) == (201, 201, "true")
        assert made.json()["key"] == again.json()["key"] == world.tenant.key
    assert sorted(Branch.objects.values_list("tenant_id", "key")) == sorted(
        (world.tenant.pk, world.tenant.key) for world in tenants
    )


def test_forgetting_old_keys_leaves_another_tenants(tenants):
    ours, theirs = tenants
    old = {"actor_id": ours.member().pk, "key": "k", "call": "c", "digest": "d"}
    for world in tenants:
        IdempotencyKey.objects.create(tenant=world.tenant, created_at=timezone.now() - timedelta(days=9), **old)
    assert forget_old_keys(ours.tenant.pk) == 1
    assert [key.tenant_id for key in IdempotencyKey.objects.all()] == [theirs.tenant.pk]


def test_a_job_in_the_queue_under_a_wrong_tenant_is_neither_run_nor_told_of_nor_ended(tenants):
    ours, theirs = tenants
    job = waiting_job(theirs)
    ran = []
    run(lambda scope, progress, **arguments: ran.append(scope), tenant_id=ours.tenant.pk, job_id=job.pk)
    tell(ours.tenant.pk, job.pk, 0.5, "told by a stranger")
    end(ours.trusted(), job.pk, state="done")
    job.refresh_from_db()
    assert (ran, job.state, job.words, job.fraction, job.attempts) == ([], "running", "as it was", 0.0, 0)
    tell(theirs.tenant.pk, job.pk, 0.5, "told by its own")
    job.refresh_from_db()
    assert (job.words, job.fraction) == ("told by its own", 0.5)


def test_cleaning_up_takes_back_the_tenants_own_uploads_alone(tenants):
    made = [sent(world.client("admin"), b"abc", "half.csv", size=6) for world in tenants]
    assert expire_unfinished(tenants[0].trusted(), now=timezone.now() + timedelta(days=9)) == 1
    assert dict(Upload.objects.values_list("id", "state")) == {made[0]: "expired", made[1]: "receiving"}
