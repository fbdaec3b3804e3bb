"""`ridley doctor`: what is wrong with an installation and what to do about it, in words, whether it runs or not.

It changes nothing, starts nothing, and prints no secret.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg

from ridley.config.addresses import DATABASE, given_addresses
from ridley.config.backup import last_backup, made_at
from ridley.config.environment import BadSetting, Environment, from_process
from ridley.config.state import CHECKOUT, State, find_state
from ridley.core.database.roles import check_app_role

WELL, NOTE, WRONG = "well ", "note ", "WRONG"
OLDEST_SERVER = 15
WAITING_SECONDS = 600
CLOCK_SECONDS = 5.0
FREE_BYTES, FREE_PART = 2 * 1000**3, 0.05
BACKUP_DAYS = 2
UNUSED = "the doctor signs nothing"

FACTS = """
SELECT current_setting('server_version_num')::int / 10000, extract(epoch FROM clock_timestamp())::float,
    to_regclass('procrastinate_jobs') IS NOT NULL
"""
OLDEST = """
SELECT coalesce(max(extract(epoch FROM now() - coalesce(job.scheduled_at,
    (SELECT max(at) FROM procrastinate_events WHERE job_id = job.id)))), 0)::float
FROM procrastinate_jobs job WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())
"""
FAILED = """
SELECT task_name, count(DISTINCT job.id)
FROM procrastinate_jobs job JOIN procrastinate_events event ON event.job_id = job.id
WHERE status = 'failed' AND event.type = 'failed' AND event.at > now() - interval '1 day'
GROUP BY task_name ORDER BY task_name
"""


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's: `mark` is well, note (nothing to worry about) or wrong."""

    mark: str
    name: str
    words: str


def doctor(*, home: str | None = None) -> int:
    """Print a line for each check. Returns 0 when nothing is wrong, else 1."""
    wrong = False
    for finding in examine(find_state(home)):
        sys.stdout.write(f"{finding.mark} {finding.name}: {finding.words}\n")
        sys.stdout.flush()
        wrong = wrong or finding.mark == WRONG
    return 1 if wrong else 0


def examine(state: State) -> Iterator[Finding]:
    env = from_process(CHECKOUT)
    if not state.home.is_dir():
        words = f"Nothing was ever started from {state.home}. `ridley run` makes it; or give --home."
        yield Finding(WRONG, "home", words)
        return
    try:
        given = given_addresses(env)
    except BadSetting as error:
        yield Finding(WRONG, "settings", str(error))
        given = None
    else:
        yield from run_findings(state, embedded=given is None)
        where = given.app if given else embedded_address(state)
        if where:
            yield from database_findings(state, env, where, worker_due=given is not None or is_running(state))
    yield from home_findings(state, env)


def run_findings(state: State, *, embedded: bool) -> Iterator[Finding]:
    """Whether `ridley run` runs from this home. With a database of somebody else's it need not."""
    if is_running(state):
        yield Finding(WELL, "run", f"Ridley runs at {state.read_run().get('address') or 'an address not noted yet'}.")
    elif state.read_run().get("pid"):
        yield Finding(
            WRONG, "run", "Ridley ended without stopping in order: it was killed, or the machine went down. "
            "Start it with `ridley run`; what was committed is there.",
        )  # fmt: skip
    elif embedded:
        looked = "" if embedded_address(state) else " What only the database knows was not looked at."
        yield Finding(NOTE, "run", f"Ridley is stopped. Start it with `ridley run`.{looked}")


def is_running(state: State) -> bool:
    try:
        return "run" in psutil.Process(int(state.read_run().get("pid") or 0)).cmdline()
    except psutil.Error:
        return False


def embedded_address(state: State) -> str:
    """Where the app role finds the embedded server; empty while that is stopped. Makes no secret."""
    secret = state.home / "secrets" / "database-app"
    if not (state.server.alive() and secret.is_file()):
        return ""
    server = state.server.addresses()
    return f"postgresql://ridley_app:{quote(secret.read_text(), safe='')}@{server.host}:{server.port}/{DATABASE}"


def database_findings(state: State, env: Environment, where: str, *, worker_due: bool) -> Iterator[Finding]:
    try:
        with psycopg.connect(where, connect_timeout=5, autocommit=True) as link:
            asked = time.time()
            version, theirs, has_queue = link.execute(FACTS).fetchone() or (0, 0.0, False)
            yield Finding(WELL, "database", "It answers.")
            yield version_finding(version)
            yield clock_finding(ours=(asked + time.time()) / 2, theirs=theirs)
            yield role_finding(check_app_role(link))
            yield from table_findings(state, env, where, worker_due=worker_due)
            if has_queue:
                yield from queue_findings(link)
    except psycopg.Error as error:
        yield Finding(
            WRONG, "database", f"It does not answer as the app role ({type(error).__name__}). "
            "Is the server up, and is DATABASE_URL right? Its own log says more.",
        )  # fmt: skip


def version_finding(version: int) -> Finding:
    if version < OLDEST_SERVER:
        return Finding(WRONG, "server", f"PostgreSQL {version}; wanted {OLDEST_SERVER} or later. Upgrade the server.")
    return Finding(WELL, "server", f"PostgreSQL {version}.")


def clock_finding(*, ours: float, theirs: float) -> Finding:
    off = ours - theirs
    if abs(off) > CLOCK_SECONDS:
        side = "ahead of" if off > 0 else "behind"
        words = f"This machine is {abs(off):.0f} s {side} the database; schedules and links that expire go wrong."
        return Finding(WRONG, "clock", f"{words} Set both by the same time server.")
    return Finding(WELL, "clock", "This machine and the database agree.")


