"""How much is done and how much waits, as Prometheus reads it (text format 0.0.4). A tenant is never a label."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Iterable
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from ridley.config.backup import last_backup
from ridley.config.health import Patient, address
from ridley.config.tally import BOUNDS, OTHER, Tally

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
PROXY_HEADERS = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip")
UNMATCHED = "unmatched"
Labels = tuple[tuple[str, str], ...]
Sample = tuple[str, Labels, float]

# A waiting job is one whose moment has come. `at` is when it was last put into the queue.
QUEUE = """
SELECT 'jobs', status::text, count(*)::float FROM procrastinate_jobs GROUP BY status
UNION ALL SELECT 'failures', task_name, count(*)::float FROM procrastinate_jobs
    WHERE status = 'failed' GROUP BY task_name
UNION ALL SELECT 'length', '', count(*)::float FROM procrastinate_jobs
    WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())
UNION ALL SELECT 'oldest', '', coalesce(max(extract(epoch FROM now() - waits.since)), 0)::float FROM (
    SELECT coalesce(job.scheduled_at, (SELECT max(at) FROM procrastinate_events WHERE job_id = job.id)) AS since
    FROM procrastinate_jobs job
    WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())
) waits
UNION ALL SELECT 'workers', '', count(*)::float FROM procrastinate_workers
    WHERE last_heartbeat > now() - make_interval(secs => %s)
UNION ALL SELECT 'connections', '', numbackends::float FROM pg_stat_database WHERE datname = current_database()
UNION ALL SELECT 'pool', coalesce(state, 'unknown'), count(*)::float FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'ridley' GROUP BY state
UNION ALL SELECT 'allowed', '', setting::float FROM pg_settings WHERE name = 'max_connections'
"""


@dataclass(frozen=True)
class Metric:
    name: str
    type: str
    help: str
    samples: Iterable[Sample]


class CountRequests:
    """Counts each request by route pattern, method and class of status, with the seconds until its answer began."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = self.get_response(request)
        route = request.resolver_match.route if request.resolver_match else UNMATCHED
        method = request.method if request.method in METHODS else OTHER
        tally().count(route, method, f"{response.status_code // 100}xx", time.perf_counter() - started)
        return response


@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Everything that is counted; to a caller who is not allowed, as if nothing was served here."""
    if not is_allowed(request):
        raise Http404
    return HttpResponse(exposed([*request_metrics(), backup_metric(), *queue_metrics()]), content_type=CONTENT_TYPE)


def is_allowed(request: HttpRequest) -> bool:
    """The caller is this machine or in RIDLEY_METRICS_ALLOWED, and came by no proxy that says whom it speaks for."""
    if any(name in request.headers for name in PROXY_HEADERS):
        return False
    try:
        caller = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    caller = getattr(caller, "ipv4_mapped", None) or caller
    return caller.is_loopback or any(caller in ipaddress.ip_network(each) for each in settings.METRICS_ALLOWED)


def request_metrics() -> list[Metric]:
    """The requests of all web processes on this host."""
    totals: list[Sample] = []
    buckets: list[Sample] = []
    for (route, method, status), values in sorted(tally().totals().items()):
        labels: Labels = (("route", route), ("method", method), ("status", status))
        counts, seconds = values[:-1], values[-1]
        totals.append(("", labels, sum(counts)))
        for at, bound in enumerate([*(f"{bound:g}" for bound in BOUNDS), "+Inf"]):
            buckets.append(("_bucket", (*labels, ("le", bound)), sum(counts[: at + 1])))
        buckets += [("_sum", labels, seconds), ("_count", labels, sum(counts))]
    return [
        Metric("ridley_requests_total", "counter", "Requests answered, by route pattern.", totals),
        Metric("ridley_request_seconds", "histogram", "Seconds until the answer began.", buckets),
    ]


def backup_metric() -> Metric:
    """When the last backup of this home was made. 0 if there was none, so that an alarm for an old one tells it too."""
    made = last_backup(Path(settings.HOME))
    help = "When the last backup was made, in seconds since 1970; 0 if never."
    return gauge("ridley_last_backup_timestamp_seconds", help, [("", (), made.timestamp() if made else 0)])


def queue_metrics() -> list[Metric]:
    """What the database knows; only that it is away, when it does not answer."""
    try:
        rows = _queue.ask(address(), settings.JOB_STALLED_SECONDS)
    except (psycopg.Error, TookTooLong):
        return [gauge("ridley_database_up", "Whether the database answers.", [("", (), 0)])]
    pool_size: list[Sample] = [("", (), settings.DATABASE_POOL)]
    jobs, failures = labelled(rows, "jobs", "state"), labelled(rows, "failures", "job")
    return [
        gauge("ridley_database_up", "Whether the database answers.", [("", (), 1)]),
        gauge("ridley_jobs", "Jobs in the queue's books, by state.", jobs),
        gauge("ridley_jobs_failed", "Jobs that ended in an unexpected failure, by job.", failures),
        gauge("ridley_queue_length", "Jobs that wait and may start now.", labelled(rows, "length")),
        gauge("ridley_queue_oldest_seconds", "How long the oldest of them has waited.", labelled(rows, "oldest")),
        gauge("ridley_workers", "Workers that said lately that they live.", labelled(rows, "workers")),
        gauge("ridley_database_connections", "Sessions in this database.", labelled(rows, "connections")),
        gauge("ridley_pool_connections", "Sessions of web and worker, by state.", labelled(rows, "pool", "state")),
        gauge("ridley_pool_size", "Sessions that the threads of a process share; 0: one each.", pool_size),
        gauge("ridley_database_connections_allowed", "Sessions the server allows.", labelled(rows, "allowed")),
    ]


def gauge(name: str, help: str, samples: Iterable[Sample]) -> Metric:
    return Metric(name, "gauge", help, samples)


def labelled(rows: list[Any], what: str, label: str = "") -> list[Sample]:
    found = sorted((name, value) for kind, name, value in rows if kind == what)
    return [("", ((label, name),) if label else (), value) for name, value in found]


def exposed(metrics: Iterable[Metric]) -> str:
    """The text format: help, type and samples of each metric."""
    lines = []
    for metric in metrics:
        lines += [f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} {metric.type}"]
        for suffix, labels, value in metric.samples:
            inside = ",".join(f'{name}="{escaped(text)}"' for name, text in labels)
            lines.append(f"{metric.name}{suffix}{{{inside}}} {value:.10g}" if inside else f"{metric.name} {value:.10g}")
    return "\n".join([*lines, ""])


def escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def ask_queue(where: str, stalled_seconds: int) -> list[Any]:
    with psycopg.connect(where, autocommit=True) as link:
        return link.execute(QUEUE.encode(), [stalled_seconds]).fetchall()


def tally() -> Tally:
    """The counts of the home that the settings name."""
    folder = Path(settings.HOME) / "metrics"
    return _tallies.setdefault(folder, Tally(folder))  # it opens its file at the first count


_tallies: dict[Path, Tally] = {}
_queue = Patient(ask_queue)
