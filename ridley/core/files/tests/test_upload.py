"""Resumable upload over REST, by tus 1.0.0."""

import hashlib
import random

from ridley.core.audit.models import Event
from ridley.core.files.models import Upload
from ridley.core.files.tests.sending import (
    TUS,
    create,
    created,
    head,
    meta,
    offset,
    refused,
    send,
    send_cut,
    traces,
)

FILE = random.Random(7).randbytes(3 * 1024**2 + 17)
SHA = hashlib.sha256(FILE).hexdigest()


def test_a_file_sent_in_pieces_is_complete_with_its_hash_in_storage_and_an_event(world, disk):
    user = world.member("admin")
    sender = world.client("admin")
    sender.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    path = created(sender, len(FILE))
    assert path.startswith(f"/api/v1/{world.tenant.key}/uploads/")
    sent = 0
    for end in (10, 2_000_000, len(FILE)):
        answer = send(sender, path, sent, FILE[sent:end])
        assert (answer.status_code, answer["Upload-Offset"], answer.content) == (204, str(end), b"")
        sent = end
    shown = sender.get(path).json()
    assert (shown["state"], shown["size"], shown["offset"]) == ("complete", len(FILE), len(FILE))
    assert (shown["sha256"], shown["name"], shown["media_type"]) == (SHA, "prices.csv", "text/csv")
    assert (shown["actor_id"], shown["completed_at"] is None) == (str(user.pk), False)
    stored = f"{world.tenant.pk}/{SHA[:2]}/{shown['id']}-{SHA}"
    _, _, files = traces(world, disk)
    assert files == {f"storage/{stored}": FILE}
    assert (disk / "storage" / stored).stat().st_mode & 0o777 == 0o600
    assert (disk / "storage" / stored).parent.stat().st_mode & 0o777 == 0o700
    with world.pinned():
        event = Event.objects.get()
        assert (event.kind, event.actor_id, event.subject_type) == ("core.file_received", user.pk, "upload")
        assert event.data == {"name": "prices.csv", "size": len(FILE), "sha256": SHA}


def test_a_file_sent_with_its_announcement_is_complete_at_once(world):
    sender = world.client("admin")
    made = create(sender, len(FILE), body=FILE)
    assert (made.status_code, made["Upload-Offset"]) == (201, str(len(FILE)))
    assert "Upload-Expires" not in made
    assert (made.json()["state"], made.json()["sha256"]) == ("complete", SHA)


def test_a_browser_may_send_the_bytes_with_the_announcement_too_and_needs_its_csrf_token(world):
    sender = world.client("admin")
    sender.handler.enforce_csrf_checks = True
    token = sender.cookies["csrftoken"] = "t" * 32
    refused_without = create(sender, len(FILE), body=FILE)
    assert (refused_without.status_code, refused_without.json()["code"]) == (403, "denied")
    sender.credentials(HTTP_X_CSRFTOKEN=token)
    made = create(sender, len(FILE), body=FILE)
    assert (made.status_code, made.json()["sha256"]) == (201, SHA)


def test_the_announcement_may_bring_the_first_bytes_only(world):
    sender = world.client("admin")
    made = create(sender, len(FILE), body=FILE[:1000])
    assert (made.status_code, made["Upload-Offset"], made.json()["state"]) == (201, "1000", "receiving")
    assert made["Upload-Expires"].endswith(" GMT")
    send(sender, made["Location"], 1000, FILE[1000:])
    assert sender.get(made["Location"]).json()["sha256"] == SHA


def test_a_file_of_no_bytes_is_complete_when_announced(world, disk):
    sender = world.client("admin")
    made = create(sender, 0).json()
    assert (made["state"], made["sha256"]) == ("complete", hashlib.sha256(b"").hexdigest())
    assert list(traces(world, disk)[2].values()) == [b""]


