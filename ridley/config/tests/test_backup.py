"""Backup and restore: a drill on real embedded servers."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from ridley.cli import main
from ridley.config import backup, manifest, restore
from ridley.config.state import CHECKOUT, child_environment
from ridley.config.tests.homes import CONTENT, DATA, EVENT, UPLOAD, Home, is_walled, made_home, refused, rewrite
from tests.live import database

GIVEN = {name: os.environ[name] for name in ("DATABASE_URL", "DATABASE_OWNER_URL")}


@pytest.fixture(scope="module", autouse=True)
def _no_given_database() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "RIDLEY_STORAGE"):
            patch.setenv(name, "")
        yield


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Two tenants with people, rows, history, events and files."""
    home = made_home(tmp_path_factory.mktemp("source"))
    known = child_environment(home.state, home.addresses.as_environment(), owner=True)
    known["DJANGO_SETTINGS_MODULE"] = "ridley.config.settings"
    for command in (["manage.py", "migrate", "--verbosity", "0"], ["-m", "tests.live_people", "a-long-password"]):
        subprocess.run([sys.executable, *command], cwd=CHECKOUT, env=known, check=True, timeout=120)
    home.sql(DATA, {"tenant": "puri-brokers"})
    home.sql(EVENT, {"count": 20})
    for number, (name, content) in enumerate(CONTENT.items()):
        sha256 = hashlib.sha256(content).hexdigest()
        stored = f"1/{sha256[:2]}/{number}-{sha256}"
        (home.state.storage / stored).parent.mkdir(parents=True, exist_ok=True)
        (home.state.storage / stored).write_bytes(content)
        home.sql(UPLOAD, {"name": name, "size": len(content), "sha256": sha256, "stored": stored})
    yield home
    home.state.server.destroy()


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Home]:
    home = made_home(tmp_path / "target")
    yield home
    home.state.server.destroy()


