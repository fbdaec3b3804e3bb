"""/metrics: exact counts, of all processes of this host, for this host alone."""

import subprocess
import sys

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import path

from ridley.config import metrics, urls
from ridley.config.state import CHECKOUT
from ridley.config.tally import BOUNDS, OTHER, RECORDS, Tally

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls(__name__)]
handler404 = urls.nothing_here
urlpatterns = [path("metrics", metrics.metrics), *urls.urlpatterns]


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    """Counts of this test alone."""
    settings.HOME = tmp_path
    return tmp_path


def scraped(**caller):
    answer = Client().get("/metrics", **caller)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    return answer.content.decode()


def lines(start):
    return [line for line in scraped().splitlines() if line.startswith(start)]


def test_requests_are_counted_by_route_pattern_method_and_class_of_status(world):
    admin, stranger = world.client("admin"), Client()
    made = admin.post("branches/", {"key": "north", "title": "North"})
    assert made.status_code == 201
    for _ in range(2):
        admin.get(f"branches/{made.json()['id']}/")
    stranger.get("/nowhere?token=abc")
    stranger.generic("BREW", "/healthz")
    assert stranger.get(f"/api/v1/{world.tenant.key}/branches/").status_code == 401
    assert lines("ridley_requests_total") == [
        'ridley_requests_total{route="api/v1/<slug:tenant>/branches/",method="GET",status="4xx"} 1',
        'ridley_requests_total{route="api/v1/<slug:tenant>/branches/",method="POST",status="2xx"} 1',
        'ridley_requests_total{route="api/v1/<slug:tenant>/branches/<int:id>/",method="GET",status="2xx"} 2',
        'ridley_requests_total{route="healthz",method="other",status="2xx"} 1',
        'ridley_requests_total{route="unmatched",method="GET",status="4xx"} 1',
    ]
    assert world.tenant.key not in scraped()


def test_the_histogram_is_cumulative_and_has_sum_and_count(home):
    tally = metrics.tally()
    for seconds in (0.01, 0.02, 4.0, 60.0):
        tally.count("a", "GET", "2xx", seconds)
    labels = 'route="a",method="GET",status="2xx"'
    counts = [1, 2, 2, 2, 2, 2, 3, 4]
    bounds = ["0.01", "0.05", "0.1", "0.3", "1", "3", "10", "+Inf"]
    assert lines("ridley_request_seconds") == [
        *(f'ridley_request_seconds_bucket{{{labels},le="{bound}"}} {count}'
          for bound, count in zip(bounds, counts, strict=True)),
        f"ridley_request_seconds_sum{{{labels}}} 64.03",
        f"ridley_request_seconds_count{{{labels}}} 4",
    ]  # fmt: skip
    assert len(BOUNDS) == 7