def test_after_a_cut_what_arrived_counts_and_the_rest_completes_the_file(world):
    sender = world.client("admin")
    path = created(sender, len(FILE))
    answer = send_cut(sender, path, 0, FILE[:1_500_000], announced=len(FILE))
    assert (answer.status_code, answer["Upload-Offset"]) == (204, "1500000")
    told = head(sender, path)
    assert (told.status_code, told["Upload-Offset"], told["Upload-Length"]) == (200, "1500000", str(len(FILE)))
    assert (told["Cache-Control"], told["Upload-Metadata"]) == ("no-store", meta())
    assert sender.get(path).json()["offset"] == 1_500_000
    send(sender, path, 1_500_000, FILE[1_500_000:])
    assert sender.get(path).json()["sha256"] == SHA


def test_bytes_at_another_offset_are_refused_with_the_right_one_and_nothing_changes(world, disk):
    sender = world.client("admin")
    path = created(sender, len(FILE))
    send(sender, path, 0, FILE[:100])
    before = traces(world, disk)
    for wrong in (0, 99, 101, len(FILE)):
        answer = send(sender, path, wrong, FILE[wrong : wrong + 10])
        assert refused(answer) == (409, "offset-mismatch")
        assert answer.json()["offset"] == 100
    assert traces(world, disk) == before


def test_more_bytes_than_announced_are_refused_and_nothing_changes(world, disk):
    sender = world.client("admin")
    path = created(sender, 100)
    send(sender, path, 0, FILE[:40])
    before = traces(world, disk)
    assert refused(send(sender, path, 40, FILE[40:101])) == (413, "more-than-announced")
    assert refused(create(sender, 100, body=FILE[:101])) == (413, "more-than-announced")
    assert traces(world, disk) == before
    assert send(sender, path, 40, FILE[40:100]).status_code == 204


def test_a_file_over_the_budget_is_refused_and_one_of_the_budget_is_not(world, disk, settings):
    settings.UPLOAD_MAX_BYTES = 1000
    sender = world.client("admin")
    answer = create(sender, 1001)
    assert refused(answer) == (413, "upload-too-large")
    assert answer.json()["most"] == 1000
    assert traces(world, disk) == ([], [], {})
    assert create(sender, 1000).status_code == 201


def test_a_second_request_to_the_same_upload_is_told_that_it_is_busy(world, disk):
    from ridley.core.files import parts

    sender = world.client("admin")
    path = created(sender, 100)
    id = int(path.rstrip("/").rpartition("/")[2])
    send(sender, path, 0, FILE[:10])
    with parts.locked(world.tenant.pk, id):
        before = traces(world, disk)
        assert refused(send(sender, path, 10, FILE[10:20])) == (423, "upload-busy")
        assert refused(sender.delete(path, headers=TUS)) == (423, "upload-busy")
        assert offset(sender, path) == 10
        assert traces(world, disk) == before
    assert send(sender, path, 10, FILE[10:20]).status_code == 204


def test_a_terminated_upload_is_gone_with_what_had_arrived(world, disk):
    sender = world.client("admin")
    path = created(sender, 100)
    send(sender, path, 0, FILE[:10])
    assert sender.delete(path, headers=TUS).status_code == 204
    assert head(sender, path).status_code == 404
    assert refused(send(sender, path, 10, FILE[10:20])) == (404, "not-found")
    assert refused(sender.delete(path, headers=TUS)) == (404, "not-found")
    rows, events, files = traces(world, disk)
    assert (rows, events, files) == ([], ["core.upload_terminated"], {})


def test_a_complete_file_can_be_neither_terminated_nor_added_to(world, disk):
    sender = world.client("admin")
    path = created(sender, 10, body=FILE[:10])
    before = traces(world, disk)
    assert refused(sender.delete(path, headers=TUS)) == (409, "upload-not-receiving")
    assert refused(send(sender, path, 10, b"")) == (409, "upload-not-receiving")
    assert offset(sender, path) == 10
    assert traces(world, disk) == before


