"""`ridley doctor`: each thing that is wrong is one line in words, and the exit code is 1."""

import json
import os
import shutil
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from django.db import connection

from ridley.cli import main
from ridley.config import doctor

pytestmark = pytest.mark.django_db(transaction=True)
GB = 1000**3


@pytest.fixture
def home(tmp_path, monkeypatch, owner):
    """An installation on the test database, in which all is well."""
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        address = urlsplit(os.environ[name])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
        monkeypatch.setenv(name, address)
    usage = shutil._ntuple_diskusage(100 * GB, 40 * GB, 60 * GB)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    owner.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '3 s')")
    for folder in ("storage", "incoming", "secrets"):
        (tmp_path / folder).mkdir()
    secret = tmp_path / "secrets" / "secret-key"
    secret.write_text("hush")
    secret.chmod(0o600)
    backup(tmp_path, days=1)
    return tmp_path


def backup(home, *, days):
    folder = home / "backups" / f"{days}-days"
    folder.mkdir(parents=True)
    made_at = datetime.now(UTC) - timedelta(days=days)
    (folder / "manifest.json").write_text(json.dumps({"made_at": made_at.isoformat()}))


def asked(home, capsys):
    """The exit code, and what is not well."""
    code = main(["doctor", "--home", str(home)])
    lines = capsys.readouterr().out.splitlines()
    return code, [line for line in lines if not line.startswith("well ")]


def test_a_healthy_installation_is_well_line_by_line(home, capsys):
    assert main(["doctor", "--home", str(home)]) == 0
    version = connection.pg_version // 10000
    assert capsys.readouterr().out.splitlines() == [
        "well  database: It answers.",
        f"well  server: PostgreSQL {version}.",
        "well  clock: This machine and the database agree.",
        "well  role: The row policies hold the role that serves.",
        "well  migrations: No migration is pending.",
        "well  worker: A worker was last seen 3 s ago.",
        "well  queue: Nothing waits.",
        "well  failures: No job failed within a day.",
        "well  disk: 60.0 GB free, 60% of the disk.",
        "well  storage: It can be written.",
        "well  secrets: Only their owner can read them.",
        "well  backup: The last one is 1.0 days old.",
    ]


def test_a_silent_worker(home, capsys, owner):
    owner.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '2 min'")
    assert asked(home, capsys) == (1, [
        "WRONG worker: A worker was last seen 120 s ago; wanted within 60 s. "
        "Nothing is done that waits: start it with `ridley worker`."
    ])  # fmt: skip


def test_a_job_that_waits_too_long_and_jobs_that_failed_lately(home, capsys, owner):
    add = "INSERT INTO procrastinate_jobs (queue_name, task_name, scheduled_at) VALUES ('default', %s, {})"
    owner.execute(add.format("now() - interval '11 min'"), ["a.late"])
    for name in ("a.broken", "a.broken", "a.fell", "a.long_ago"):
        owner.execute(add.format("now() + interval '1 h'"), [name])
    owner.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE task_name <> 'a.late'")
    owner.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE task_name <> 'a.late'")
    owner.execute(
        "UPDATE procrastinate_events SET at = now() - interval '25 h'"
        " WHERE job_id = (SELECT id FROM procrastinate_jobs WHERE task_name = 'a.long_ago')"
    )
    assert asked(home, capsys) == (1, [
        "WRONG queue: The oldest waiting job has waited 11 min; wanted at most 10. "
        "Start another worker, or see the worker's log.",
        "WRONG failures: Failed within a day: a.broken 2 times, a.fell once. The worker's log has the reasons.",
    ])  # fmt: skip


def test_pending_migrations(home, capsys, owner):
    owner.execute("UPDATE django_migrations SET name = 'aside' WHERE (app, name) = ('audit', '0001_initial')")
    try:
        found = asked(home, capsys)
    finally:
        owner.execute("UPDATE django_migrations SET name = '0001_initial' WHERE (app, name) = ('audit', 'aside')")
    assert found == (
        1, ["WRONG migrations: 1 migration pending, the first audit.0001_initial. Run `ridley migrate`."]
    )  # fmt: skip


