"""Jobs: enqueued with the deed, run under the person's name, ended in words."""

import datetime
import json

import pytest
from django.db import OperationalError, connection, transaction
from psycopg import OperationalError as DriverOperationalError

from ridley.core.access.errors import Conflict
from ridley.core.audit.models import Event
from ridley.core.jobs.models import Job
from ridley.core.jobs.progress import Progress, tell
from ridley.core.jobs.registry import MAX_ATTEMPTS, job, registered
from ridley.core.jobs.runner import run
from ridley.core.jobs.services import enqueue
from ridley.core.tenants.models import Branch
from tests import chores
from tests import world as worlds


def queue():
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, task_name, args::text, lock, scheduled_at FROM procrastinate_jobs ORDER BY id")
        return [(id, name, json.loads(args), lock, at) for id, name, args, lock, at in cursor.fetchall()]


def enqueued(world, name, **options):
    with world.pinned():
        return enqueue(world.scope("admin"), name, **options)


def start(made, function=None):
    run(function or registered[made.kind], tenant_id=made.tenant_id, job_id=made.pk)


def seen(world, made):
    return world.client("assistant.viewer").get(f"jobs/{made.pk}/").json()


def branches(world):
    with world.pinned():
        return list(Branch.objects.order_by("key").values_list("key", flat=True))


def test_a_job_waits_in_the_queue_and_is_seen_waiting(world):
    made = enqueued(world, "chores.make", key="a", lock="table-7")
    assert [row[1:] for row in queue()] == [
        ("chores.make", {"tenant_id": world.tenant.pk, "job_id": made.pk}, f"{world.tenant.pk}:table-7", None)
    ]
    assert made.queue_id == queue()[0][0]
    shown = seen(world, made)
    assert (shown["state"], shown["fraction"], shown["words"]) == ("waiting", 0, "Waiting for a worker.")
    assert (shown["kind"], shown["actor_id"]) == ("chores.make", str(made.actor_id))


def test_a_job_can_wait_for_its_moment(world):
    at = datetime.datetime(2999, 1, 1, tzinfo=datetime.UTC)
    made = enqueued(world, "chores.make", key="a", at=at)
    assert queue()[0][4] == at
    assert (seen(world, made)["words"], seen(world, made)["not_before"]) == (
        "Waiting for its moment.", "2999-01-01T00:00:00Z",
    )  # fmt: skip
    assert worlds.run_jobs() == 0


def test_no_deed_no_job(world):
    with transaction.atomic():
        enqueued(world, "chores.make", key="a")
        transaction.set_rollback(True)
    assert queue() == []
    with world.pinned():
        assert Job.objects.count() == 0


def test_a_name_that_is_no_job_is_refused_when_it_is_enqueued(world):
    with pytest.raises(ValueError, match=r"^No job is named 'chores\.nothing'\. Known: .*chores\.make"):
        enqueued(world, "chores.nothing")
    with world.pinned():
        assert (Job.objects.count(), queue()) == (0, [])


def test_two_jobs_cannot_have_one_name():
    with pytest.raises(ValueError, match=r"^Two jobs are named chores\.make\.$"):
        job("chores.make")(chores.make_branch)


def test_a_job_ends_done_with_its_result_and_its_events_carry_the_person_and_the_request(world):
    admin = world.scope("admin")
    scope = type(admin)(admin.tenant_id, admin.actor_id, admin.granted, request_id="request-77")
    with world.pinned():
        made = enqueue(scope, "chores.make", key="a")
    assert worlds.run_jobs() == 1
    shown = seen(world, made)
    assert (shown["state"], shown["fraction"], shown["words"], shown["result"]) == ("done", 1, "Done.", {"key": "a"})
    assert (shown["attempts"], shown["problem"]) == (1, None)
    assert shown["created_at"] <= shown["started_at"] <= shown["ended_at"]
    with world.pinned():
        event = Event.objects.get()
        assert (event.kind, event.actor_id, event.request_id) == ("chores.made", scope.actor_id, "request-77")


def test_a_refusal_ends_the_job_failed_in_words_and_takes_its_writes_back(world):
    made = enqueued(world, "chores.refuse", key="a")
    worlds.run_jobs()
    shown = seen(world, made)
    assert (shown["state"], shown["words"]) == ("failed", "There is no room for another branch.")
    assert shown["problem"] == {
        "code": "no-room", "title": "Not possible now", "detail": "There is no room for another branch.", "room": 0,
    }  # fmt: skip
    assert branches(world) == []


def test_an_unexpected_error_ends_the_job_failed_and_tells_nothing_of_its_inside(world):
    made = enqueued(world, "chores.break", key="a")
    with pytest.raises(ZeroDivisionError):
        start(made)
    shown = seen(world, made)
    assert (shown["state"], shown["problem"]["code"]) == ("failed", "unexpected")
    assert "Zero" not in str(shown)
    assert branches(world) == []


@pytest.mark.parametrize("error", [OperationalError, DriverOperationalError], ids=["Django's", "the driver's"])
def test_a_lost_database_leaves_the_job_to_be_tried_again_until_the_last_attempt(world, error):
    def lose(scope, progress, **arguments):
        raise error("server closed the connection unexpectedly")

    made = enqueued(world, "chores.make", key="a")
    for attempt in range(1, MAX_ATTEMPTS):
        with pytest.raises(error):
            start(made, lose)
        assert (seen(world, made)["state"], seen(world, made)["attempts"]) == ("running", attempt)
    with pytest.raises(error):
        start(made, lose)
    shown = seen(world, made)
    assert (shown["state"], shown["attempts"], shown["problem"]["code"]) == ("failed", MAX_ATTEMPTS, "database-lost")


