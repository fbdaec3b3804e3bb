from __future__ import annotations

import json
import subprocess
import sys

import pytest

from ridley.engine.errors import BadFile, OverBudget
from ridley.engine.readers import Budget, limited, read_limited, read_table
from ridley.engine.readers.child import memory_limit


def test_the_child_reads_what_this_process_would(write):
    path = write("a;b;a\n1;Zoë;2\n3\n4;5;6\n")

    ours, theirs = read_table(path), read_limited(path)
    assert theirs.frame.equals(ours.frame)
    assert theirs.report == ours.report
    assert theirs.frame.rows() == [("1", "Zoë", "2"), ("4", "5", "6")]


def test_the_options_reach_the_child(write):
    table = read_limited(write("x\na:b\n1:2\n"), delimiter=":", header_row=2, encoding="latin-1", name="it")

    assert table.frame.rows() == [("1", "2")]
    assert (table.report.encoding, table.report.header_row) == ("iso8859-1", 2)


def test_an_error_of_the_child_is_raised_here(write):
    with pytest.raises(BadFile, match=r"supplier\.csv is a PDF"):
        read_limited(write(b"%PDF-1.7 x"), name="supplier.csv")
    with pytest.raises(OverBudget) as refusal:
        read_limited(write("a,b\n1,2\n"), budget=Budget(columns=1))
    assert refusal.value.details == {"resource": "columns", "got": 2, "wanted": 1}


def test_a_file_that_needs_more_memory_than_allowed_is_over_budget(write):
    path = write("a,b\n" + "some text in a cell that is long,another such text\n" * 1_000_000)

    with pytest.raises(OverBudget) as refusal:
        read_limited(path, name="large.csv", budget=Budget(memory_bytes=150_000_000, memory_factor=1))
    assert refusal.value.details["resource"] == "memory"
    assert str(refusal.value) == "Reading large.csv needs more memory than the budget allows."


def test_the_limit_grows_with_the_file(write):
    path = write(b"x" * 1_000)

    assert memory_limit(path, Budget(memory_bytes=500, memory_factor=8)) == 8_500


def test_a_child_that_takes_too_long_is_ended(write, monkeypatch):
    monkeypatch.setattr(limited, "_START_SECONDS", 0.0)

    with pytest.raises(OverBudget, match=r"took longer than the 0.05 seconds") as refusal:
        read_limited(write("a\n1\n"), budget=Budget(seconds=0.05))
    assert refusal.value.details["resource"] == "seconds"


@pytest.mark.parametrize(
    ("status", "kind", "message"),
    [
        (-6, OverBudget, "more memory"),
        (-9, OverBudget, "more memory"),
        (3, BadFile, r"stopped its reader \(exit 3\): the last line"),
    ],
)
def test_a_child_that_dies_becomes_an_error_in_words(write, monkeypatch, status, kind, message):
    def die(command, **_):
        return subprocess.CompletedProcess(command, status, b"", b"Traceback\nthe last line\n")

    monkeypatch.setattr(limited.subprocess, "run", die)
    with pytest.raises(kind, match=message):
        read_limited(write("a\n1\n"))


def test_the_child_s_environment_has_none_of_our_secrets(write, monkeypatch):
    seen = {}

    def look(command, *, env, input, **_):
        seen.update(env=env, command=command, request=json.loads(input))
        return subprocess.CompletedProcess(command, 3, b"", b"")

    monkeypatch.setenv("SECRET_KEY", "do not pass on")
    monkeypatch.setattr(limited.subprocess, "run", look)
    with pytest.raises(BadFile):
        read_limited(write("a\n1\n"))

    assert "SECRET_KEY" not in seen["env"]
    assert seen["env"]["POLARS_MAX_THREADS"] == "2"
    assert seen["command"][:2] == [sys.executable, "-P"]
    assert seen["request"]["budget"]["rows"] == Budget().rows
