"""An apply that was put off: at its moment it is done only if who asked for it may still apply. Each has its twin."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from ridley.core.accounts.models import User
from ridley.core.audit.models import Event
from ridley.core.changes.tests import steps
from ridley.core.changes.tests.steps import as_csv, live_rows, make_table
from ridley.core.changes.tests.test_api import AFTER, BEFORE, decide
from ridley.core.changes.tests.test_deeds import IS, WAS, come_due, deed, prices, state
from ridley.core.tenants.models import Grant, Membership, StaffSession
from tests.world import Client, person, run_jobs

PAST = "2020-01-01T00:00Z"
WEEK = timedelta(days=7)


@pytest.fixture
def table(world):
    made = make_table(world)
    steps.applied(world, made, as_csv(BEFORE))
    return made


@pytest.fixture
def one(world, table):
    made = steps.opened(world, table, as_csv(AFTER))
    decide(world.client("assistant.steward"), made)
    return made


def scheduled(world, one, client):
    """The set, to be applied tomorrow at this person's wish; the job."""
    later = timezone.now() + timedelta(days=1)
    answer = deed(client, one, "apply", at=later.isoformat())
    assert answer.status_code == 202, answer.json()
    return answer.json()["job"]["id"]


def grants(client):
    return Grant.objects.filter(membership__user=client.user)


# What takes the right away between asking and the moment; and next to each what leaves it.
TAKEN = {
    "membership ended": lambda client: Membership.objects.filter(user=client.user).update(until_at=PAST),
    "role ended": lambda client: grants(client).update(until_at=PAST),
    "role narrowed": lambda client: grants(client).update(limits={"source": ["beta"]}),
    "role changed": lambda client: grants(client).update(role="assistant.steward"),
    "switched off": lambda client: User.objects.filter(pk=client.user.pk).update(is_active=False),
}
LEFT = {
    "nothing happened": lambda client: None,
    "membership ends later": lambda client: Membership.objects.filter(user=client.user).update(
        until_at="2990-01-01T00:00Z"
    ),
    "role narrowed to the very source": lambda client: grants(client).update(limits={"source": ["acme"]}),
    "role changed to a wider one": lambda client: grants(client).update(role="admin"),
}


@pytest.mark.parametrize("how", TAKEN)
def test_it_is_refused_with_a_reason_if_the_right_is_gone_and_nothing_is_applied(world, table, one, how):
    client, admin = world.client("assistant.approver"), world.client("admin")
    job = scheduled(world, one, client)
    before = live_rows(world, table)
    with world.pinned():
        TAKEN[how](client)
    come_due()
    run_jobs()
    told = admin.get(f"jobs/{job}/").json()
    assert (told["state"], told["problem"]["code"]) == ("failed", "right-has-ended")
    assert told["problem"]["detail"] == (
        "Nothing was applied: Who asked for it to be applied at this moment may not apply it any more."
    )
    assert live_rows(world, table) == before
    assert (state(admin, one), prices(world, table)) == ("open", WAS)
    with world.pinned():
        event = Event.objects.latest("id")
    assert (event.kind, event.actor_id, event.data["asked_by"]) == (
        "changes.schedule_refused", None, str(client.user.pk),
    )  # fmt: skip
    assert event.reason == "Who asked for it to be applied at this moment may not apply it any more."
    assert deed(admin, one, "apply").status_code == 202  # somebody else takes it up
    run_jobs()
    assert (state(admin, one), prices(world, table)) == ("applied", IS)


@pytest.mark.parametrize("how", LEFT)
def test_it_is_done_if_the_right_is_there_at_the_moment(world, table, one, how):
    client, admin = world.client("assistant.approver"), world.client("admin")
    job = scheduled(world, one, client)
    with world.pinned():
        LEFT[how](client)
    come_due()
    run_jobs()
    assert admin.get(f"jobs/{job}/").json()["state"] == "done"
    assert (state(admin, one), prices(world, table)) == ("applied", IS)


@pytest.mark.parametrize(("runs", "outcome"), [(True, "applied"), (False, "open")])
def test_what_staff_put_off_is_done_only_while_their_session_runs(world, table, one, runs, outcome):
    user, now = person("root"), timezone.now()
    User.objects.filter(pk=user.pk).update(is_superuser=True)
    with world.pinned():
        session = StaffSession.objects.create(
            tenant=world.tenant, user=user, reason="Help.", from_at=now, until_at=now + timedelta(hours=1)
        )
    scheduled(world, one, Client(world.tenant.key, user))
    if not runs:
        with world.pinned():
            StaffSession.objects.filter(pk=session.pk).update(ended_at=now)
    come_due()
    run_jobs()
    assert state(world.client("admin"), one) == outcome


def test_what_was_asked_for_now_is_carried_out_though_the_role_ends_before_a_worker_is_free(world, table, one):
    client = world.client("assistant.approver")
    assert deed(client, one, "apply").status_code == 202
    with world.pinned():
        grants(client).update(until_at=PAST)
    run_jobs()
    assert (state(world.client("admin"), one), prices(world, table)) == ("applied", IS)


@pytest.mark.parametrize(("revoked", "ends"), [(True, ("failed", WAS)), (False, ("done", IS))])
def test_a_program_is_asked_for_its_tokens_at_the_moment(world, table, one, revoked, ends):
    admin = world.client("admin")
    account = admin.post("service-accounts/", {"name": "Nightly", "description": ""}).json()["id"]
    made = admin.post(
        f"service-accounts/{account}/tokens/",
        {"name": "n", "permissions": ["assistant.view", "assistant.apply"], "expires_at": str(timezone.now() + WEEK)},
    ).json()
    program = Client(world.tenant.key, None)
    program.defaults["HTTP_AUTHORIZATION"] = f"Bearer {made['token']}"
    job = scheduled(world, one, program)
    if revoked:
        assert admin.delete(f"service-accounts/{account}/tokens/{made['id']}/").status_code == 204
    come_due()
    run_jobs()
    assert (admin.get(f"jobs/{job}/").json()["state"], prices(world, table)) == ends
