"""Uploading onto a disk that is really full (a small tmpfs): a clear answer, no half file, and on it goes."""

import random

import pytest
from django.conf import settings as configured

from ridley.core.files.tests.sending import TUS, create, created, offset, refused, send, traces
from tests.running.small_disk import small_disk

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
FILE = random.Random(11).randbytes(3 * 1024**2)
MEGABYTE = 1024**2


@pytest.fixture
def disk(tmp_path):
    with small_disk(tmp_path / "disk", 16) as made:
        yield made


@pytest.fixture
def other_disk(tmp_path):
    with small_disk(tmp_path / "other", 16) as made:
        yield made


def placed(settings, incoming, storage):
    files = configured.STORAGES["default"]
    settings.INCOMING = incoming
    options = {**files["OPTIONS"], "location": storage}
    settings.STORAGES = {**configured.STORAGES, "default": {**files, "OPTIONS": options}}


def test_an_upload_onto_a_full_disk_is_told_and_goes_on_from_its_offset(world, settings, disk, record_property):
    placed(settings, disk.path / "incoming", disk.path / "storage")
    sender = world.client("admin")
    path = created(sender, len(FILE), body=FILE[:MEGABYTE])
    disk.fill(leave=MEGABYTE)
    assert refused(send(sender, path, MEGABYTE, FILE[MEGABYTE:])) == (507, "disk-full")
    arrived = offset(sender, path)
    assert MEGABYTE <= arrived < len(FILE)
    assert refused(send(sender, path, arrived, FILE[arrived:])) == (507, "disk-full")
    assert offset(sender, path) - arrived < 8192  # a page that was still free, at most
    arrived = offset(sender, path)
    _, events, files = traces(world, disk.path)
    assert events == []
    assert {name: content for name, content in files.items() if name != "ballast"} == {
        f"incoming/{world.tenant.pk}/{path.rstrip('/').rpartition('/')[2]}.part": FILE[:arrived]
    }
    disk.make_room()
    assert send(sender, path, arrived, FILE[arrived:]).status_code == 204
    assert b"".join(sender.get(f"{path}content/").streaming_content) == FILE
    assert len(traces(world, disk.path)[2]) == 1
    record_property("counted", f"full disk, uploading: 507 disk-full at byte {arrived} of {len(FILE)}, went on from it")


def test_an_announcement_that_brings_bytes_to_a_full_disk_leaves_nothing(world, settings, disk):
    placed(settings, disk.path / "incoming", disk.path / "storage")
    sender = world.client("admin")
    created(sender, 10, body=FILE[:10])
    before = traces(world, disk.path)
    disk.fill(leave=MEGABYTE)
    assert refused(create(sender, len(FILE), body=FILE)) == (507, "disk-full")
    disk.make_room()
    assert traces(world, disk.path) == before


def test_a_storage_on_another_full_disk_keeps_no_half_file_and_the_upload_ends_by_itself_later(
    world, settings, disk, other_disk
):
    placed(settings, disk.path / "incoming", other_disk.path / "storage")
    sender = world.client("admin")
    path = created(sender, len(FILE))
    other_disk.fill(leave=MEGABYTE)
    assert refused(send(sender, path, 0, FILE)) == (507, "disk-full")
    assert list(traces(world, other_disk.path)[2]) == ["ballast"]
    other_disk.make_room()
    assert offset(sender, path) == len(FILE)  # to ask for the offset is enough
    assert sender.get(path, headers=TUS).json()["state"] == "complete"
    assert list(traces(world, other_disk.path)[2].values()) == [FILE]