def test_counts_of_another_process_are_seen_while_it_lives_and_kept_when_it_is_killed(home):
    counts = "from pathlib import Path; from ridley.config.tally import Tally; import time\n"
    counts += f"Tally(Path({str(home / 'metrics')!r})).count('a', 'GET', '2xx', 0.2)\nprint('done', flush=True)\n"
    process = subprocess.Popen(
        [sys.executable, "-c", counts + "time.sleep(60)"], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout.readline() == "done\n"
        metrics.tally().count("a", "GET", "2xx", 0.2)
        sums = {("a", "GET", "2xx"): [0, 0, 0, 2, 0, 0, 0, 0, 0.4]}
        assert metrics.tally().totals() == sums
        assert len(list((home / "metrics").glob("*.counts"))) == 2
    finally:
        process.kill()
        process.communicate()
    assert metrics.tally().totals() == sums
    successor = Tally(home / "metrics")
    assert successor.totals() == sums
    assert len(list((home / "metrics").glob("*.counts"))) == 2  # ours and the successor's; the dead one's is gone


def test_a_folder_that_cannot_be_written_stops_no_request(home):
    (home / "metrics").write_text("a file where a folder belongs")
    assert Client().get("/healthz").status_code == 200
    assert metrics.tally().totals().keys() == {("healthz", "GET", "2xx")}


def test_a_full_file_counts_new_routes_as_other(home):
    tally = metrics.tally()
    for number in range(RECORDS + 5):
        tally.count(f"route-{number}", "GET", "2xx", 0.2)
    found = tally.totals()
    assert len(found) == RECORDS
    assert sum(found[OTHER, OTHER, OTHER][:-1]) == 6


def test_queue_workers_and_connections_are_told(owner):
    connection.ensure_connection()  # one session of a web process, with nothing to do
    for state, task, moment in (
        ("todo", "a.one", "now() - interval '90 s'"),
        ("todo", "a.one", "now() + interval '1 hour'"),
        ("failed", "a.two", "NULL"),
        ("failed", "a.two", "NULL"),
        ("failed", 'a."three', "NULL"),
        ("succeeded", "a.one", "NULL"),
    ):
        owner.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status, scheduled_at)"
            f" VALUES ('default', %s, %s::procrastinate_job_status, {moment})",
            [task, state],
        )
    owner.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now()), (now() - interval '61 s')")
    told = scraped().splitlines()
    for line in (
        "ridley_database_up 1",
        'ridley_jobs{state="failed"} 3',
        'ridley_jobs{state="succeeded"} 1',
        'ridley_jobs{state="todo"} 2',
        'ridley_jobs_failed{job="a.\\"three"} 1',
        'ridley_jobs_failed{job="a.two"} 2',
        "ridley_queue_length 1",
        "ridley_workers 1",
        "ridley_database_connections_allowed 100",
        "ridley_pool_size 0",
    ):
        assert line in told
    values = dict(line.rsplit(" ", 1) for line in told if not line.startswith("#"))
    assert 90 <= float(values["ridley_queue_oldest_seconds"]) < 100
    assert float(values["ridley_database_connections"]) >= 2
    assert float(values['ridley_pool_connections{state="idle"}']) >= 1


def test_a_job_that_was_never_given_a_moment_has_waited_since_it_was_put_there(owner):
    owner.execute("INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('default', 'a.one')")
    owner.execute("UPDATE procrastinate_events SET at = now() - interval '40 s'")
    (line,) = lines("ridley_queue_oldest_seconds ")
    assert 40 <= float(line.split()[1]) < 50


def test_the_last_backup_is_told_and_none_is_told_as_the_beginning_of_time(home):
    name = "ridley_last_backup_timestamp_seconds "
    assert lines(name) == [f"{name}0"]
    (home / "backups").mkdir()
    (home / "backups" / "last.json").write_text('{"made_at": "2026-11-22T05:24:55+00:00"}')
    assert lines(name) == [f"{name}1795325095"]


def test_without_the_database_requests_are_still_told(monkeypatch):
    Client().get("/healthz")
    monkeypatch.setitem(connection.settings_dict, "PASSWORD", "wrong")
    told = scraped()
    assert 'ridley_requests_total{route="healthz",method="GET",status="2xx"} 1\n' in told
    assert told.endswith("# TYPE ridley_database_up gauge\nridley_database_up 0\n")


@pytest.mark.parametrize(
    ("caller", "status"),
    [
        ({"REMOTE_ADDR": "127.0.0.9"}, 200),
        ({"REMOTE_ADDR": "::1"}, 200),
        ({"REMOTE_ADDR": "::ffff:127.0.0.1"}, 200),
        ({"REMOTE_ADDR": "10.1.2.3"}, 200),
        ({"REMOTE_ADDR": "10.1.3.3"}, 404),
        ({"REMOTE_ADDR": "192.0.2.1"}, 404),
        ({"REMOTE_ADDR": ""}, 404),
        ({"REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_FOR": "127.0.0.1"}, 404),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "192.0.2.1"}, 404),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_FORWARDED": "for=192.0.2.1"}, 404),
    ],
)
def test_only_this_machine_and_who_is_allowed_may_read(settings, caller, status):
    settings.METRICS_ALLOWED = ["10.1.2.0/24"]
    answer: HttpResponse = Client().get("/metrics", **caller)
    assert answer.status_code == status
    if status == 404:
        expected = Client().get("/nothing-at-all", **caller).json()
        expected["detail"] = expected["detail"].replace("/nothing-at-all", "/metrics")
        assert answer.json() == expected
