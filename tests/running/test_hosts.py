"""Several hosts on one queue: two homes with one database and one folder of files, web on one, workers on both."""

import json
import os
import signal
import subprocess
import urllib.request

import pytest

from ridley.config import web
from ridley.config.state import CHECKOUT
from tests.running.installation import SHORT, called, eventually, installation

pytestmark = pytest.mark.slow
KEYS = ("a", "b", "c", "d")
BRANCHES = "SELECT key, title FROM tenants_branch ORDER BY key"
JOBS = "SELECT arguments->>'key', state, attempts FROM jobs_job WHERE kind = 'chores.wait' ORDER BY 1"
MADE = "SELECT count(*), count(DISTINCT subject_id) FROM audit_event WHERE kind = 'chores.made'"
SILENT = "SELECT 1 FROM procrastinate_workers WHERE last_heartbeat < now() - interval '5 s'"
TAKE_OVER = """INSERT INTO procrastinate_jobs (queue_name, task_name, args)
VALUES ('default', 'jobs.take_over', '{"timestamp": 0}')"""
GO = "INSERT INTO tenants_branch (tenant_id, version, updated_at, key, title) SELECT %s, 1, now(), k || '-go', 'Go'"


def begun(made):
    """Which process begun each job, by the job's key."""
    return {key.removesuffix("-begun"): int(pid) for key, pid in made.home.sql(BRANCHES) if key.endswith("-begun")}


def ready(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10) as answer:
            return json.load(answer)
    except OSError:
        return None


def test_workers_of_two_hosts_share_a_queue_and_one_takes_over_what_the_other_left(prepared, folder, record_property):
    with installation(prepared, folder / "home") as made:
        made.environment.update(SHORT, DJANGO_SETTINGS_MODULE="tests.worker_settings")
        other = folder / "other"
        other.mkdir()
        (other / "storage").symlink_to(made.home.state.storage)  # as a folder that both hosts mount
        made.home.state.static.mkdir(exist_ok=True)
        listener = web.listen(None, None)
        with (made.home.state.logs / "web-test.log").open("ab") as log:
            made.started.append(
                subprocess.Popen(
                    web.command(listener, made.home.state.logs / "access.log"), cwd=CHECKOUT, env=made.environment,
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=[listener.fileno()],
                    start_new_session=True,
                )
            )  # fmt: skip
        port = listener.getsockname()[1]
        listener.close()
        there = made.start("worker", home=other)

        # What the first host stored, the second one's worker reads; and the web server of the first has its worker.
        found = json.loads(called(made.environment, "-m", "tests.running.wanted", "read", str(made.ids["table"])))
        query = "SELECT state, removed FROM changes_changeset WHERE id = %(change_set)s AND state <> 'reading'"
        assert eventually(lambda: made.home.sql(query, found), made.log)[0][1] == 1
        checks = eventually(lambda: ready(port), made.log)
        assert [check["ok"] for check in checks] == [True] * 4, checks

        here = made.start("worker")
        ids = json.loads(called(made.environment, "-m", "tests.running.wanted", "wait", *KEYS))
        eventually(lambda: sorted(begun(made)) == list(KEYS), made.log)  # two at a time on each host
        who = begun(made)
        pids = sorted(set(who.values()))
        assert len(pids) == 2
        assert sorted(list(who.values()).count(pid) for pid in pids) == [2, 2]
        os.killpg(there.pid, signal.SIGKILL)  # the second host is gone
        there.wait()
        made.home.sql(f"{GO} FROM unnest(%s::text[]) k".replace("%s", "%(tenant)s", 1).replace("%s", "%(keys)s"),
                      {"tenant": made.ids["tenant"], "keys": list(KEYS)})  # fmt: skip
        eventually(lambda: made.home.sql(SILENT), made.log)
        made.home.sql(TAKE_OVER)  # as each minute does
        eventually(lambda: {state for _, state, _ in made.home.sql(JOBS)} == {"done"}, made.log, 150)
        attempts = {key: number for key, _, number in made.home.sql(JOBS)}
        killed = [key for key in KEYS if attempts[key] == 2]
        assert sorted(attempts.values()) == [1, 1, 2, 2]
        assert len({who[key] for key in killed}) == 1  # those of the killed host, and no other
        assert made.home.sql(MADE) == [(8, 8)]  # begun and done, each once
        assert len(ids) == 4
        made.end(here)
        record_property(
            "counted", "two hosts, one queue: 4 jobs, 2 on each; a host killed, its 2 taken over, each effect once"
        )
