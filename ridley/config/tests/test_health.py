"""/readyz: each thing that can be missing is said, in the same list, and soon."""

import json
import os
import re
import socket
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, default_storage
from django.db import connection
from django.test import Client
from django.urls import path

from ridley.config import health, urls

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls(__name__)]
urlpatterns = [path("readyz", health.ready), *urls.urlpatterns]

WELL = [
    {"name": "database", "ok": True, "words": "The database answers."},
    {"name": "migrations", "ok": True, "words": "No migration is pending."},
    {"name": "worker", "ok": True, "words": "A worker was last seen 3 s ago."},
    {"name": "storage", "ok": True, "words": "The storage can be written and read."},
]


@pytest.fixture(autouse=True)
def worker(owner):
    """A worker that said three seconds ago that it lives."""
    owner.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '3 s')")


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """On a busy machine what is well may take longer than people should wait for what is not."""
    monkeypatch.setattr(health, "PATIENCE_SECONDS", 30)
    monkeypatch.setattr(health, "STATEMENT_MILLISECONDS", 30_000)


def asked():
    """The answer; however long the test took to ask, its worker was seen when it says."""
    answer = Client().get("/readyz")
    told = re.sub(r"last seen (?:[3-9]|[12]\d) s ago", "last seen 3 s ago", answer.content.decode())
    return answer.status_code, json.loads(told)


def with_words(name, words):
    return [{**each, "ok": False, "words": words} if each["name"] == name else each for each in WELL]


def test_a_whole_installation_is_ready():
    assert asked() == (200, WELL)


def test_a_worker_that_fell_silent_is_not_ready(owner):
    owner.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '2 days'")
    status, checks = asked()
    words = checks[2].pop("words")
    assert re.fullmatch(r"A worker was last seen 1728\d\d s ago; wanted within 60 s\.", words)
    assert (status, checks[2]) == (503, {"name": "worker", "ok": False})
    assert [check["ok"] for check in checks] == [True, True, False, True]


def test_an_installation_without_a_worker_is_not_ready(owner):
    owner.execute("DELETE FROM procrastinate_workers")
    assert asked() == (503, with_words("worker", "No worker was ever seen, or each has signed off."))


def test_pending_migrations_are_counted_and_the_first_is_named(owner):
    pending = "(app, name) IN (('jobs', '0001_initial'), ('audit', '0001_initial'))"
    owner.execute(f"CREATE TABLE put_aside AS SELECT * FROM django_migrations WHERE {pending}")
    owner.execute(f"DELETE FROM django_migrations WHERE {pending}")
    try:
        found = asked()
    finally:
        owner.execute("INSERT INTO django_migrations OVERRIDING SYSTEM VALUE SELECT * FROM put_aside")
        owner.execute("DROP TABLE put_aside")
    assert found == (503, with_words("migrations", "2 migrations pending, the first audit.0001_initial."))
    assert asked() == (200, WELL)


def test_a_storage_that_cannot_be_written_is_not_ready(settings, tmp_path):
    (tmp_path / "incoming").write_text("a file where a folder belongs")
    settings.INCOMING = tmp_path / "incoming"
    assert asked() == (503, with_words("storage", "The folder incoming cannot be written: File exists."))


class Bucket(InMemoryStorage):
    """A storage that is no folder, with the faults of a bucket."""

    fault = ""

    def _save(self, name, content):
        if self.fault == "refuses":
            raise ConnectionRefusedError(111, "Connection refused")
        if self.fault == "has no room":
            raise RuntimeError("the endpoint and the key of the bucket, which nobody may read")
        return super()._save(name, ContentFile(b"another" if self.fault == "damages" else content.read()))


@pytest.fixture
def bucket(monkeypatch):
    made = Bucket()
    monkeypatch.setattr(health, "default_storage", made)
    return made


@pytest.fixture(autouse=True)
def tried_each_time(monkeypatch):
    monkeypatch.setattr(health, "_well_until", 0.0)
    monkeypatch.setattr(health, "PROBE_SECONDS", 0.0)


def test_a_storage_that_was_well_a_moment_ago_is_not_written_again(bucket, monkeypatch):
    monkeypatch.setattr(health, "PROBE_SECONDS", 3600.0)
    assert asked() == (200, WELL)
    bucket.fault = "refuses"
    assert asked() == (200, WELL)
    monkeypatch.setattr(health, "_well_until", 0.0)
    assert asked() == (503, with_words("storage", "The storage cannot be used: Connection refused."))


def left(storage, folder=".probe"):
    return storage.listdir(folder)[1] if storage.exists(folder) else []


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("refuses", "The storage cannot be used: Connection refused."),
        ("has no room", "The storage cannot be used: RuntimeError."),
        ("damages", "The storage does not give back what was written."),
    ],
)
def test_a_bucket_is_written_read_and_left_as_it_was(bucket, fault, words):
    assert asked() == (200, WELL)
    assert left(bucket) == []
    bucket.fault = fault
    assert asked() == (503, with_words("storage", words))
    assert left(bucket) == []
    bucket.fault = ""
    assert asked() == (200, WELL)


def test_a_probe_leaves_nothing_in_the_folder(settings):
    asked()
    assert [
        path for path in Path(default_storage.location).rglob("*") if path.is_file() and ".probe" in str(path)
    ] == []


def away(monkeypatch, port):
    monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
    monkeypatch.setitem(connection.settings_dict, "PORT", str(port))
    unknown = "Not known: the database does not answer."
    return (503, [
        {"name": "database", "ok": False, "words": "The database does not answer."},
        {"name": "migrations", "ok": False, "words": unknown},
        {"name": "worker", "ok": False, "words": unknown},
        WELL[3],
    ])  # fmt: skip


def test_a_database_that_refuses_is_said(monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        expected = away(monkeypatch, taken.getsockname()[1])
        assert asked() == expected


def test_a_database_that_hangs_is_said_within_a_second(monkeypatch):
    monkeypatch.undo()  # the patience that is promised
    assert 2 * health.PATIENCE_SECONDS < 1
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(5)  # takes the connection and says nothing
        expected = away(monkeypatch, silent.getsockname()[1])
        where = psycopg.conninfo.make_conninfo(health.address(), connect_timeout=60)
        monkeypatch.setattr(health, "address", lambda: where)
        assert [asked(), asked()] == [expected, expected]
        question = health._database.running[1]
        assert not question.done()  # both answers came while it hung


def test_it_names_no_secret_no_account_and_no_path(owner, settings, tmp_path, monkeypatch):
    owner.execute("DELETE FROM procrastinate_workers")
    settings.INCOMING = tmp_path / "none" / "incoming"
    (tmp_path / "none").write_text("")
    monkeypatch.setitem(connection.settings_dict, "PASSWORD", "wrong-password-17")
    told = json.dumps(asked()[1])
    address = urlsplit(os.environ["DATABASE_URL"])
    for secret in ("wrong-password-17", address.password, address.username, str(address.port), str(tmp_path)):
        assert secret not in told
    assert '"words": "The database does not answer."' in told