def test_a_role_that_bypasses_policies(home, capsys, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", os.environ["DATABASE_OWNER_URL"])
    code, (line,) = asked(home, capsys)
    assert code == 1
    assert line.startswith("WRONG role: The role ridley_owner owns ")
    assert line.endswith("policies do not hold the owner. Give DATABASE_URL the app role.")


def test_a_database_that_does_not_answer_leaves_the_rest_to_be_looked_at(home, capsys, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://ridley_app:hush-hush@127.0.0.1:1/x")
    code = main(["doctor", "--home", str(home)])
    lines = capsys.readouterr().out.splitlines()
    assert code == 1
    assert lines[0] == (
        "WRONG database: It does not answer as the app role (OperationalError). "
        "Is the server up, and is DATABASE_URL right? Its own log says more."
    )
    assert [line.split(":")[0] for line in lines[1:]] == [
        "well  disk",
        "well  storage",
        "well  secrets",
        "well  backup",
    ]


def test_a_clock_that_is_off(home, capsys, monkeypatch):
    now = time.time
    monkeypatch.setattr(doctor.time, "time", lambda: now() + 9)
    code, lines = asked(home, capsys)
    assert code == 1
    assert lines == [
        "WRONG clock: This machine is 9 s ahead of the database; schedules and links that expire go wrong. "
        "Set both by the same time server."
    ]


@pytest.mark.parametrize(
    ("off", "mark"), [(5.0, doctor.WELL), (-5.0, doctor.WELL), (5.1, doctor.WRONG), (-5.1, doctor.WRONG)]
)
def test_five_seconds_are_borne(off, mark):
    assert doctor.clock_finding(ours=100 + off, theirs=100).mark == mark


@pytest.mark.parametrize(
    ("free", "total", "mark"),
    [(2 * GB, 40 * GB, doctor.WELL), (2 * GB - 1, 10 * GB, doctor.WRONG), (4 * GB, 100 * GB, doctor.WRONG)],
)
def test_a_disk_that_is_low(free, total, mark):
    assert doctor.disk_finding(free=free, total=total).mark == mark


def test_a_server_that_is_too_old():
    assert doctor.version_finding(14) == doctor.Finding(
        doctor.WRONG, "server", "PostgreSQL 14; wanted 15 or later. Upgrade the server."
    )
    assert doctor.version_finding(15).mark == doctor.WELL


def test_secrets_that_others_can_read(home, capsys):
    secret = home / "secrets" / "secret-key"
    secret.chmod(0o640)
    assert asked(home, capsys) == (
        1, [f"WRONG secrets: Others on this machine can read them. Run: chmod 600 {secret}"]
    )  # fmt: skip


def test_a_storage_that_cannot_be_written(home, capsys, monkeypatch):
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path != home / "storage" and real(path, mode))
    assert asked(home, capsys) == (
        1, [f"WRONG storage: {home / 'storage'} cannot be written. Give it to the account that Ridley runs as."]
    )  # fmt: skip


def test_no_backup_is_a_note_and_an_old_one_is_wrong(home, capsys):
    shutil.rmtree(home / "backups")
    assert asked(home, capsys) == (
        0, [f"note  backup: There is no backup yet in {home / 'backups'}. `ridley backup` makes one."]
    )  # fmt: skip
    backup(home, days=3)
    assert asked(home, capsys) == (
        1, ["WRONG backup: The last one is 3.0 days old; wanted at most 2. Run `ridley backup`, and each day."]
    )  # fmt: skip


def test_a_backup_that_went_to_another_folder_counts(home, capsys):
    shutil.rmtree(home / "backups")
    (home / "backups").mkdir()
    (home / "backups" / "last.json").write_text(json.dumps({"made_at": datetime.now(UTC).isoformat()}))
    assert asked(home, capsys) == (0, [])


def test_while_ridley_is_stopped_it_says_so_and_looks_at_what_it_can(home, capsys, monkeypatch):
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        monkeypatch.setenv(name, "")
    before = sorted(home.rglob("*"))
    assert main(["doctor", "--home", str(home)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "note  run: Ridley is stopped. Start it with `ridley run`. What only the database knows was not looked at.",
        "well  disk: 60.0 GB free, 60% of the disk.",
        "well  storage: It can be written.",
        "well  secrets: Only their owner can read them.",
        "well  backup: The last one is 1.0 days old.",
    ]
    assert sorted(home.rglob("*")) == before


def test_a_run_that_was_killed_is_wrong(home, capsys):
    (home / "run.json").write_text(json.dumps({"pid": 2**22 + 1}))
    assert asked(home, capsys) == (1, [
        "WRONG run: Ridley ended without stopping in order: it was killed, or the machine went down. "
        "Start it with `ridley run`; what was committed is there."
    ])  # fmt: skip


def test_a_home_that_does_not_exist(tmp_path, capsys):
    assert asked(tmp_path / "none", capsys) == (
        1, [f"WRONG home: Nothing was ever started from {tmp_path / 'none'}. `ridley run` makes it; or give --home."]
    )  # fmt: skip
