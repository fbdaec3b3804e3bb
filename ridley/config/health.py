"""Whether this installation can serve now, asked in under a second even when the database or the disk hangs."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar
from uuid import uuid4

import psycopg
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, default_storage
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

PATIENCE_SECONDS = 0.4  # for each of two questions, one after the other
STATEMENT_MILLISECONDS = 350
PROBE = b"ready"
PROBE_SECONDS = 5.0  # a storage that was well is not tried again within that time
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. The words name no tenant and no secret: anybody may read them."""

    name: str
    ok: bool
    words: str


@dataclass(frozen=True)
class Seen:
    """What the database says: the migrations it holds, and the seconds since a worker last said that it lives."""

    applied: frozenset[tuple[str, str]]
    heartbeat_seconds: float | None


class Patient(Generic[Answer]):
    """Asks a question that may hang, in a thread of its own; while one hangs, no second one is begun."""

    def __init__(self, question: Callable[..., Answer]) -> None:
        self.question = question
        self.pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=question.__name__)
        self.lock = threading.Lock()
        self.running: tuple[tuple[Any, ...], Future[Answer]] | None = None

    def ask(self, *arguments: Any) -> Answer:
        """The answer. Raises TookTooLong after PATIENCE_SECONDS, else what the question raises."""
        with self.lock:
            if self.running is None or self.running[1].done() or self.running[0] != arguments:
                self.running = arguments, self.pool.submit(self.question, *arguments)
            future = self.running[1]
        return future.result(timeout=PATIENCE_SECONDS)


@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """200 when every check is well, else 503; either way the list of checks."""
    checks = look()
    status = 200 if all(check.ok for check in checks) else 503
    return JsonResponse([asdict(check) for check in checks], safe=False, status=status)


def look() -> list[Check]:
    """The checks of this moment: database, migrations, worker, storage."""
    return [*database_checks(), storage_check()]


def database_checks() -> list[Check]:
    try:
        seen = _database.ask(address())
    except (psycopg.Error, TookTooLong):
        unknown = "Not known: the database does not answer."
        return [
            Check("database", False, "The database does not answer."),
            Check("migrations", False, unknown),
            Check("worker", False, unknown),
        ]
    return [Check("database", True, "The database answers."), migrations_check(seen.applied), worker_check(seen)]


def migrations_check(applied: frozenset[tuple[str, str]]) -> Check:
    """Nothing that this code brings is missing in the database."""
    waiting = sorted(name for name in known_migrations() if name not in applied)
    if not waiting:
        return Check("migrations", True, "No migration is pending.")
    first = ".".join(waiting[0])
    return Check("migrations", False, f"{counted(len(waiting), 'migration')} pending, the first {first}.")


def worker_check(seen: Seen) -> Check:
    limit = settings.JOB_STALLED_SECONDS
    if seen.heartbeat_seconds is None:
        return Check("worker", False, "No worker was ever seen, or each has signed off.")
    words = f"A worker was last seen {seen.heartbeat_seconds:.0f} s ago"
    if seen.heartbeat_seconds > limit:
        return Check("worker", False, f"{words}; wanted within {limit} s.")
    return Check("worker", True, f"{words}.")


def storage_check() -> Check:
    """The storage was used a moment ago, by whoever asked, or is tried now."""
    global _well_until
    if time.monotonic() < _well_until:
        return STORAGE_WELL
    try:
        refusal = _storage.ask(Path(settings.INCOMING), default_storage)
    except TookTooLong:
        refusal = "The storage does not answer."
    if refusal:
        return Check("storage", False, refusal)
    _well_until = time.monotonic() + PROBE_SECONDS
    return STORAGE_WELL


def why_not_usable(incoming: Path, storage: Storage) -> str:
    """In words what keeps us from using them; empty when nothing does. Names only a folder's last part."""
    try:
        incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=incoming) as file:
            file.write(PROBE)
            file.flush()
    except OSError as error:
        return f"The folder {incoming.name} cannot be written: {error.strerror}."
    try:
        return why_not_kept(storage)
    except Exception as error:  # a bucket's client has a hundred errors of its own
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        return f"The storage cannot be used: {reason}."


def why_not_kept(storage: Storage) -> str:
    """Write a small object, read it back, remove it; what another probe does meanwhile has another name."""
    name = storage.save(f".probe/{uuid4().hex}", ContentFile(PROBE))
    try:
        with storage.open(name, "rb") as file:
            return "" if file.read() == PROBE else "The storage does not give back what was written."
    finally:
        storage.delete(name)


def ask_database(where: str) -> Seen:
    with psycopg.connect(where, autocommit=True) as link:
        found = rows_if_there(link, "django_migrations", "SELECT app, name FROM django_migrations")
        beats = rows_if_there(
            link,
            "procrastinate_workers",
            "SELECT extract(epoch FROM now() - max(last_heartbeat))::float FROM procrastinate_workers",
        )
        return Seen(frozenset((app, name) for app, name in found), beats[0][0] if beats else None)


def rows_if_there(link: psycopg.Connection[Any], table: str, query: str) -> Sequence[Any]:
    """The rows, or none if the table was not made yet."""
    if link.execute("SELECT to_regclass(%s)", [table]).fetchone() == (None,):
        return []
    return link.execute(query.encode()).fetchall()


def address() -> str:
    """The app role's address with short patience; two seconds is the shortest wait that the driver knows."""
    values = connection.settings_dict
    return psycopg.conninfo.make_conninfo(
        "",
        dbname=values["NAME"],
        user=values["USER"],
        password=values["PASSWORD"],
        host=values["HOST"],
        port=values["PORT"],
        connect_timeout=2,
        application_name="ridley-health",
        options=f"-c statement_timeout={STATEMENT_MILLISECONDS}",
    )


@cache
def known_migrations() -> frozenset[tuple[str, str]]:
    """Every migration that this code brings. One that was squashed counts as the whole it became a part of."""
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(None)
    return frozenset(loader.disk_migrations or {})


def counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


STORAGE_WELL = Check("storage", True, "The storage can be written and read.")
_well_until = 0.0
_database = Patient(ask_database)
_storage = Patient(why_not_usable)
