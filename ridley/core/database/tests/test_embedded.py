"""The embedded server: real servers, each in a folder of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest

from ridley.core.database.embedded import Server, is_free
from ridley.core.database.installation import Installation, NoServer


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


def test_a_started_server_answers_on_loopback_only_with_the_settings_of_a_laptop(server: Server) -> None:
    addresses = server.start()
    assert addresses.host == "127.0.0.1"
    assert addresses.superuser_url.endswith(f"@127.0.0.1:{addresses.port}/postgres")
    expected = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "password_encryption": "scram-sha-256",
        "shared_buffers": "128MB",
        "wal_compression": "off",
        "jit": "off",
        "max_connections": "100",
        "fsync": "off",
        "server_encoding": "UTF8",
    }
    assert {name: read(addresses.superuser_url, f"SHOW {name}") for name in expected} == expected
    assert read(addresses.superuser_url, "SELECT datlocale FROM pg_database WHERE datname = 'postgres'") == "C.UTF-8"


def test_a_server_is_durable_unless_a_test_asks_otherwise(tmp_path: Path) -> None:
    server = Server(tmp_path / "home")
    try:
        assert read(server.start().superuser_url, "SHOW fsync") == "on"
    finally:
        server.destroy()


def test_a_wrong_password_is_refused(server: Server) -> None:
    addresses = server.start()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(f"postgresql://postgres:wrong@127.0.0.1:{addresses.port}/postgres")


def test_what_is_secret_is_readable_by_its_owner_alone(server: Server) -> None:
    server.start()
    assert (server.folder / "password").stat().st_mode & 0o777 == 0o600
    assert server.place.data.stat().st_mode & 0o777 == 0o700
    assert not list(server.place.data.parent.glob("initial-password"))


def test_the_server_does_not_run_as_root_and_knows_nothing_of_our_environment(server: Server, monkeypatch) -> None:
    monkeypatch.setenv("RIDLEY_SECRET_KEY", "not for the server")
    server.start()
    process = psutil.Process(server.pid())
    assert 0 not in process.uids()
    assert 0 not in process.gids()
    status = Path(f"/proc/{process.pid}/status")
    if status.exists():  # Linux: the groups that came along, too
        assert "\nGroups:\t0" not in status.read_text()
    assert "RIDLEY_SECRET_KEY" not in process.environ()


def test_a_second_server_object_finds_the_running_server(server: Server) -> None:
    first = server.start()
    pid = server.pid()
    again = Server(server.home, durable=False)
    assert again.alive()
    assert again.start() == first
    assert again.pid() == pid


def test_two_that_start_at_once_get_one_server(server: Server) -> None:
    others = [Server(server.home, durable=False) for _ in range(4)]
    with ThreadPoolExecutor() as pool:
        assert len(set(pool.map(lambda each: each.start(), others))) == 1
    assert len({each.pid() for each in others}) == 1


def test_two_homes_have_two_servers_with_ports_and_passwords_of_their_own(server: Server, tmp_path: Path) -> None:
    other = Server(tmp_path / "other", durable=False)
    try:
        assert server.start().port != other.start().port
        assert server.pid() != other.pid()
        assert (server.folder / "password").read_text() != (other.folder / "password").read_text()
        assert server.place.data != other.place.data
    finally:
        other.destroy()


def test_a_stopped_server_starts_again_on_its_port_with_its_data(server: Server) -> None:
    before = server.start()
    with psycopg.connect(before.superuser_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    server.stop()
    assert not server.alive()
    server.stop()
    assert server.start() == before
    assert read(before.superuser_url, "SELECT answer FROM kept") == 42


def test_stopping_cuts_open_sessions_and_does_not_wait_for_them(server: Server) -> None:
    addresses = server.start()
    with psycopg.connect(addresses.superuser_url) as connection:
        connection.execute("SELECT 1")
        server.stop()
        assert not server.alive()
        assert is_free(addresses.port)  # though the kernel still holds the cut session's end of it
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


def test_a_killed_server_is_seen_as_dead_and_heals_on_its_port_with_what_was_committed(tmp_path: Path) -> None:
    server = Server(tmp_path / "home")
    try:
        before = server.start()
        with psycopg.connect(before.superuser_url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        os.kill(server.pid(), 9)
        psutil.wait_procs([server._process], timeout=5)
        assert not server.alive()
        assert (server.place.data / "postmaster.pid").exists()
        assert server.start() == before
        assert read(before.superuser_url, "SELECT answer FROM kept") == 42
    finally:
        server.destroy()


def test_a_zombie_is_not_alive(server: Server, tmp_path: Path) -> None:
    # Started by another process that never reaps it, then killed.
    script = (
        "import sys, time; from pathlib import Path; from ridley.core.database.embedded import Server\n"
        "server = Server(Path(sys.argv[1]), durable=False)\n"
        "server.start(); print(server.pid(), flush=True); time.sleep(60)"
    )
    starter = subprocess.Popen([sys.executable, "-c", script, str(server.home)], stdout=subprocess.PIPE, text=True)
    try:
        pid = int(starter.stdout.readline())
        assert server.pid() == pid
        os.kill(pid, 9)
        until = time.monotonic() + 5
        while psutil.Process(pid).status() != psutil.STATUS_ZOMBIE and time.monotonic() < until:
            time.sleep(0.01)
        assert psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
        assert not server.alive()
    finally:
        starter.kill()
        starter.communicate()


def test_a_number_that_now_belongs_to_another_process_is_not_alive_and_does_not_hinder_the_start(
    server: Server,
) -> None:
    before = server.start()
    os.kill(server.pid(), 9)
    psutil.wait_procs([server._process], timeout=5)
    pid_file = server.place.data / "postmaster.pid"
    # Of the server's own account: PostgreSQL passes over the processes of others by itself.
    other = subprocess.Popen(["sleep", "60"], **server.place.account.popen_options())
    try:
        lines = [str(other.pid), *pid_file.read_text().splitlines()[1:]]
        pid_file.write_text("\n".join(lines) + "\n")
        assert not server.alive()
        assert server.start() == before
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_server_of_another_home_is_not_taken_for_ours(server: Server, tmp_path: Path) -> None:
    other = Server(tmp_path / "other", durable=False)
    try:
        server.start()
        other.start()
        other_pid = other.pid()
        server.stop()
        (server.place.data / "postmaster.pid").write_text((other.place.data / "postmaster.pid").read_text())
        assert not server.alive()
        server.stop()
        assert other.pid() == other_pid
    finally:
        other.destroy()


def test_a_taken_port_is_left_to_its_holder_and_the_next_free_one_remembered(server: Server) -> None:
    port = server.start().port
    server.stop()
    assert is_free(port)
    with socket.create_server(("127.0.0.1", port)):
        assert not is_free(port)
        moved = server.start()
    assert moved.port > port
    server.stop()
    assert server.start() == moved


def test_an_interrupted_first_start_leaves_nothing_that_looks_finished(server: Server, monkeypatch) -> None:
    def killed(self: Installation, command: list[str]) -> None:
        (server.place.data.with_name("data.new") / "PG_VERSION").write_text("18\n")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Installation, "run", killed)
        with pytest.raises(KeyboardInterrupt):
            server.start()
    assert not server.place.data.exists()
    assert read(server.start().superuser_url, "SELECT 1") == 1


def test_destroying_leaves_no_process_and_no_file(server: Server) -> None:
    server.start()
    pid, place = server.pid(), server.place
    server.destroy()
    assert not server.alive()
    assert not psutil.pid_exists(pid)
    assert not place.data.exists()
    assert place.fallback is None or not place.fallback.exists()
    assert [path.name for path in server.home.rglob("*")] == ["logs"]


def test_a_start_that_fails_shows_the_end_of_the_log(server: Server) -> None:
    server.start()
    server.stop()
    settings = server.place.data / "postgresql.conf"
    settings.write_text(settings.read_text() + "\nno_such_setting = 1\n")
    with pytest.raises(NoServer, match="unrecognized configuration parameter"):
        server.start()