def role_finding(reasons: list[str]) -> Finding:
    if reasons:
        return Finding(WRONG, "role", f"{' '.join(reasons)} Give DATABASE_URL the app role.")
    return Finding(WELL, "role", "The row policies hold the role that serves.")


def table_findings(state: State, env: Environment, where: str, *, worker_due: bool) -> Iterator[Finding]:
    """What /readyz looks at too: migrations and the worker."""
    try:
        bring_up_django(state, env, where)
    except BadSetting as error:
        yield Finding(WRONG, "settings", str(error))
        return
    from ridley.config import health

    seen = health.ask_database(where)
    migrations, worker = health.migrations_check(seen.applied), health.worker_check(seen)
    yield Finding(WELL if migrations.ok else WRONG, "migrations",
                  migrations.words if migrations.ok else f"{migrations.words} Run `ridley migrate`.")  # fmt: skip
    if worker.ok:
        yield Finding(WELL, "worker", worker.words)
    elif worker_due:
        yield Finding(WRONG, "worker", f"{worker.words} Nothing is done that waits: start it with `ridley worker`.")


def bring_up_django(state: State, env: Environment, where: str) -> None:
    """Django's list of apps, for the migrations. Without secrets: none is made here. Raises BadSetting."""
    from django.apps import apps

    if apps.ready:
        return
    wanted = {
        "DATABASE_URL": where,
        "RIDLEY_HOME": str(state.home),
        "RIDLEY_ENVIRONMENT": env.text("RIDLEY_ENVIRONMENT", "development"),
        "RIDLEY_RUN_AS": "app",
        "DJANGO_SETTINGS_MODULE": "ridley.config.settings",
    }
    if not (env.values.get("RIDLEY_SECRET_KEY") or env.values.get("RIDLEY_SECRET_KEY_FILE")):
        wanted["RIDLEY_SECRET_KEY"] = UNUSED
    os.environ.update(wanted)
    import django

    django.setup()


def queue_findings(link: psycopg.Connection[Any]) -> Iterator[Finding]:
    (oldest,) = link.execute(OLDEST).fetchone() or (0.0,)
    if oldest > WAITING_SECONDS:
        words = f"The oldest waiting job has waited {oldest / 60:.0f} min; wanted at most {WAITING_SECONDS // 60}."
        yield Finding(WRONG, "queue", f"{words} Start another worker, or see the worker's log.")
    else:
        words = f"The oldest waiting job has waited {oldest:.0f} s." if oldest else "Nothing waits."
        yield Finding(WELL, "queue", words)
    failed = link.execute(FAILED).fetchall()
    if failed:
        told = ", ".join(f"{name} {count} times" if count > 1 else f"{name} once" for name, count in failed)
        yield Finding(WRONG, "failures", f"Failed within a day: {told}. The worker's log has the reasons.")
    else:
        yield Finding(WELL, "failures", "No job failed within a day.")


def home_findings(state: State, env: Environment) -> Iterator[Finding]:
    """What can be looked at without a database."""
    usage = shutil.disk_usage(state.home)
    yield disk_finding(free=usage.free, total=usage.total)
    yield storage_finding(state, env)
    yield secrets_finding([*sorted((state.home / "secrets").glob("*")), state.home / "postgres" / "password",
                           CHECKOUT / ".env"])  # fmt: skip
    yield backup_finding(state.home, now=time.time())


def disk_finding(*, free: int, total: int) -> Finding:
    words = f"{free / 1000**3:.1f} GB free, {free / total:.0%} of the disk"
    if free < FREE_BYTES or free < total * FREE_PART:
        return Finding(WRONG, "disk", f"{words}; wanted 2 GB and 5 %. Make room: on a full disk all writing stops.")
    return Finding(WELL, "disk", f"{words}.")


def storage_finding(state: State, env: Environment) -> Finding:
    folders = [state.home / "incoming", *([] if env.text("RIDLEY_STORAGE", "") else [state.storage])]
    for folder in folders:
        if folder.exists() and not os.access(folder, os.W_OK | os.X_OK):
            words = f"{folder} cannot be written. Give it to the account that Ridley runs as."
            return Finding(WRONG, "storage", words)
    return Finding(WELL, "storage", "It can be written.")


def secrets_finding(paths: list[Path]) -> Finding:
    """Whether others than their owner may read what must stay secret."""
    open_ones = [path for path in paths if path.is_file() and path.stat().st_mode & 0o077]
    if open_ones:
        told = " ".join(str(path) for path in open_ones)
        return Finding(WRONG, "secrets", f"Others on this machine can read them. Run: chmod 600 {told}")
    return Finding(WELL, "secrets", "Only their owner can read them.")


def backup_finding(home: Path, *, now: float) -> Finding:
    """By what the manifests say, which are written last: a folder without one is no whole backup.

    And by the note of the last one, which may lie elsewhere.
    """
    folder = home / "backups"
    noted = [last_backup(home), *(made_at(path) for path in folder.glob("*/manifest.json"))]
    written = [moment.timestamp() for moment in noted if moment]
    if not written:
        return Finding(NOTE, "backup", f"There is no backup yet in {folder}. `ridley backup` makes one.")
    days = (now - max(written)) / 86400
    if days > BACKUP_DAYS:
        words = f"The last one is {days:.1f} days old; wanted at most {BACKUP_DAYS}. Run `ridley backup`, and each day."
        return Finding(WRONG, "backup", words)
    return Finding(WELL, "backup", f"The last one is {days:.1f} days old.")
