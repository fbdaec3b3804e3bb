"""What tus 1.0.0 asks of headers: versions, lengths, metadata, checksums."""

import base64
import hashlib
import random

import pytest

from ridley.core.files.tests.sending import TUS, create, created, head, refused, send, traces

FILE = random.Random(11).randbytes(1000)


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"Tus-Resumable": "0.2.2"}, 412, "tus-version"),
        ({"Upload-Length": "-1"}, 400, "bad-upload-length"),
        ({"Upload-Length": ""}, 400, "bad-upload-length"),
        ({"Upload-Metadata": ""}, 400, "bad-upload-metadata"),
        ({"Upload-Metadata": "filename %%%"}, 400, "bad-upload-metadata"),
    ],
)
def test_an_announcement_that_cannot_be_read_is_refused_and_nothing_is_made(world, disk, changed, status, code):
    answer = create(world.client("admin"), 10, **changed)
    assert refused(answer) == (status, code)
    assert answer.get("Tus-Version") == ("1.0.0" if status == 412 else None)
    assert traces(world, disk) == ([], [], {})


def test_bytes_that_cannot_be_read_are_refused_and_nothing_changes(world, disk):
    sender = world.client("admin")
    path = created(sender, 100)
    before = traces(world, disk)
    wrong = sender.patch(path, b"x", content_type="application/json", headers={**TUS, "Upload-Offset": "0"})
    assert refused(wrong) == (415, "unsupported-media-type")
    assert refused(send(sender, path, 0, b"x", **{"Tus-Resumable": "2.0.0"})) == (412, "tus-version")
    assert refused(send(sender, path, "x", b"x")) == (400, "bad-upload-offset")
    assert refused(send(sender, path, 0, b"", **{"Transfer-Encoding": "chunked"})) == (411, "length-required")
    assert refused(create(sender, 3, body=b"abc", **{"Upload-Checksum": "md5 x"})) == (400, "bad-checksum")
    assert head(sender, path).status_code == 200
    assert sender.head(path).status_code == 412
    assert traces(world, disk) == before


def checksum(data, algorithm="sha256"):
    return {"Upload-Checksum": f"{algorithm} {base64.b64encode(hashlib.new(algorithm, data).digest()).decode()}"}


def test_bytes_with_the_right_checksum_are_taken_and_damaged_ones_dropped(world, disk):
    sender = world.client("admin")
    path = created(sender, 100)
    assert send(sender, path, 0, FILE[:40], **checksum(FILE[:40], "sha1")).status_code == 204
    before = traces(world, disk)
    assert refused(send(sender, path, 40, b"damaged", **checksum(FILE[40:47]))) == (460, "checksum-mismatch")
    assert refused(create(sender, 9, body=b"damaged", **checksum(b"x"))) == (460, "checksum-mismatch")
    assert traces(world, disk) == before
    assert send(sender, path, 40, FILE[40:100], **checksum(FILE[40:100])).status_code == 204
    assert sender.get(path).json()["sha256"] == hashlib.sha256(FILE[:100]).hexdigest()


def test_options_tell_what_this_server_speaks(world):
    answer = world.client("member").options("uploads/")
    assert (answer.status_code, answer["Tus-Version"], answer["Tus-Max-Size"]) == (204, "1.0.0", str(2 * 1024**3))
    assert answer["Tus-Extension"] == "creation,creation-with-upload,termination,expiration,checksum"
    assert answer["Tus-Checksum-Algorithm"] == "sha1,sha256"
