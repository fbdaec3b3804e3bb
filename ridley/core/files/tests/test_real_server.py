"""Over a real connection to the web server: sent by half, cut, resumed."""

import hashlib
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from urllib.parse import quote

import psutil
import pytest

from ridley.core.files.tests.sending import BYTES, TUS, meta

FILE = random.Random(10).randbytes(8 * 1024**2 + 3)
HALF = 4 * 1024**2 + 1


@pytest.fixture
def server(transactional_db, settings, tmp_path):
    """The address of a web server with this test's database and a disk of its own."""
    from django.db import connection

    values = connection.settings_dict
    database = (
        f"postgresql://{values['USER']}:{quote(values['PASSWORD'])}@{values['HOST']}:{values['PORT']}/{values['NAME']}"
    )
    (tmp_path / "static").mkdir()
    log = (tmp_path / "log").open("w+")
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "ridley.config.wsgi", "--bind", "127.0.0.1:0", "--threads", "4"],
        env={**os.environ, "DATABASE_URL": database, "RIDLEY_HOME": str(tmp_path), "RIDLEY_LOG_LEVEL": "INFO"},
        cwd=settings.ROOT,
        stderr=log,
        stdout=log,
    )
    try:
        yield listening(process, tmp_path / "log"), process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        log.close()


def listening(process, log):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if found := re.search(r"Listening at: http://127\.0\.0\.1:(\d+)", log.read_text()):
            return int(found[1])
        time.sleep(0.05)
    raise AssertionError(log.read_text())


class Sender:
    """A signed-in member who speaks HTTP themselves."""

    def __init__(self, port, client):
        self.port = port
        session = client.cookies["sessionid"].value
        token = "t" * 32
        self.headers = {**TUS, "Cookie": f"sessionid={session}; csrftoken={token}", "X-CSRFToken": token}

    def call(self, method, path, body=None, **headers):
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body=body, headers={**self.headers, **headers})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    @contextmanager
    def opened(self, path, *, announced):
        """A connection on which a PATCH of so many bytes has begun. It is cut when the block ends."""
        lines = {**self.headers, "Host": "127.0.0.1", "Content-Type": BYTES, "Upload-Offset": 0}
        head = "".join(f"{name}: {value}\r\n" for name, value in {**lines, "Content-Length": announced}.items())
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            connection.sendall(f"PATCH {path} HTTP/1.1\r\n{head}\r\n".encode())
            yield connection

    def wait_for(self, path, *, offset):
        """What HEAD tells, once so many bytes have arrived."""
        for _ in range(400):
            with suppress(OSError):  # a killed server comes back after a moment
                status, headers, _ = self.call("HEAD", path)
                assert status in (200, 423)
                if status == 200 and int(headers["Upload-Offset"]) >= offset:
                    return int(headers["Upload-Offset"])
            time.sleep(0.05)
        raise AssertionError(f"{offset} bytes never arrived.")


@pytest.fixture
def sender(server, world):
    return Sender(server[0], world.client("admin"))


def begin(sender, world):
    status, headers, _ = sender.call(
        "POST", f"/api/v1/{world.tenant.key}/uploads/", **{"Upload-Length": str(len(FILE)), "Upload-Metadata": meta()}
    )
    assert status == 201
    return headers["Location"]


def test_a_file_cut_in_half_is_resumed_and_has_the_same_hash(sender, world):
    path = begin(sender, world)
    with sender.opened(path, announced=len(FILE)) as connection:
        connection.sendall(FILE[:HALF])
    assert sender.wait_for(path, offset=HALF) == HALF
    status, headers, body = sender.call(
        "PATCH", path, FILE[HALF:], **{"Content-Type": BYTES, "Upload-Offset": str(HALF)}
    )
    assert (status, headers["Upload-Offset"], body) == (204, str(len(FILE)), b"")
    status, headers, body = sender.call("GET", f"{path}content/")
    assert (status, hashlib.sha256(body).digest()) == (200, hashlib.sha256(FILE).digest())
    assert hashlib.sha256(FILE).hexdigest().encode() in sender.call("GET", path)[2]


def test_a_body_in_chunks_is_taken_to_its_end_and_not_past_what_was_announced(sender, world):
    path = begin(sender, world)
    headers = {"Content-Type": BYTES, "Upload-Offset": "0"}
    pieces = [FILE[start : start + 900_000] for start in range(0, len(FILE), 900_000)]
    status, _, body = sender.call("PATCH", path, iter([*pieces, b"x"]), **headers)
    assert (status, b'"code":"more-than-announced"' in body) == (413, True)
    assert sender.call("HEAD", path)[1]["Upload-Offset"] == "0"
    status, told, _ = sender.call("PATCH", path, iter(pieces), **headers)
    assert (status, told["Upload-Offset"]) == (204, str(len(FILE)))
    assert hashlib.sha256(FILE).hexdigest().encode() in sender.call("GET", path)[2]


def test_while_one_request_sends_another_is_told_to_wait_and_does_not_disturb_it(sender, world):
    path = begin(sender, world)
    second = {"Content-Type": BYTES, "Upload-Offset": str(HALF)}
    with sender.opened(path, announced=len(FILE)) as connection:
        connection.sendall(FILE[:HALF])
        sender.wait_for(path, offset=HALF // 1024**2 * 1024**2)
        status, _, body = sender.call("PATCH", path, FILE[HALF : HALF + 1000], **second)
        assert (status, b'"code":"upload-busy"' in body) == (423, True)
        connection.sendall(FILE[HALF:])
        assert connection.recv(12) == b"HTTP/1.1 204"
    assert hashlib.sha256(FILE).hexdigest().encode() in sender.call("GET", path)[2]


@pytest.mark.slow
def test_after_the_servers_process_is_killed_the_upload_goes_on_where_it_was(server, sender, world):
    path = begin(sender, world)
    with sender.opened(path, announced=len(FILE)) as connection:
        connection.sendall(FILE[:HALF])
        arrived = sender.wait_for(path, offset=HALF // 1024**2 * 1024**2)
        for worker in psutil.Process(server[1]).children():
            worker.kill()
        assert connection.recv(12) == b""
    assert sender.wait_for(path, offset=arrived) == arrived
    status, _, _ = sender.call("PATCH", path, FILE[arrived:], **{"Content-Type": BYTES, "Upload-Offset": str(arrived)})
    assert status == 204
    assert hashlib.sha256(FILE).hexdigest().encode() in sender.call("GET", path)[2]
