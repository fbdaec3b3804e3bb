"""Speaks tus to the test client, and looks at what lies on the disk and in the database afterwards."""

import base64
import io
import json

from ridley.core.audit.models import Event
from ridley.core.files.models import Upload

TUS = {"Tus-Resumable": "1.0.0"}
BYTES = "application/offset+octet-stream"


def meta(name="prices.csv", kind="text/csv"):
    pairs = [("filename", name), ("filetype", kind)]
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs)


def create(client, size, *, name="prices.csv", body=None, **headers):
    given = {**TUS, "Upload-Length": str(size), "Upload-Metadata": meta(name), **headers}
    if body is None:
        return client.post("uploads/", headers=given)
    return client.post("uploads/", body, content_type=BYTES, headers=given)


def created(client, size, **given):
    """The path of a new upload."""
    made = create(client, size, **given)
    assert made.status_code == 201, made.json()
    return made["Location"]


def send(client, path, offset, data, **headers):
    given = {**TUS, "Upload-Offset": str(offset), **headers}
    return client.patch(path, data, content_type=BYTES, headers=given)


def send_cut(client, path, offset, data, *, announced):
    """Announce so many bytes and lose the connection after `data`."""
    given = {**TUS, "Upload-Offset": str(offset)}
    environ = {"wsgi.input": CutStream(data), "CONTENT_LENGTH": str(announced)}
    return client.generic("PATCH", path, b"", BYTES, headers=given, **environ)


def head(client, path):
    return client.head(path, headers=TUS)


def offset(client, path):
    return int(head(client, path)["Upload-Offset"])


def refused(answer):
    """Status and code of a refusal, which is always problem+json."""
    assert answer["Content-Type"] == "application/problem+json", (answer.status_code, answer.content)
    assert answer["Tus-Resumable"] == "1.0.0"
    return answer.status_code, json.loads(answer.content)["code"]


class CutStream(io.BytesIO):
    """Gives its bytes in pieces, then fails as a lost connection does."""

    def read(self, size=-1):
        if data := super().read(min(size, 700_000)):
            return data
        raise ConnectionResetError("cut")


def traces(world, disk):
    """All that an upload could leave: its rows, the events, the files on the disk with their bytes."""
    with world.pinned():
        rows = list(Upload.objects.order_by("pk").values())
        events = list(Event.objects.order_by("pk").values_list("kind", flat=True))
    files = {str(path.relative_to(disk)): path.read_bytes() for path in disk.rglob("*") if path.is_file()}
    return rows, events, files
