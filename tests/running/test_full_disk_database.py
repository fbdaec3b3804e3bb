"""PostgreSQL on a disk that is really full (a small tmpfs) while a set is applied: told, nothing half done, goes on."""

import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from tests.running.conftest import ROWS
from tests.running.installation import EVENT_WAITS, SHORT, Installation, eventually, installation
from tests.running.small_disk import small_disk

pytestmark = pytest.mark.slow
MEGABYTE = 1024**2
EMIT = "SELECT pg_logical_emit_message(false, 'test', repeat('x', 1000000)) FROM generate_series(1, 1000)"
TOLD = "The database's disk is full. Nothing was half done; it is tried again until there is room."


def move_wal(made: Installation, target: Path) -> None:
    """Put the server's write-ahead log under `target`, with the server stopped meanwhile."""
    server = made.home.state.server
    server.stop()
    data = server.place.data
    subprocess.run(["cp", "-a", str(data / "pg_wal"), str(target / "wal")], check=True)
    shutil.rmtree(data / "pg_wal")
    (data / "pg_wal").symlink_to(target / "wal")
    server.start()
    made.found_again()


def applied_whole(made: Installation) -> bool:
    found = made.state()
    return (found["set"], found["applied"], found["job"], found["events"]) == ("applied", ROWS, "done", 1)


def test_a_full_disk_under_the_tables_ends_in_a_retry_that_succeeds_when_there_is_room(
    prepared, folder, record_property
):
    with small_disk(folder / "home" / "postgres", 320) as disk, installation(prepared, folder / "home") as made:
        move_wal(made, folder)
        before = made.digests()
        disk.fill(leave=MEGABYTE)
        made.start("worker")
        eventually(lambda: made.state()["words"] == TOLD, made.log)
        found = made.state()
        assert (found["set"], found["job"], found["problem"], found["events"]) == ("applying", "running", None, 0)
        assert made.digests() == before
        disk.make_room()
        eventually(lambda: applied_whole(made), made.log)
        attempts = made.state()["attempts"]
        assert attempts >= 2
        record_property("counted", f"full disk, applying {ROWS}: told, nothing written, done in attempt {attempts}")


def write_log_until_it_is_full(made: Installation) -> None:
    """Write into the log until the server goes down for want of room."""
    url = made.home.state.server.addresses().superuser_url
    with psycopg.connect(url, autocommit=True) as connection, pytest.raises(psycopg.OperationalError):
        connection.execute(EMIT)


def test_a_full_disk_under_the_log_takes_the_server_down_and_ridley_run_heals_it(prepared, folder, record_property):
    with small_disk(folder / "log", 160) as disk, installation(prepared, folder / "home") as made:
        move_wal(made, disk.path)
        made.environment.update(SHORT)
        said = made.home.state.logs / "run-test.log"
        with suppress(psycopg.Error), made.before_the_event():  # its session ends with the server
            run = made.start("run", "--no-demo", DATABASE_URL="", DATABASE_OWNER_URL="")
            eventually(lambda: made.home.sql(EVENT_WAITS), made.log)
            disk.fill()
            write_log_until_it_is_full(made)
        eventually(lambda: "PostgreSQL ended and cannot start" in said.read_text(), made.log)
        assert run.poll() is None
        disk.make_room()
        eventually(lambda: "PostgreSQL runs again" in said.read_text(), made.log)
        eventually(lambda: applied_whole(made), made.log, 180)
        made.end(run)
    record_property("counted", f"full log, applying {ROWS}: the server went down, ridley run healed it, applied once")