def test_a_job_whose_workers_died_in_every_attempt_is_ended_and_not_begun_again(world):
    made, begun = enqueued(world, "chores.make", key="a"), []
    with world.pinned():
        Job.objects.filter(pk=made.pk).update(state="running", attempts=MAX_ATTEMPTS)
    start(made, lambda scope, progress, **arguments: begun.append(arguments))
    shown = seen(world, made)
    assert (shown["state"], shown["attempts"], shown["problem"]["code"]) == ("failed", MAX_ATTEMPTS, "worker-lost")
    assert begun == []


def test_an_attempt_after_a_lost_database_ends_the_job_done(world):
    made = enqueued(world, "chores.make", key="a")
    with pytest.raises(OperationalError):
        start(made, lambda scope, progress, key: (_ for _ in ()).throw(OperationalError()))
    start(made)
    assert (seen(world, made)["state"], seen(world, made)["attempts"]) == ("done", 2)


@pytest.mark.parametrize("name", ["chores.make", "chores.refuse"])
def test_a_job_that_has_ended_is_not_run_again(world, name):
    made = enqueued(world, name, key="a")
    start(made)
    before = seen(world, made)
    start(made, lambda *_, **__: pytest.fail("run again"))
    assert seen(world, made) == before


def test_of_two_workers_with_one_job_the_one_that_did_it_has_the_last_word(world):
    made = enqueued(world, "chores.make", key="a")

    def refuse_after_another_has_done_it(scope, progress, **arguments):
        start(made)
        raise Conflict("Too late.")

    start(made, refuse_after_another_has_done_it)
    assert (seen(world, made)["state"], seen(world, made)["result"]) == ("done", {"key": "a"})
    assert seen(world, made)["problem"] is None


def test_a_job_that_was_never_kept_is_passed_over(world):
    run(chores.make_branch, tenant_id=world.tenant.pk, job_id=999_999)
    assert branches(world) == []


def test_another_tenants_job_is_not_seen(world, other):
    made = enqueued(other, "chores.make", key="a")
    assert world.client("assistant.viewer").get(f"jobs/{made.pk}/").status_code == 404
    assert world.client("assistant.viewer").get("jobs/").json()["items"] == []
    assert world.client().get("jobs/").status_code == 403


def test_jobs_are_listed_newest_first_and_filtered(world):
    with world.pinned():
        branch = Branch.objects.create(tenant=world.tenant, key="x", title="X")
    one = enqueued(world, "chores.make", key="a", subject=branch)
    two = enqueued(world, "chores.refuse", key="b")
    worlds.run_jobs()
    client = world.client("assistant.viewer")

    def found(query):
        return [item["id"] for item in client.get(f"jobs/?{query}").json()["items"]]

    assert found("") == [two.pk, one.pk]
    assert (found("state=failed"), found("state=done"), found("state=waiting")) == ([two.pk], [one.pk], [])
    assert (found("kind=chores.make"), found(f"actor={two.actor_id}")) == ([one.pk], [two.pk])
    assert found(f"subject_type=branch&subject_id={branch.pk}") == [one.pk]
    assert client.get("jobs/?state=sleeping").json()["code"] == "bad-filter"


def test_progress_is_told_within_its_bounds_and_only_while_the_job_runs(world):
    made = enqueued(world, "chores.make", key="a")
    tell(world.tenant.pk, made.pk, 0.5, "Too early.")
    assert seen(world, made)["words"] == "Waiting for a worker."
    with world.pinned():
        Job.objects.update(state="running")
    tell(world.tenant.pk, made.pk, 7, "x" * 500)
    assert (seen(world, made)["fraction"], seen(world, made)["words"]) == (1.0, "x" * 300)


def test_progress_is_told_at_most_twice_a_second(world, monkeypatch):
    told = []
    monkeypatch.setattr("ridley.core.jobs.progress.tell", lambda *what: told.append(what))
    progress = Progress(1, 2)
    for number in range(50):
        progress(number / 50, "Counting.")
        progress.finish()
    assert told == [(1, 2, 0.0, "Counting.")]


def test_progress_that_cannot_be_told_stops_no_job(monkeypatch):
    def lost(*_):
        raise OperationalError

    monkeypatch.setattr("ridley.core.jobs.progress.pinned", lost)
    assert tell(1, 2, 0.5, "Half.") is None


def test_idempotency_keys_are_forgotten_after_a_day_for_every_tenant(world, other):
    from datetime import timedelta

    from django.utils import timezone

    from ridley.core.access.models import IdempotencyKey
    from ridley.core.jobs.jobs import forget_keys

    for tenant in (world, other):
        admin = tenant.client("admin")
        for name in ("old", "new"):
            admin.post("branches/", {"key": name, "title": name}, headers={"Idempotency-Key": f"key-{name}"})
        with tenant.pinned():
            a_day_and_more = timezone.now() - timedelta(hours=25)
            IdempotencyKey.objects.filter(key="key-old").update(created_at=a_day_and_more)
    forget_keys(timestamp=0)
    for tenant in (world, other):
        with tenant.pinned():
            assert list(IdempotencyKey.objects.values_list("key", flat=True)) == ["key-new"]
