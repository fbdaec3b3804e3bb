"""PostgreSQL on a disk that is really full (a small tmpfs) while a set is applied: told, nothing half done, goes on."""

import shutil
import subprocess
from pathlib import Path

import psycopg
import pytest

from tests.running.conftest import ROWS
from tests.running.installation import Installation, eventually, installation
from tests.running.small_disk import SmallDisk, small_disk

pytestmark = pytest.mark.slow
MEGABYTE = 1024**2
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


def fill_log(made: Installation, disk: SmallDisk) -> None:
    """Leave no room for another segment of the log; those that are there take no more than the apply writes."""
    with psycopg.connect(made.home.state.server.addresses().superuser_url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    disk.fill()


def test_a_full_disk_under_the_log_takes_the_server_down_and_ridley_run_heals_it(prepared, folder, record_property):
    with small_disk(folder / "log", 160) as disk, installation(prepared, folder / "home") as made:
        move_wal(made, disk.path)
        before = made.digests()
        run = made.start("run", "--no-demo", DATABASE_URL="", DATABASE_OWNER_URL="", RIDLEY_ENVIRONMENT="development")
        said = made.home.state.logs / "run-test.log"
        fill_log(made, disk)
        eventually(lambda: "PostgreSQL ended and cannot start" in said.read_text(), made.log)
        assert run.poll() is None
        assert not applied_whole(made)
        disk.make_room()
        eventually(lambda: "PostgreSQL runs again" in said.read_text(), made.log)
        eventually(lambda: applied_whole(made), made.log)
        assert made.digests() != before
        made.end(run)
        record_property(
            "counted", f"full log, applying {ROWS}: PostgreSQL went down, ridley run healed it, applied once"
        )
