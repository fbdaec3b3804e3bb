"""Which backups are refused before anything is touched."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from ridley.config import backup, manifest, restore
from ridley.config.state import State
from ridley.config.tests.homes import refused, rewrite


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A backup whose dump is a few bytes: enough for all that is checked before anything is restored."""
    folder = tmp_path / "small"
    (folder / "files" / "1").mkdir(parents=True)
    (folder / "database.dump").write_bytes(b"dump")
    (folder / "files" / "1" / "prices").write_bytes(b"prices")
    stored = [manifest.Stored(n, len(c), hashlib.sha256(c).hexdigest()) for n, c in (("database.dump", b"dump"),
              ("1/prices", b"prices"))]  # fmt: skip
    manifest.Manifest(
        backup.version(), "2026-01-01T00:00:00+00:00", "18", {}, "folder", {}, {}, [], stored[0], stored[1:]
    ).write(folder)
    return folder


def test_a_whole_backup_passes_the_check(small: Path) -> None:
    assert [each.name for each in restore.checked(small).files] == ["1/prices"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("files/1/prices", b"Prices", "files/1/prices has SHA-256"),
        ("files/1/prices", b"price", "files/1/prices has 5 bytes instead of 6"),
        ("files/1/prices", None, "files/1/prices is missing"),
        ("database.dump", b"dum", "database.dump has 3 bytes instead of 4"),
        ("manifest.json", None, "has no manifest.json: it is no backup, or one that was cut short"),
        ("manifest.json", b'{"format": 1, "rid', "manifest.json cannot be read"),
    ],
)
def test_a_damaged_or_cut_backup_is_refused_by_name_and_no_home_is_made(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes | None, said: str
) -> None:
    (small / name).unlink()
    if content is not None:
        (small / name).write_bytes(content)
    assert said in refused(capsys, small, tmp_path / "home", 2)
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ridley": "99.1.0"}, "made by Ridley 99.1.0"),
        ({"format": 2}, "has format 2; this Ridley reads format 1"),
        ({"migrations": {"files": ["0001_initial", "0999_later"]}}, "does not know the migrations files.0999_later"),
        ({"files": [{"name": "../../etc", "size": 1, "sha256": ""}]}, "'../../etc', which lies outside the backup"),
    ],
)
def test_a_backup_of_a_newer_version_or_with_paths_outside_is_refused(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: dict, said: str
) -> None:
    rewrite(small, **changes)
    assert said in refused(capsys, small, tmp_path / "home", 2)


def test_a_restore_is_refused_while_ridley_run_uses_the_home(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = State(tmp_path / "home")
    state.make()
    with state.only_run() as ours:
        assert ours
        assert "`ridley run` is using" in refused(capsys, small, state.home, 1)
    assert not (state.home / "postgres").exists()


def test_a_server_newer_than_every_pg_dump_is_told_in_words() -> None:
    with pytest.raises(manifest.BadBackup, match="PostgreSQL 99, and pg_dump and pg_restore 99 or later are wanted"):
        backup.find_tools(99)


def test_a_file_on_another_disk_is_copied_and_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def other_disk(*paths: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", other_disk)
    (tmp_path / "from").write_bytes(b"abc")
    good = manifest.Stored("to", 3, hashlib.sha256(b"abc").hexdigest())
    bad = manifest.Stored("bad", 3, hashlib.sha256(b"abd").hexdigest())
    assert backup.copy_file(tmp_path / "from", tmp_path / "to", good, link=True) == ""
    assert "has SHA-256" in backup.copy_file(tmp_path / "from", tmp_path / "bad", bad, link=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["from", "to"]
