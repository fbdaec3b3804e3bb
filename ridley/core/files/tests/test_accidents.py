"""Full disks, killed servers, and what nobody comes back for."""

import errno
import os
import random
from datetime import timedelta

import pytest
from django.utils import timezone

from ridley.core.files import parts, services, storage
from ridley.core.files.jobs import clean_up
from ridley.core.files.models import Upload
from ridley.core.files.tests.sending import TUS, create, created, head, offset, refused, send, traces

FILE = random.Random(9).randbytes(3 * 1024**2)


def id_of(path):
    return int(path.rstrip("/").rpartition("/")[2])


def age(world, path, **ago):
    with world.pinned():
        Upload.objects.filter(pk=id_of(path)).update(expires_at=timezone.now() - timedelta(**ago))


@pytest.fixture
def full_disk(monkeypatch):
    """After so many more bytes there is no room. Returns a way to say how many, None for a disk without end."""
    room = [None]
    write = os.write

    def limited(descriptor, data):
        if room[0] is None:
            return write(descriptor, data)
        if room[0] == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = write(descriptor, data[: room[0]])
        room[0] -= written
        return written

    monkeypatch.setattr(parts.os, "write", limited)
    return lambda left: room.__setitem__(0, left)


def test_on_a_full_disk_what_arrived_is_kept_and_the_upload_goes_on_when_there_is_room(world, full_disk):
    sender = world.client("admin")
    path = created(sender, len(FILE))
    full_disk(1_500_000)
    assert refused(send(sender, path, 0, FILE)) == (507, "disk-full")
    assert offset(sender, path) == sender.get(path).json()["offset"] == 1_500_000
    full_disk(None)
    assert send(sender, path, 1_500_000, FILE[1_500_000:]).status_code == 204
    assert b"".join(sender.get(f"{path}content/").streaming_content) == FILE


def test_on_a_full_disk_an_announcement_with_bytes_leaves_nothing(world, disk, full_disk):
    full_disk(100)
    assert refused(create(world.client("admin"), len(FILE), body=FILE)) == (507, "disk-full")
    assert traces(world, disk) == ([], [], {})


def test_a_full_storage_keeps_the_part_and_the_upload_is_finished_later(world, disk, monkeypatch):
    sender = world.client("admin")
    path = created(sender, len(FILE))

    def full(*given):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(storage, "linked", full)
        assert refused(send(sender, path, 0, FILE)) == (507, "disk-full")
    assert sender.get(path).json()["state"] == "receiving"
    assert offset(sender, path) == len(FILE)
    assert sender.get(path).json()["state"] == "complete"


@pytest.mark.parametrize("moment", ["before storing", "after storing"])
def test_an_upload_whose_end_was_lost_is_finished_when_its_sender_asks(world, disk, monkeypatch, moment):
    """A sender takes an offset at the end for success: the file must be there then."""
    sender = world.client("admin")
    path = created(sender, len(FILE))

    class Killed(BaseException):
        pass

    def killed(*given, **named):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(*((storage, "keep") if moment == "before storing" else (services, "record")), killed)
        with pytest.raises(Killed):
            send(sender, path, 0, FILE)
    assert sender.get(path).json()["state"] == "receiving"
    told = head(sender, path)
    assert (told.status_code, told["Upload-Offset"]) == (200, str(len(FILE)))
    assert sender.get(path).json()["state"] == "complete"
    _, events, files = traces(world, disk)
    assert (events, list(files.values())) == (["core.file_received"], [FILE])


def test_bytes_that_a_killed_server_had_written_are_not_asked_for_again(world):
    sender = world.client("admin")
    path = created(sender, len(FILE))
    send(sender, path, 0, FILE[:1000])
    with parts.part_path(world.tenant.pk, id_of(path)).open("ab") as part:
        part.write(FILE[1000:5000])  # no request ended after these
    assert offset(sender, path) == 5000
    assert send(sender, path, 5000, FILE[5000:]).status_code == 204
    assert b"".join(sender.get(f"{path}content/").streaming_content) == FILE


def test_a_part_of_an_earlier_database_is_not_taken_for_a_new_uploads(world):
    sender = world.client("admin")
    path = created(sender, 10)
    stale = parts.part_path(world.tenant.pk, id_of(path) + 1)
    stale.parent.mkdir(parents=True, exist_ok=True)
    stale.write_bytes(b"stale")
    following = created(sender, 10)
    assert id_of(following) == id_of(path) + 1
    assert offset(sender, following) == 0


