"""A file that could not be read is kept apart and marked, given only to who may look into it, and goes in time."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ridley.core.changes.tests.steps import make_table
from ridley.core.files import services
from ridley.core.files.jobs import clean_up
from ridley.core.files.models import Upload
from ridley.core.files.tests.sending import created, traces
from tests.world import run_jobs

PDF = b"%PDF-1.7 no table"


def asked(client, table, path, **body):
    upload_id = int(path.rstrip("/").split("/")[-1])
    return client.post(f"assistant/tables/{table.pk}/change-sets/", {"upload_id": upload_id, **body})


@pytest.fixture
def admin(world):
    return world.client("admin")


@pytest.fixture
def path(world, admin):
    """An upload that a job could not read."""
    path = created(admin, len(PDF), name="prices.csv", body=PDF)
    assert asked(admin, make_table(world), path).status_code == 202
    run_jobs()
    return path


def events(client, kind):
    return client.get(f"events/?kind={kind}").json()["items"]


def test_a_file_that_cannot_be_read_is_marked_and_kept_for_a_month(admin, path):
    shown = admin.get(path).json()
    assert (shown["state"], shown["offset"]) == ("quarantined", len(PDF))
    kept = timezone.datetime.fromisoformat(shown["expires_at"]) - timezone.now()
    assert timedelta(days=29) < kept <= timedelta(days=30)
    assert [event["data"]["code"] for event in events(admin, "core.file_quarantined")] == ["bad-file"]


def test_it_is_not_offered_to_a_reader_again(world, admin, path, disk):
    table = make_table(world)
    before = traces(world, disk)
    answer = asked(admin, table, path)
    assert (answer.status_code, answer.json()["code"]) == (409, "upload-quarantined")
    assert traces(world, disk) == before
    whole = created(admin, 19, body=b"code,model\n1,Swift\n")
    assert asked(admin, table, whole).status_code == 202


def test_a_set_that_waited_for_it_meanwhile_fails_in_words(world, admin):
    path = created(admin, len(PDF), body=PDF)
    tables = [make_table(world), make_table(world)]
    sets = [asked(admin, table, path).json()["change_set"]["id"] for table in tables]
    run_jobs()
    found = [admin.get(f"change-sets/{one}/").json() for one in sets]
    assert [(one["state"], one["problem"]["code"]) for one in found] == [
        ("failed", "bad-file"), ("failed", "upload-quarantined"),
    ]  # fmt: skip


def test_its_bytes_go_only_to_who_may_look_into_it_and_only_as_an_attachment(world, admin, path):
    for role in ("assistant.viewer", "assistant.admin"):
        refused = world.client(role).get(f"{path}content/")
        assert (refused.status_code, refused.json()["permission"]) == (403, "core.files_quarantine")
    answer = admin.get(f"{path}content/")
    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Disposition"] == 'attachment; filename="prices.csv.quarantined"'
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_it_goes_when_its_time_is_over_and_not_before(world, admin, path, disk):
    clean_up(timestamp=0)
    assert len([each for each in disk.rglob("*") if each.is_file()]) == 1
    with world.pinned():
        Upload.objects.update(expires_at=timezone.now())
    clean_up(timestamp=0)
    assert admin.get(path).json()["state"] == "expired"
    assert [each for each in disk.rglob("*") if each.is_file()] == []
    assert len(events(admin, "core.upload_expired")) == 1
    answer = admin.get(f"{path}content/")
    assert (answer.status_code, answer.json()["code"]) == (409, "upload-not-complete")


def test_options_that_do_not_fit_the_file_put_nothing_apart(world, admin):
    path = created(admin, 17, body="code,model\n1,Zoë\n".encode("cp1252"))
    table = make_table(world)
    for options, code in (({"encoding": "utf-8"}, "bad-option"), ({"header_row": 9}, "bad-option"), ({}, None)):
        made = asked(admin, table, path, options=options)
        assert made.status_code == 202, made.json()
        run_jobs()
        found = admin.get(f"change-sets/{made.json()['change_set']['id']}/").json()
        assert (found["problem"] or {}).get("code") == code
        assert admin.get(path).json()["state"] == "complete"


def test_only_a_whole_file_is_put_apart(world, admin):
    path = created(admin, 10, body=b"abc")
    with world.pinned():
        services.quarantine(world.trusted(), id=int(path.rstrip("/").split("/")[-1]), code="bad-file")
    assert admin.get(path).json()["state"] == "receiving"
