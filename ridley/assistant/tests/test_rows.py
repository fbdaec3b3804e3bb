"""Rows over the API: as they are, as they were, and one through time."""

from __future__ import annotations

import csv
import io
import json
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ridley.assistant.tests.motor import make_motor


def listed(motor, client=None, table="acme", **asked):
    answer = (client or motor.admin).get(f"assistant/tables/{motor.tables[table]}/rows/?{urlencode(asked)}")
    assert answer.status_code == 200, answer.json()
    return answer.json()["items"]


def keys(motor, **asked):
    return [row["key"] for row in listed(motor, **asked)]


def moment():
    """The database's time: what happened before it is over, what happens next is later."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0].isoformat()


def test_a_row_is_listed_with_what_is_known_of_it(motor):
    motor.map("A1", "M1")
    first = listed(motor)[0]
    with motor.world.pinned():
        from ridley.assistant.models import Row

        row = Row.objects.get(pk=first["id"])
    assert first == {
        "id": row.pk, "table_id": motor.tables["acme"], "key": "A1", "version": 1, "live": True,
        "since": row.since.isoformat().replace("+00:00", "Z"), "change_set_id": row.change_set_id, "mapping": "mapped",
        "master_row_id": motor.id("master", "M1"), "active": True,
        "data": {"code": "A1", "model": "SWIFT VXI", "price": "1"},
    }  # fmt: skip
    assert motor.get(f"rows/{row.pk}/") == first


def test_rows_are_filtered(motor):
    motor.map("A1", "M1")
    motor.map("A2", "M2")
    motor.remove("acme", "A3")
    motor.load("zeta", {" Z1 ": "x"})
    assert (keys(motor, table="zeta", key=" Z1 "), keys(motor, table="zeta", key="Z1")) == ([" Z1 "], [])
    assert keys(motor) == keys(motor, live="true") == ["A1", "A2", "A4"]
    assert (keys(motor, live="false"), keys(motor, live="all")) == (["A3"], ["A1", "A2", "A3", "A4"])
    assert (keys(motor, key="A2"), keys(motor, key="A")) == (["A2"], [])
    assert (keys(motor, text="swift"), keys(motor, text="a2"), keys(motor, text="model")) == (["A1"], ["A2"], [])
    assert keys(motor, text="%") == keys(motor, text='"') == []
    assert (keys(motor, mapping="mapped"), keys(motor, mapping="not_looked_at")) == (["A1", "A2"], ["A4"])
    assert keys(motor, master_row=motor.id("master", "M2")) == ["A2"]
    assert keys(motor, mapping="mapped", text="BALENO", live="all") == ["A2"]


@pytest.mark.parametrize("asked", ["live=maybe", "mapping=x", "as_of=yesterday", "kind=x", "text=%00", "limit=0"])
def test_a_filter_that_cannot_be_read_is_refused(motor, asked):
    path = f"assistant/tables/{motor.tables['acme']}/rows/"
    assert motor.admin.get(f"{path}?{asked}").status_code == 400
    assert motor.admin.get(path).status_code == 200


def test_rows_page_and_leave_as_files(motor):
    path = f"assistant/tables/{motor.tables['acme']}/rows/"
    first = motor.admin.get(f"{path}?limit=3").json()
    rest = motor.admin.get(f"{path}?limit=3&cursor={first['next']}").json()
    assert [row["key"] for row in first["items"] + rest["items"]] == ["A1", "A2", "A3", "A4"]
    assert rest["next"] is None
    text = b"".join(motor.admin.get(f"{path}?format=csv&text=warranty").streaming_content).decode()
    (line,) = csv.DictReader(io.StringIO(text))
    assert (line["key"], json.loads(line["data"])["model"]) == ("A4", "WARRANTY")
    lines = b"".join(motor.admin.get(f"{path}?format=ndjson").streaming_content).splitlines()
    assert [json.loads(line)["key"] for line in lines] == ["A1", "A2", "A3", "A4"]


def test_as_of_a_moment_rows_and_their_meaning_are_what_they_were(motor):
    start = moment()
    motor.map("A1", "M1")
    mapped = moment()
    motor.edit("acme", {"kind": "update", "key": "A1", "values": {"model": "SWIFT ZXI"}})
    motor.remove("acme", "A2")
    motor.load("acme", {"A5": "DZIRE"})
    motor.map("A1", "M2")
    meant = moment()
    motor.remove("master", "M2")
    end = moment()

    def shown(at):
        rows = listed(motor, as_of=at)
        return [(r["key"], r["data"]["model"], r["version"], r["mapping"], r["active"]) for r in rows]

    new = "not_looked_at"
    others = [("A3", "ALTO 800", 1, new, False), ("A4", "WARRANTY", 1, new, False)]
    baleno = ("A2", "BALENO", 1, new, False)
    assert shown(start) == [("A1", "SWIFT VXI", 1, new, False), baleno, *others]
    assert shown(mapped) == [("A1", "SWIFT VXI", 1, "mapped", True), baleno, *others]
    later = [("A1", "SWIFT ZXI", 2, "mapped", False), *others, ("A5", "DZIRE", 1, new, False)]
    assert shown(meant) == [("A1", "SWIFT ZXI", 2, "mapped", True), *later[1:]]
    assert shown(end) == shown("2999-01-01T00:00:00Z") == later
    assert shown("2001-01-01T00:00:00Z") == []
    m1, m2 = motor.id("master", "M1"), motor.id("master", "M2")
    assert (keys(motor, as_of=mapped, master_row=m1), keys(motor, as_of=mapped, master_row=m2)) == (["A1"], [])
    assert (keys(motor, as_of=start, mapping="mapped"), keys(motor, as_of=end, mapping="mapped")) == ([], ["A1"])
    assert (keys(motor, as_of=start, text="vxi"), keys(motor, as_of=end, text="vxi")) == (["A1"], [])
    before, now = listed(motor, as_of=mapped, key="A1")[0], motor.row("acme", "A1")
    assert before["since"] < mapped < now["since"]
    assert before["change_set_id"] != now["change_set_id"]
    assert before["live"] is True


def test_rows_as_of_a_moment_page_and_leave_as_files(motor):
    at = moment()
    for key in ("A1", "A3"):
        motor.edit("acme", {"kind": "update", "key": key, "values": {"price": "2"}})
    motor.remove("acme", "A2")
    path = f"assistant/tables/{motor.tables['acme']}/rows/?{urlencode({'as_of': at})}"
    first = motor.admin.get(f"{path}&limit=2").json()
    rest = motor.admin.get(f"{path}&limit=2&cursor={first['next']}").json()
    paged = first["items"] + rest["items"]
    assert [(row["key"], row["data"]["price"]) for row in paged] == [("A1", "1"), ("A2", "1"), ("A3", "1"), ("A4", "1")]
    lines = b"".join(motor.admin.get(f"{path}&format=ndjson").streaming_content).splitlines()
    assert [json.loads(line) for line in lines] == paged
    refused = motor.admin.get(f"{path}&live=all")
    assert (refused.status_code, refused.json()["code"]) == (400, "bad-filter")
    assert motor.admin.get(f"{path}&live=true").json()["items"] == paged


@pytest.mark.parametrize("then", [False, True])
def test_ten_rows_and_a_thousand_cost_the_same_number_of_queries_and_at_most_12(motor, then):
    motor.load("zeta", {f"Z{number:04}": "SWIFT" for number in range(1000)})
    at = moment()
    motor.edit("zeta", *[{"kind": "update", "key": f"Z{n:04}", "values": {"price": "2"}} for n in range(0, 1000, 10)])
    path = f"assistant/tables/{motor.tables['zeta']}/rows/?{urlencode({'as_of': at})}" if then else (
        f"assistant/tables/{motor.tables['zeta']}/rows/?live=all"
    )  # fmt: skip
    counts = []
    for limit in (10, 1000):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = motor.admin.get(f"{path}&limit={limit}")
        assert len(answer.json()["items"]) == limit
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12


def test_the_etag_of_a_row_moves_with_its_version_and_its_meaning(motor):
    path = f"assistant/rows/{motor.id('acme', 'A1')}/"

    def tag():
        return motor.admin.get(path)["ETag"]

    tags = [tag()]
    assert motor.admin.get(path, headers={"If-None-Match": tags[0]}).status_code == 304
    for deed in (
        lambda: motor.map("A1", "M1"),
        lambda: motor.map("A1", "M2"),
        lambda: motor.edit("acme", {"kind": "update", "key": "A1", "values": {"price": "2"}}),
        lambda: motor.remove("master", "M2"),
        lambda: motor.remove("acme", "A1"),
    ):
        deed()
        assert motor.admin.get(path, headers={"If-None-Match": tags[-1]}).status_code == 200
        tags.append(tag())
    assert len(set(tags)) == 6
    assert all(tag.startswith('"row-') and tag.endswith('"') for tag in tags)


def test_history_has_each_version_with_who_applied_it_the_current_one_first(motor):
    row = motor.id("acme", "A1")
    motor.edit("acme", {"kind": "update", "key": "A1", "values": {"price": "2"}})
    motor.remove("acme", "A1")
    second = motor.world.client("assistant.admin")
    body = {"changes": [{"kind": "create", "values": {"code": "A1", "model": "NEW"}}], "apply": True}
    assert second.post(f"assistant/tables/{motor.tables['acme']}/edits/", body).status_code == 201
    found = motor.get(f"rows/{row}/history/")
    assert (found["row_id"], found["table_id"], found["key"]) == (row, motor.tables["acme"], "A1")
    versions, (one, two) = found["versions"], (str(motor.admin.user.pk), str(second.user.pk))
    whole = {"code": "A1", "model": "SWIFT VXI", "price": "2"}
    assert [(v["version"], v["live"], v["data"], v["actor_id"]) for v in versions] == [
        (4, True, {"code": "A1", "model": "NEW"}, two), (3, False, whole, one), (2, True, whole, one),
        (1, True, {**whole, "price": "1"}, one),
    ]  # fmt: skip
    assert [v["until"] for v in versions] == [None, *[v["since"] for v in versions[:-1]]]
    assert len({v["change_set_id"] for v in versions}) == 4


def test_rows_out_of_reach_or_of_another_tenant_are_not_there(motor, other):
    theirs = make_motor(other)
    far, near = motor.limited("assistant.viewer", "zeta"), motor.limited("assistant.viewer", "acme")
    row, table = motor.id("acme", "A1"), motor.tables["acme"]
    for path in (f"tables/{table}/rows/", f"rows/{row}/", f"rows/{row}/history/", f"rows/{row}/mapping/"):
        asked = [client.get(f"assistant/{path}").status_code for client in (far, theirs.admin, near)]
        assert asked == [404, 404, 200], path
    master = motor.id("master", "M1")
    assert far.get(f"assistant/rows/{master}/").json()["key"] == "M1"
