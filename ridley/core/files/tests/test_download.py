"""Download, and files for the programs that read them."""

import random
from pathlib import Path

import pytest
from django.core.files.storage import Storage, default_storage

from ridley.core.files import queries, services
from ridley.core.files.models import Upload
from ridley.core.files.tests.sending import create, created, send

FILE = random.Random(8).randbytes(2 * 1024**2 + 5)


def test_what_is_downloaded_equals_what_was_sent_byte_by_byte(world):
    path = created(world.client("admin"), len(FILE), name="../prix été.csv", body=FILE)
    answer = world.client("admin").get(f"{path}content/")
    assert b"".join(answer.streaming_content) == FILE
    assert (answer.status_code, answer["Content-Length"]) == (200, str(len(FILE)))
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''prix%20%C3%A9t%C3%A9.csv"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, no-cache"


def test_an_unfinished_file_is_not_given_out(world):
    admin = world.client("admin")
    path = created(admin, 10, body=b"abc")
    answer = admin.get(f"{path}content/")
    assert (answer.status_code, answer.json()["code"]) == (409, "upload-not-complete")


def test_who_may_not_see_files_cannot_download_and_who_may_can(world):
    path = created(world.client("admin"), 3, body=b"abc")
    answer = world.client("member").get(f"{path}content/")
    assert (answer.status_code, answer.json()["permission"]) == (403, "core.files_view")
    assert b"".join(world.client("assistant.viewer").get(f"{path}content/").streaming_content) == b"abc"


def test_a_program_reads_the_stored_file_itself_where_storage_is_a_folder(world, disk):
    create(world.client("admin"), 3, body=b"abc")
    with world.pinned():
        upload = queries.complete_upload(world.trusted(), Upload.objects.get().pk)
    with services.local_copy(upload) as path:
        assert (path, path.read_bytes()) == (disk / "storage" / upload.storage_name, b"abc")
    assert path.exists()


class Bucket(Storage):
    """A storage that has no paths, as a bucket has none."""

    def __init__(self, folder):
        super().__init__()
        self.folder = folder

    def exists(self, name):
        return (self.folder / name).exists()

    def delete(self, name):
        (self.folder / name).unlink(missing_ok=True)

    def _open(self, name, mode="rb"):
        return (self.folder / name).open(mode)

    def _save(self, name, content):
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_bytes(b"".join(content.chunks()))
        return name


@pytest.fixture
def bucket(tmp_path, monkeypatch):
    """The default storage is a bucket for this test."""
    found = Bucket(tmp_path / "bucket")
    default_storage._setup()
    monkeypatch.setattr(default_storage, "_wrapped", found)
    return found


def test_a_file_in_a_bucket_is_uploaded_downloaded_and_copied_for_as_long_as_it_is_read(world, bucket, disk):
    admin = world.client("admin")
    path = created(admin, len(FILE), body=FILE)
    assert b"".join(admin.get(f"{path}content/").streaming_content) == FILE
    with world.pinned():
        upload = Upload.objects.get()
    assert (bucket.folder / upload.storage_name).read_bytes() == FILE
    assert [path for path in (disk / "incoming").rglob("*") if path.is_file()] == []
    with services.local_copy(upload) as copy:
        assert copy.read_bytes() == FILE
        assert copy.stat().st_mode & 0o777 == 0o600
    assert not copy.exists()


def test_on_one_disk_the_bytes_are_not_copied_into_storage(world, disk):
    sender = world.client("admin")
    path = created(sender, len(FILE), body=FILE[:1000])
    (part,) = [path for path in disk.rglob("*") if path.is_file()]
    before = part.stat().st_ino
    send(sender, path, 1000, FILE[1000:])
    (stored,) = [path for path in disk.rglob("*") if path.is_file()]
    assert (stored.stat().st_ino, stored.stat().st_nlink, stored.name == part.name) == (before, 1, False)


def test_where_a_part_cannot_be_linked_into_storage_it_is_copied(world, disk, monkeypatch):
    from ridley.core.files import storage

    def other_disk(*paths):
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(storage.os, "link", other_disk)
    path = created(world.client("admin"), len(FILE), body=FILE)
    assert b"".join(world.client("admin").get(f"{path}content/").streaming_content) == FILE
    stored = [path for path in disk.rglob("*") if path.is_file()]
    assert [(path.parts[-4], path.stat().st_mode & 0o777) for path in stored] == [("storage", 0o600)]


def test_bytes_in_memory_are_stored_in_one_call(world):
    with world.pinned():
        scope = world.scope("admin")
        upload = services.store_bytes(scope, name="a.csv", content=FILE)
        assert (upload.state, upload.size, upload.actor_id) == ("complete", len(FILE), scope.actor_id)
        with services.local_copy(upload) as path:
            assert Path(path).read_bytes() == FILE
