"""A backup made in the middle of a real apply is of one moment: rows, history, fates and the event, all or none."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ridley.config import manifest
from ridley.config.addresses import start_embedded
from ridley.config.state import State
from ridley.config.tests.homes import Home
from tests.running.conftest import ROWS
from tests.running.installation import APPLIED, EVENT_WAITS, Installation, eventually, installation

pytestmark = pytest.mark.slow
WRITTEN = """
SELECT s.state, s.applied, (SELECT count(*) FROM changes_change WHERE fate = 'applied' AND change_set_id = s.id),
    (SELECT count(*) FROM assistant_rowversion),
    (SELECT count(*) FROM audit_event WHERE kind = 'changes.applied' AND subject_id = s.id::text)
FROM changes_changeset s WHERE s.id = %(change_set)s
"""


def backed_up(made: Installation, name: str) -> subprocess.Popen:
    return made.start("backup", str(made.home.state.home.parent / name))


def kept(made: Installation, name: str) -> dict:
    tables = manifest.Manifest.read(made.home.state.home.parent / name).tables
    return {table: tables[table] for table in APPLIED}


@contextmanager
def restored(made: Installation, folder: Path, name: str) -> Iterator[Home]:
    """A backup in a fresh home with a server of its own."""
    place = folder / f"restored-{name}"
    done = made.start("restore", str(folder / name), home=place, DATABASE_URL="", DATABASE_OWNER_URL="")
    assert done.wait(timeout=180) == 0, (place / "logs" / "restore-test.log").read_text()
    state = State(place)
    try:
        yield Home(state, start_embedded(state))
    finally:
        state.server.destroy()


def test_a_backup_in_the_middle_of_an_apply_has_all_of_it_or_none(prepared, folder, record_property):
    with installation(prepared, folder / "home") as made:
        none = made.digests()
        with made.before_the_event():
            made.start("worker")
            eventually(lambda: made.home.sql(EVENT_WAITS), made.log)
            assert backed_up(made, "within").wait(timeout=120) == 0, made.log()
            running = backed_up(made, "across")
        eventually(lambda: made.state()["job"] == "done", made.log)
        assert running.wait(timeout=120) == 0, made.log()
        assert backed_up(made, "after").wait(timeout=120) == 0, made.log()
        whole = made.digests()
        assert made.home.sql(WRITTEN, made.ids) == [("applied", ROWS, ROWS, ROWS, 1)]
        assert [table for table in APPLIED if whole[table] == none[table]] == ["changes_changecell"]
        assert (kept(made, "within"), kept(made, "after")) == (none, whole)
        assert kept(made, "across") in (none, whole)
        across = "all" if kept(made, "across") == whole else "none"
        with restored(made, folder, "within") as copy:
            assert copy.sql(WRITTEN, made.ids) == [("applying", 0, 0, 0, 0)]
            assert {table: found for table, found in copy.tables().items() if table in APPLIED} == none
        record_property(
            "counted", f"backup while applying {ROWS}: within none of it (restored, equal), across {across}, after all"
        )