def test_another_persons_upload_is_neither_continued_nor_ended_nor_told_of(world, disk):
    sender, colleague = world.client("admin"), world.client("admin")
    path = created(sender, 100)
    send(sender, path, 0, FILE[:10])
    before = traces(world, disk)
    absent = send(colleague, "uploads/99999999/", 10, FILE[10:20])
    answer = send(colleague, path, 10, FILE[10:20])
    assert refused(answer) == refused(absent) == (404, "not-found")
    assert answer.json() == absent.json()
    assert head(colleague, path).status_code == 404
    assert refused(colleague.delete(path, headers=TUS)) == (404, "not-found")
    assert traces(world, disk) == before
    assert colleague.get(path).json()["offset"] == 10
    assert send(sender, path, 10, FILE[10:20]).status_code == 204


def test_another_tenants_upload_answers_like_one_that_does_not_exist(world, other, disk):
    theirs = created(other.client("admin"), 100, body=FILE[:10])
    id = theirs.rstrip("/").rpartition("/")[2]
    before = traces(other, disk)
    outsider = world.client("admin")
    calls = {
        "patch": lambda path: send(outsider, path, 10, FILE[10:20]),
        "delete": lambda path: outsider.delete(path, headers=TUS),
        "get": lambda path: outsider.get(path),
        "content": lambda path: outsider.get(f"{path}content/"),
    }
    for path in (f"uploads/{id}/", theirs):
        for name, call in calls.items():
            found, missing = call(path), call(path.replace(f"/{id}/", "/99999999/"))
            assert (found.status_code, found.json()) == (missing.status_code, missing.json()), name
            assert found.status_code == 404
        assert head(outsider, path).status_code == 404
    assert traces(other, disk) == before
    assert not (disk / "incoming" / str(world.tenant.pk)).exists()


def test_who_may_not_upload_can_do_none_of_it(world, disk):
    sender = world.client("admin")
    path = created(sender, 100, body=FILE[:10])
    before = traces(world, disk)
    member = world.client("member")
    for answer in (create(member, 10), send(member, path, 10, b"x"), member.delete(path, headers=TUS)):
        assert refused(answer) == (403, "denied")
        assert answer.json()["permission"] == "core.files_upload"
    assert member.get(path).json()["permission"] == "core.files_view"
    assert member.get("uploads/").json()["permission"] == "core.files_view"
    assert head(member, path).status_code == 403
    assert traces(world, disk) == before


def test_names_that_look_like_paths_are_only_shown(world, disk):
    sender = world.client("admin")
    for name in ("../../etc/passwd", "/etc/cron.d/x", "..", "C:\\boot.ini", "a" * 255):
        made = create(sender, 3, name=name, body=b"abc").json()
        assert (made["name"], made["state"]) == (name, "complete")
    rows, _, files = traces(world, disk)
    assert sorted(files) == sorted(f"storage/{row['storage_name']}" for row in rows)
    assert len(files) == 5
    for row in rows:
        assert row["storage_name"] == f"{world.tenant.pk}/ba/{row['id']}-{hashlib.sha256(b'abc').hexdigest()}"


def test_the_list_shows_and_filters_uploads(world):
    sender = world.client("admin")
    done = create(sender, 3, name="a.csv", body=b"abc").json()
    open_one = create(sender, 3, name="b.csv").json()
    for query, wanted in (
        ("", [open_one, done]),
        ("?state=complete", [done]),
        (f"?sha256={done['sha256']}", [done]),
        ("?name=b.csv", [open_one]),
        (f"?actor={sender.user.pk}", [open_one, done]),
        (f"?actor={world.member('admin').pk}", []),
    ):
        assert sender.get(f"uploads/{query}").json()["items"] == wanted, query
    assert sender.get("uploads/?state=lost").json()["code"] == "bad-filter"


def test_no_transaction_is_held_while_bytes_come(world, monkeypatch):
    """Between the door and the last byte no transaction is open."""
    from django.db import connection

    from ridley.core.files import parts

    sender = world.client("admin")
    path = created(sender, len(FILE))
    outside = connection.savepoint_ids[:]
    seen = []
    write = parts.write_all
    monkeypatch.setattr(parts, "write_all", lambda *given: (seen.append(connection.savepoint_ids[:]), write(*given)))
    send(sender, path, 0, FILE)
    assert len(seen) == 4
    assert all(open_ones == outside for open_ones in seen)
    with world.pinned():
        assert Upload.objects.get().state == "complete"
