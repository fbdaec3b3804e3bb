"""A table exported for a spreadsheet and uploaded again is no change, whatever is in its cells."""

from __future__ import annotations

import csv
import io
import json
import random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ridley.core.access.export import csv_lines
from ridley.core.changes.tests.steps import edited, live_rows, make_table
from ridley.core.files.tests.sending import created
from ridley.engine.readers import read_table
from ridley.engine.spreadsheet import runs, unmark
from tests.world import run_jobs

AWKWARD = [
    "=1+1", "'=1", "''=1", "-1", "'-1", "+91 98765 43210", "@x", "\t=1", "'\t", "\r=1", "-1\n", " =1", " -1 ",
    "\uff1d1", "\uff0d1", "a;=1", "a|=1", 'say "hi"', '"=1"', "a,b", "O'Neill", "'", "−1", "-5%", "1e5", "=", "-",
    "\u200b=1",
]  # fmt: skip
FIELDS = ("code", "model", "price")
letters = st.sampled_from("'\"=+-@\t\r\n ;,|1a\uff1d\u200b")
cells = st.text(letters, min_size=1, max_size=6)


def content(response) -> bytes:
    assert response.status_code == 200
    return b"".join(response.streaming_content)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=12))
def test_a_written_table_is_read_back_cell_by_cell(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("export") / "table"
    written = csv_lines(({"code": code, "=x": text} for code, text in rows), ["code", "=x"])
    path.write_bytes(b"".join(written))
    frame, _ = unmark(read_table(path, delimiter=",", encoding="utf-8").frame)
    assert frame.columns == ["code", "=x"]
    assert frame.rows() == pl.DataFrame(rows, schema=["code", "=x"], orient="row").rows()


@pytest.fixture
def filled(world):
    """A table with awkward cells and random ones: (table, what it holds)."""
    seed = random.randrange(10**6)
    print("seed", seed)
    chance = random.Random(seed)
    more = ["".join(chance.choices("'\"=+-@\t\r\n ;,|1a", k=chance.randint(1, 6))) for _ in range(200)]
    texts = list(dict.fromkeys(AWKWARD + more))
    table = make_table(world, names=FIELDS)
    rows = [{"code": text, "model": chance.choice(texts), "price": f"-{number}"} for number, text in enumerate(texts)]
    edited(world, table, *({"kind": "create", "values": row} for row in rows))
    assert len(live_rows(world, table)) == len(texts)
    return table, rows


def test_a_table_that_is_exported_and_uploaded_again_has_no_difference(world, filled):
    (table, rows), admin = filled, world.client("admin")
    before = live_rows(world, table)
    exported = content(admin.get(f"assistant/tables/{table.pk}/file/"))
    read = list(csv.reader(io.StringIO(exported.decode(), newline="")))
    assert [text for row in read for text in row if runs(text) and not text.startswith("'")] == []
    assert {row[2] for row in read[1:]} == {row["price"] for row in rows}  # negative numbers as they are

    path = created(admin, len(exported), body=exported)
    asked = {"upload_id": int(path.rstrip("/").split("/")[-1])}
    made = admin.post(f"assistant/tables/{table.pk}/change-sets/", asked).json()
    run_jobs()
    found = admin.get(f"change-sets/{made['change_set']['id']}/").json()
    assert (found["state"], found["problem"], found["rows_after"]) == ("equal", None, len(rows))
    assert found["report"]["unmarked"]["code"] == sum(runs(row["code"]) for row in rows)
    assert live_rows(world, table) == before


def test_one_changed_cell_of_the_export_is_the_only_difference(world, filled):
    (table, _), admin = filled, world.client("admin")
    exported = content(admin.get(f"assistant/tables/{table.pk}/file/")).replace(b",-7\r\n", b",-7.5\r\n")
    path = created(admin, len(exported), body=exported)
    asked = {"upload_id": int(path.rstrip("/").split("/")[-1])}
    made = admin.post(f"assistant/tables/{table.pk}/change-sets/", asked).json()["change_set"]["id"]
    run_jobs()
    items = admin.get(f"change-sets/{made}/changes/").json()["items"]
    assert [item["cells"] for item in items] == [[{"column": "price", "old": "-7", "new": "-7.5"}]]


def test_ndjson_stays_raw(world, filled):
    (table, rows), admin = filled, world.client("admin")
    exported = content(admin.get(f"assistant/tables/{table.pk}/file/?format=ndjson"))
    found = [json.loads(line) for line in exported.decode().split("\n")[:-1]]
    assert sorted(found, key=lambda row: row["code"]) == sorted(rows, key=lambda row: row["code"])


def test_another_format_is_refused_and_so_is_who_may_not_look(world, filled):
    table, _ = filled
    refused = world.client("admin").get(f"assistant/tables/{table.pk}/file/?format=xlsx")
    assert (refused.status_code, refused.json()["code"]) == (400, "bad-format")
    refused = world.client("member").get(f"assistant/tables/{table.pk}/file/")
    assert (refused.status_code, refused.json()["permission"]) == (403, "assistant.view")