def test_an_expired_upload_takes_no_more_and_is_taken_back_with_its_bytes(world, disk):
    sender = world.client("admin")
    path = created(sender, 100, body=FILE[:10])
    age(world, path, seconds=1)
    before = traces(world, disk)
    assert refused(send(sender, path, 10, FILE[10:20])) == (410, "upload-expired")
    assert refused(sender.delete(path, headers=TUS)) == (410, "upload-expired")
    assert head(sender, path).status_code == 410
    assert traces(world, disk) == before
    clean_up(timestamp=0)
    assert sender.get(path).json()["state"] == "expired"
    assert head(sender, path).status_code == 410
    rows, events, files = traces(world, disk)
    assert ([row["state"] for row in rows], events, files) == (["expired"], ["core.upload_expired"], {})


def test_clean_up_reaches_every_tenant_and_leaves_what_is_complete_or_still_coming(world, other, disk):
    mine, theirs = world.client("admin"), other.client("admin")
    late = [created(mine, 100, body=FILE[:10]), created(theirs, 100, body=FILE[:10])]
    age(world, late[0], hours=1)
    age(other, late[1], hours=1)
    fresh, done = created(mine, 100, body=FILE[:10]), created(mine, 10, body=FILE[:10])
    clean_up(timestamp=0)
    states = [mine.get(path).json()["state"] for path in (late[0], fresh, done)]
    assert [*states, theirs.get(late[1]).json()["state"]] == ["expired", "receiving", "complete", "expired"]
    assert send(mine, fresh, 10, FILE[10:100]).status_code == 204
    clean_up(timestamp=0)
    assert b"".join(mine.get(f"{done}content/").streaming_content) == FILE[:10]
    assert len([path for path in disk.rglob("*") if path.is_file()]) == 2


def test_clean_up_does_not_touch_an_upload_that_somebody_is_sending_to(world, disk):
    sender = world.client("admin")
    path = created(sender, 100, body=FILE[:10])
    age(world, path, hours=1)
    with parts.locked(world.tenant.pk, id_of(path)):
        before = traces(world, disk)
        clean_up(timestamp=0)
        assert traces(world, disk) == before
    clean_up(timestamp=0)
    assert sender.get(path).json()["state"] == "expired"


def test_bytes_that_come_keep_an_upload_for_another_while(world):
    sender = world.client("admin")
    path = created(sender, 100)
    with world.pinned():
        Upload.objects.update(expires_at=timezone.now() + timedelta(minutes=1))
    send(sender, path, 0, FILE[:10])
    with world.pinned():
        left = Upload.objects.get().expires_at - timezone.now()
    assert timedelta(hours=23, minutes=59) < left <= timedelta(hours=24)


def test_old_parts_and_copies_that_nothing_knows_are_removed_and_young_ones_left(world, disk):
    sender = world.client("admin")
    path = created(sender, 100, body=FILE[:10])
    folder = parts.part_path(world.tenant.pk, 0).parent
    old, young = folder / "999998.part", folder / "999999.part"
    copies = storage.copies()
    for file in (old, young, copies / "1-old", copies / "1-young"):
        file.write_bytes(b"x")
    long_ago = timezone.now().timestamp() - 25 * 3600
    for file in (old, copies / "1-old", folder / f"{id_of(path)}.part"):
        os.utime(file, (long_ago, long_ago))
    clean_up(timestamp=0)
    left = sorted(file.name for file in disk.rglob("*") if file.is_file())
    assert left == sorted([f"{id_of(path)}.part", "1-young", "999999.part"])


def test_an_upload_that_went_on_at_the_last_moment_is_not_taken_back(world, disk):
    """Clean-up found it overdue, then its sender came: what counts is how things are under the lock."""
    sender = world.client("admin")
    path = created(sender, 100, body=FILE[:10])
    before = traces(world, disk)
    assert services.expired(world.trusted(), id_of(path), timezone.now()) is False
    assert traces(world, disk) == before
    age(world, path, seconds=1)
    assert services.expired(world.trusted(), id_of(path), timezone.now()) is True


def test_the_lock_of_a_part_that_was_replaced_meanwhile_counts_for_nothing(world, disk):
    with parts.locked(1, 1) as part:
        other = os.open(part.path, parts.OPEN)
        part.remove()
        part.path.write_bytes(b"")
    with pytest.raises(parts.UploadBusy):
        parts.lock(other, part.path)
    part.path.unlink()
    with pytest.raises(parts.UploadBusy):
        parts.lock(other, part.path)
    os.close(other)
