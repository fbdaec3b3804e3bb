"""Files that mean harm: each is refused with a stable code, costs little, and the worker goes on working."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from django.conf import settings

from ridley.core.changes.tests.steps import as_csv, make_table
from ridley.core.files.models import Upload
from ridley.core.files.tests.sending import created
from ridley.core.jobs.models import Job
from ridley.engine.errors import EngineError
from ridley.engine.readers import Budget, limited, read_limited
from ridley.engine.readers.child import memory_limit
from tests.security import bombs
from tests.worker import work_until_empty

RATIO, ENTITY, BROKEN = "over 100 times what is packed", "declares a document type", "cannot be opened as a workbook"
NO_WORKBOOK, TOO_WIDE, TOO_MUCH = "without a workbook", r"has 1,000,00\d columns", "needs more memory"
# Code, the resource that would be used up, and words of the refusal, which tell what noticed it.
REFUSED = {
    "zip_bomb": ("bad-file", None, RATIO),
    "nested_zip": ("bad-file", None, NO_WORKBOOK),
    "empty_zip": ("bad-file", None, NO_WORKBOOK),
    "gzipped": ("bad-file", None, "a gzip archive"),
    "many_members": ("over-budget", "directory_bytes", "15,488,890 directory bytes"),
    "unpacking_sheet": ("bad-file", None, RATIO),
    "unpacking_strings": ("bad-file", None, RATIO),
    "lying_strings": ("bad-file", None, BROKEN),
    "far_cell": ("over-budget", "columns", "16,384 columns"),
    "hidden_far_cell": ("over-budget", "memory", TOO_MUCH),
    "long_shared_string": ("over-budget", "memory", TOO_MUCH),
    "long_attribute": ("bad-file", None, "a tag of over"),
    "laughing_strings": ("bad-file", None, ENTITY),
    "laughing_sheet": ("bad-file", None, ENTITY),
    "laughing_workbook": ("bad-file", None, ENTITY),
    "outer_entity": ("bad-file", None, ENTITY),
    "million_columns": ("over-budget", "columns", TOO_WIDE),
    "million_cells_in_rows": ("over-budget", "columns", TOO_WIDE),
    "quoted_line": ("over-budget", "line_bytes", "a quote that is not closed"),
    "gigabyte_line": ("over-budget", "line_bytes", "16,000,001 line bytes"),
}
# What an interpreter with polars has mapped from files besides its data; the limit does not count it.
MAPPED = 400_000_000


def write(name: str, path: Path) -> Path:
    path.write_bytes(b"code,model\n1,2" if name == "gigabyte_line" else bombs.BOMBS[name]())
    if name == "gigabyte_line":
        bombs.lengthen(path)
    return path


@pytest.fixture
def used(monkeypatch):
    """Processor seconds and most memory of the child that read, by the kernel's own count."""
    found = {}

    def run(command, *, input, env, timeout, **_):
        with tempfile.TemporaryFile() as asked, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            asked.write(input)
            asked.seek(0)
            child = subprocess.Popen(command, stdin=asked, stdout=out, stderr=err, env=env)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            found.update(seconds=usage.ru_utime + usage.ru_stime, bytes=usage.ru_maxrss * 1024)
            for file in (out, err):
                file.seek(0)
            return subprocess.CompletedProcess(command, child.returncode, out.read(), err.read())

    monkeypatch.setattr(limited.subprocess, "run", run)
    return found


def test_every_bomb_has_its_refusal():
    assert set(REFUSED) == {*bombs.BOMBS, "gigabyte_line"}


@pytest.mark.parametrize("name", REFUSED)
def test_a_bomb_is_small_and_costs_its_reader_little_time_and_memory(name, tmp_path, used, record_property):
    path = write(name, tmp_path / "bomb")
    assert path.stat().st_blocks * 512 < 32_000_000
    code, resource, words = REFUSED[name]
    with pytest.raises(EngineError, match=words) as refusal:
        read_limited(path, name=name)
    assert (refusal.value.code, refusal.value.details.get("resource")) == (code, resource)
    record_property("counted", f"{name}: {used['seconds']:.1f} s of processor, {used['bytes'] / 1e6:,.0f} MB at most")
    assert used["seconds"] < 20  # ten times what it takes; unguarded, the worst took minutes
    assert used["bytes"] < memory_limit(path, Budget()) + MAPPED


def stored(world, location: str) -> Path:
    with world.pinned():
        name = Upload.objects.get(pk=location.rstrip("/").rpartition("/")[2]).storage_name
    return Path(settings.STORAGES["default"]["OPTIONS"]["location"]) / name


@pytest.mark.django_db(transaction=True)
def test_a_worker_refuses_every_bomb_puts_it_apart_and_then_reads_an_honest_file(world, tmp_path, record_property):
    admin = world.client("admin")
    sets = {}
    for name in [*REFUSED, "honest"]:
        content = as_csv([("1", "Swift", "500")])
        if name not in ("honest", "gigabyte_line"):
            content = bombs.BOMBS[name]()
        location = created(admin, len(content), name=f"../../{name}.xlsx", body=content)
        if name == "gigabyte_line":
            bombs.lengthen(stored(world, location))
        upload_id = int(location.rstrip("/").split("/")[-1])
        table = make_table(world)  # the files of one table are read one after the other
        asked = admin.post(f"assistant/tables/{table.pk}/change-sets/", {"upload_id": upload_id})
        assert asked.status_code == 202, asked.json()
        sets[name] = asked.json()["change_set"]["id"], location
    work_until_empty()

    for name, (code, _, _) in REFUSED.items():
        change_set, location = sets[name]
        found = admin.get(f"change-sets/{change_set}/").json()
        assert (name, found["state"], (found["problem"] or {}).get("code")) == (name, "failed", code)
        assert (name, admin.get(location).json()["state"]) == (name, "quarantined")
    assert admin.get(f"change-sets/{sets['honest'][0]}/").json()["added"] == 1
    assert admin.get(sets["honest"][1]).json()["state"] == "complete"
    with world.pinned():
        jobs = Job.objects.filter(kind="changes.read").order_by("-pk")
        assert set(jobs.values_list("state", flat=True)) == {"done"}
        seconds = [(job.ended_at - job.started_at).total_seconds() for job in jobs]
    record_property("counted", f"the slowest of {len(seconds)} jobs took {max(seconds):.1f} s")
    names = [str(path) for path in Path(settings.HOME).rglob("*") if any(name in path.name for name in REFUSED)]
    assert names == []
