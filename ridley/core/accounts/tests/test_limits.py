"""Counting hits: exactly, and ahead of the table; by several processes together."""

import json
import logging
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest
from django.db import DatabaseError, connection

from conftest import owner_connection
from ridley.core.accounts import limits
from ridley.core.accounts.limits import Shared, forget_ended, hit
from ridley.core.accounts.models import HitCount

# Another process: counts ahead, as a web process does, and says which of its hits were refused.
ANOTHER = """
import json, sys, django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from ridley.core.accounts.limits import Shared
shared = Shared()
for line in sys.stdin:
    print(json.dumps(shared.hit("person:asha", 10, 600).refused), flush=True)
"""


def ended(key):
    """The window of this key ends now."""
    with owner_connection() as owner:
        owner.execute("UPDATE accounts_hitcount SET ends_at = now() WHERE key = %s", [key])


def counts():
    return dict(HitCount.objects.values_list("key", "count"))


def test_a_hit_beyond_the_limit_says_how_long_to_wait(db):
    found = [hit("guess:asha", 3, 60) for _ in range(5)]
    assert found[:3] == [None, None, None]
    assert all(wait is not None and 1 <= wait <= 60 for wait in found[3:])
    assert [hit("guess:bina", 3, 60), counts()] == [None, {"guess:asha": 5, "guess:bina": 1}]


@pytest.mark.django_db(transaction=True)
def test_after_its_end_a_window_begins_anew_and_what_has_ended_is_forgotten():
    assert [hit("one", 1, 60) is None for _ in range(2)] == [True, False]
    ended("one")
    assert [hit("one", 1, 60) is None for _ in range(2)] == [True, False]
    hit("two", 1, 60)
    ended("one")
    assert (forget_ended(), counts()) == (1, {"two": 1})


@pytest.mark.django_db(transaction=True)
def test_hits_that_come_at_once_are_counted_exactly():
    found, gate = [], threading.Barrier(4)

    def guess():
        gate.wait(timeout=30)
        found.extend(hit("guess:asha", 10, 600) is None for _ in range(5))
        connection.close()

    threads = [threading.Thread(target=guess) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert (found.count(True), found.count(False), counts()) == (10, 10, {"guess:asha": 20})


def test_counting_ahead_asks_the_table_now_and_then_and_each_time_when_the_limit_is_near(db, monkeypatch):
    told = []
    monkeypatch.setattr(limits, "count", lambda hits, real=limits.count: (told.append(dict(hits)), real(hits))[1])
    monkeypatch.setattr(limits, "TELL_SECONDS", 600)
    shared = Shared()
    standings = [shared.hit("person:asha", 20, 600) for _ in range(22)]
    assert [standing.refused for standing in standings] == [False] * 20 + [True] * 2
    assert [standing.remaining for standing in standings] == [*range(19, -1, -1), 0, 0]
    assert [number for hits in told for _, number in hits.values()] == [1, 17, 1, 1]
    assert counts() == {"person:asha": 20}


def test_what_other_processes_counted_is_known_with_the_next_telling(db, monkeypatch):
    monkeypatch.setattr(limits, "TELL_SECONDS", 0)
    one, two = Shared(), Shared()
    for _ in range(3):
        assert not one.hit("person:asha", 4, 600).refused
    assert two.hit("person:asha", 4, 600).remaining == 0
    assert [one.hit("person:asha", 4, 600).refused, two.hit("person:asha", 4, 600).refused] == [True, True]


def test_a_count_that_cannot_be_told_stops_nobody(db, monkeypatch, caplog):
    def broken(hits):
        raise DatabaseError("no room left")

    monkeypatch.setattr(limits, "count", broken)
    shared = Shared()
    with pytest.raises(DatabaseError):  # within a transaction it has ended that
        shared.hit("person:asha", 100, 600)
    monkeypatch.setattr(limits, "connection", SimpleNamespace(in_atomic_block=False))
    with caplog.at_level(logging.WARNING):
        assert not Shared().hit("person:asha", 100, 600).refused
    assert "could not be counted" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_two_processes_share_a_limit():
    command = [sys.executable, "-c", ANOTHER, str(connection.settings_dict["NAME"])]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, **pipes) for _ in range(2)]
    try:
        refused = []
        for turn in range(24):
            process = processes[turn % 2]
            process.stdin.write("hit\n")
            process.stdin.flush()
            refused.append(json.loads(process.stdout.readline()))
            if turn == 11:  # each has heard of the other at the latest when a quarter of a second is over
                threading.Event().wait(2 * limits.TELL_SECONDS)
    finally:
        for process in processes:
            process.communicate(timeout=60)
    allowed = refused.count(False)
    assert refused[-10:] == [True] * 10
    assert 10 <= allowed <= 14