@pytest.fixture(scope="module")
def made(source: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the source; tests that damage it take a copy."""
    folder = tmp_path_factory.mktemp("backups") / "made"
    assert main(["backup", str(folder), "--home", source.path]) == 0
    return folder


def test_a_home_without_a_database_has_nothing_to_back_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backup", "--home", str(tmp_path / "none")]) == 2
    assert "has no database" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


@pytest.mark.slow
class TestDrill:
    def test_a_backup_restored_into_a_fresh_home_is_equal_and_walled(
        self, source: Home, made: Path, target: Home, tmp_path: Path
    ) -> None:
        assert main(["restore", str(made), "--home", target.path]) == 0
        tables = target.tables()
        assert tables == source.tables()
        counts = [tables[name]["rows"] for name in ("assistant_row", "assistant_rowversion", "audit_event")]
        assert counts == [500, 500, 40]
        assert sorted(target.files().values()) == sorted(CONTENT.values())
        assert target.files() == source.files()
        assert target.databases() == {"postgres", "ridley"}
        with psycopg.connect(target.addresses.owner) as connection:
            rights = manifest.list_rights(connection)
        assert rights == manifest.Manifest.read(made).rights
        assert "r audit_event: ridley_app has INSERT" in rights
        assert is_walled(target.addresses.app)

    def test_what_a_transaction_has_not_committed_is_not_in_the_backup(
        self, source: Home, target: Home, tmp_path: Path
    ) -> None:
        before = source.tables()
        with psycopg.connect(source.addresses.owner) as writer:
            writer.execute("DELETE FROM assistant_rowversion")
            writer.execute("UPDATE assistant_row SET version = 3")
            assert main(["backup", str(tmp_path / "b"), "--home", source.path]) == 0
            writer.rollback()
        assert manifest.Manifest.read(tmp_path / "b").tables == before
        assert main(["restore", str(tmp_path / "b"), "--home", target.path]) == 0
        assert target.tables() == before

    def test_what_is_committed_while_it_is_dumped_is_not_in_the_backup(
        self, source: Home, target: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = source.tables()
        dump = backup.dump_database

        def dump_late(*values: object, **named: object) -> None:
            source.sql(EVENT, {"count": 1})
            dump(*values, **named)

        monkeypatch.setattr(backup, "dump_database", dump_late)
        assert main(["backup", str(tmp_path / "b"), "--home", source.path]) == 0
        source.sql("DELETE FROM audit_event WHERE id > (SELECT min(id) + 39 FROM audit_event)")
        assert main(["restore", str(tmp_path / "b"), "--home", target.path]) == 0
        assert target.tables() == before

    def test_a_backup_that_fails_leaves_no_folder(
        self, source: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def cut(tools: Path, url: str, target: Path, *, snapshot: str) -> None:
            target.write_bytes(b"half")
            assert [path.name.endswith(".unfinished") for path in tmp_path.iterdir()] == [True]
            raise manifest.BadBackup("the disk is full")

        monkeypatch.setattr(backup, "dump_database", cut)
        assert main(["backup", str(tmp_path / "b"), "--home", source.path]) == 2
        assert "No backup was made. the disk is full" in capsys.readouterr().err
        assert list(tmp_path.iterdir()) == []

    def test_a_file_lost_in_storage_is_named_and_the_rest_is_backed_up(
        self, source: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        lost = sorted(source.files())[0]
        (source.state.storage / lost).rename(tmp_path / "aside")
        try:
            assert main(["backup", str(tmp_path / "b"), "--home", source.path]) == 1
        finally:
            (tmp_path / "aside").rename(source.state.storage / lost)
        assert f"LOST in storage, so not in the backup: {lost} is missing." in capsys.readouterr().out
        made = manifest.Manifest.read(tmp_path / "b")
        assert (made.lost, len(made.files)) == ([{"name": lost, "why": "is missing"}], 1)

    def test_secrets_are_in_a_backup_only_when_asked_for(self, source: Home, made: Path, tmp_path: Path) -> None:
        assert not (made / "secrets").exists()
        assert main(["backup", str(tmp_path / "b"), "--home", source.path, "--with-secrets"]) == 0
        names = {path.name for path in (tmp_path / "b" / "secrets").iterdir()}
        assert names == {"secret-key", "jwt-private-key.pem", "encryption-key"}
        assert (tmp_path / "b" / "secrets" / "secret-key").read_text() == source.state.secret("secret-key")

    def test_a_restore_over_data_is_refused_and_with_yes_replaces_them(
        self, made: Path, target: Home, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["restore", str(made), "--home", target.path]) == 0
        target.sql(EVENT, {"count": 1})
        (target.state.storage / "stray").write_bytes(b"of the old data")
        before, files = target.tables(), target.files()
        said = refused(capsys, made, target.state.home, 1)
        assert "(2 tenants, 6 people, 42 events) and 3 files. They would be gone; --yes" in said
        assert (target.tables(), target.files(), target.databases()) == (before, files, {"postgres", "ridley"})
        assert main(["restore", str(made), "--home", target.path, "--yes"]) == 0
        assert target.tables()["audit_event"] == manifest.Manifest.read(made).tables["audit_event"]
        assert sorted(target.files().values()) == sorted(CONTENT.values())

    def test_a_restore_that_differs_from_the_manifest_changes_nothing(
        self, made: Path, target: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        other = shutil.copytree(made, tmp_path / "other")
        tables = manifest.Manifest.read(made).tables
        rewrite(other, tables={**tables, "audit_event": {**tables["audit_event"], "digest": "0" * 32}})
        assert "table audit_event is {'rows': 40" in refused(capsys, other, target.state.home, 2)
        assert (target.tables(), target.files(), target.databases()) == ({}, {}, {"postgres", "ridley"})
        rewrite(other, tables=tables, rights=["r audit_event: ridley_app has TRUNCATE"])
        assert "missing: r audit_event: ridley_app has TRUNCATE" in refused(capsys, other, target.state.home, 2)

    def test_a_restore_is_refused_while_somebody_is_signed_in(
        self, made: Path, target: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(restore, "LEAVE_SECONDS", 0.2)
        with psycopg.connect(target.addresses.app, application_name="a worker"):
            assert "in use by ridley_app (a worker)" in refused(capsys, made, target.state.home, 1)
        assert target.databases() == {"postgres", "ridley"}

    def test_a_given_empty_database_is_restored_into_and_a_full_one_refused(
        self, made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patch:
            for variable in ("DATABASE_URL", "DATABASE_OWNER_URL"):
                patch.setenv(variable, GIVEN[variable])
            with database("given_for_restore") as given:
                for variable, value in given.items():
                    patch.setenv(variable, value)
                assert main(["restore", str(made), "--home", str(tmp_path / "home")]) == 0
                assert is_walled(given["DATABASE_URL"])
                tables = len(manifest.Manifest.read(made).tables)
                assert f"has {tables} tables" in refused(capsys, made, tmp_path / "home", 1)
                assert main(["backup", str(tmp_path / "again"), "--home", str(tmp_path / "home")]) == 0
        again, first = (manifest.Manifest.read(folder) for folder in (tmp_path / "again", made))
        assert (again.tables, again.rights, again.files) == (first.tables, first.rights, first.files)
