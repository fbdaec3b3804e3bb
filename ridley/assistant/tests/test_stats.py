"""How far the work is, counted over the API."""

from __future__ import annotations

import csv
import io
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.dateparse import parse_datetime

from ridley.assistant.tests.motor import FIELDS, make_motor
from ridley.core.changes.models import ChangeSet
from tests.world import run_jobs, upload

NONE = {"added": 0, "removed": 0, "changed": 0}
COUNTS = ("rows", "master_rows", "mapped", "nothing_found", "not_applicable", "not_looked_at", "active", "share_mapped",
          "share_looked_at", "pending", "conflicts", "held", "applied", "rejected")  # fmt: skip


def stats(motor, client=None):
    answer = (client or motor.admin).get("assistant/stats/")
    assert answer.status_code == 200, answer.json()
    return answer.json()


def counts(line):
    return tuple(line[name] for name in COUNTS)


def line(found, source):
    (one,) = [one for one in found["tables"] if one["source"] == source]
    return one


def take_in(motor, table, content, **more):
    sent = upload(motor.world, motor.world.scope("assistant.admin"), content).pk
    made = motor.admin.post(f"assistant/tables/{motor.tables[table]}/change-sets/", {"upload_id": sent, **more})
    run_jobs()
    return made.json()["change_set"]["id"]


def decide(motor, change_set, decision, **filter):
    body = {"decision": decision, "filter": filter}
    assert motor.admin.post(f"change-sets/{change_set}/decisions/", body).status_code == 201


def test_rows_are_counted_by_what_is_known_of_their_meaning(motor):
    motor.map("A1", "M1")
    motor.map("A2", "M2")
    motor.post(f"rows/{motor.id('acme', 'A4')}/mapping/", {"state": "not_applicable"}, status=200)
    motor.load("zeta", {"Z1": "x", "Z2": "y"})
    motor.post(f"rows/{motor.id('zeta', 'Z1')}/mapping/", {"state": "nothing_found"}, status=200)
    motor.remove("zeta", "Z2")
    motor.remove("master", "M2")
    found = stats(motor)
    acme = (4, 0, 2, 0, 1, 1, 1, 0.5, 0.75, NONE, 0, 0, 4, 0)
    zeta = (1, 0, 0, 1, 0, 0, 0, 0.0, 1.0, NONE, 0, 0, 3, 0)
    assert (counts(line(found, "acme")), counts(line(found, "zeta"))) == (acme, zeta)
    assert counts(line(found, None)) == (0, 2, 0, 0, 0, 0, 0, None, None, NONE, 0, 0, 4, 0)
    assert counts(found["totals"]) == (5, 2, 2, 1, 1, 1, 1, 0.4, 0.8, NONE, 0, 0, 11, 0)
    assert found["totals"]["tables"] == 3
    assert {one["source"]: (counts(one), one["tables"]) for one in found["sources"]} == {
        "acme": (acme, 1), "zeta": (zeta, 1),
    }  # fmt: skip
    whole = line(found, "acme")
    assert (whole["table"], whole["dataset"], whole["source_name"]) == ("Acme Vehicles", "vehicles", "Acme")
    assert (whole["table_id"], whole["source_id"]) == (motor.tables["acme"], motor.sources["acme"])


def test_what_waits_conflicts_is_held_applied_and_rejected_is_counted(motor):
    slow = take_in(motor, "acme", b"code,model,price\nA1,SWIFT VXI,7\nA2,BALENO,7\nA5,DZIRE,1\n", mode="delta")
    assert line(stats(motor), "acme")["pending"] == {"added": 1, "removed": 0, "changed": 2}
    motor.edit("acme", {"kind": "update", "key": "A1", "values": {"price": "9"}})
    decide(motor, slow, "accepted", key="A1")
    decide(motor, slow, "rejected", key="A2")
    assert line(stats(motor), "acme")["pending"] == {"added": 1, "removed": 0, "changed": 1}
    assert motor.admin.post(f"change-sets/{slow}/apply/", {"rest": "wait"}).status_code == 202
    run_jobs()
    acme = line(stats(motor), "acme")
    assert (acme["pending"], acme["conflicts"], acme["held"]) == ({"added": 1, "removed": 0, "changed": 1}, 1, 0)
    assert (acme["applied"], acme["rejected"]) == (5, 1)
    held = take_in(motor, "acme", b"code,model,price\nA1,SWIFT VXI,9\n")
    found = stats(motor)
    acme = line(found, "acme")
    assert (acme["pending"], acme["held"]) == ({"added": 1, "removed": 3, "changed": 1}, 1)
    assert (found["totals"]["pending"], found["totals"]["held"], found["totals"]["conflicts"]) == (
        acme["pending"],
        1,
        1,
    )
    for change_set in (slow, held):
        motor.admin.post(f"change-sets/{change_set}/release/", {})
        decide(motor, change_set, "rejected")
        assert motor.admin.post(f"change-sets/{change_set}/apply/", {}).status_code in (200, 202)
    run_jobs()
    acme = line(stats(motor), "acme")
    assert (acme["pending"], acme["conflicts"], acme["held"], acme["applied"], acme["rejected"]) == (NONE, 0, 0, 5, 6)
    assert (acme["oldest_waiting_at"], acme["oldest_waiting_seconds"]) == (None, None)


def test_the_oldest_waiting_set_and_the_last_upload_are_told_with_their_age(motor):
    first = take_in(motor, "acme", b"code,model,price\nA5,DZIRE,1\n", mode="delta")
    second = motor.edit("acme", {"kind": "delete", "key": "A4"}, apply=False)["id"]
    with motor.world.pinned(), connection.cursor() as cursor:
        cursor.execute("UPDATE changes_changeset SET created_at = now() - interval '2 days' WHERE id = %s", [first])
        at = {one.pk: one.created_at for one in ChangeSet.objects.filter(pk__in=[first, second])}
    found = stats(motor)
    acme = line(found, "acme")
    assert (parse_datetime(acme["oldest_waiting_at"]), parse_datetime(acme["last_upload_at"])) == (at[first], at[first])
    assert 172_800 <= acme["oldest_waiting_seconds"] < 173_400
    assert found["totals"]["oldest_waiting_at"] == acme["oldest_waiting_at"]
    assert (line(found, "zeta")["oldest_waiting_at"], line(found, "zeta")["last_upload_at"]) == (None, None)
    decide(motor, first, "accepted")
    motor.admin.post(f"change-sets/{first}/apply/", {})
    run_jobs()
    assert parse_datetime(line(stats(motor), "acme")["oldest_waiting_at"]) == at[second]


def test_what_needs_people_most_comes_first(motor):
    def order():
        found = stats(motor)
        return [one["source"] for one in found["tables"]], [one["source"] for one in found["sources"]]

    assert order() == (["acme", None, "zeta"], ["acme", "zeta"])
    motor.edit("zeta", {"kind": "create", "values": {"code": "Z1"}}, apply=False)
    assert order() == (["zeta", "acme", None], ["zeta", "acme"])
    take_in(motor, "acme", b"code,model,price\nA1,SWIFT VXI,1\n")
    assert order() == (["acme", "zeta", None], ["acme", "zeta"])


def test_stats_end_where_reach_ends(motor, other):
    theirs = make_motor(other)
    theirs.load("zeta", {"Z1": "x"})
    motor.edit("master", {"kind": "delete", "key": "M3"}, apply=False)
    limited = stats(motor, motor.limited("assistant.viewer", "zeta"))
    assert [(one["source"], one["rows"], one["master_rows"]) for one in limited["tables"]] == [
        (None, 0, 3), ("zeta", 0, 0),
    ]  # fmt: skip
    assert [one["source"] for one in limited["sources"]] == ["zeta"]
    assert (limited["totals"]["rows"], limited["totals"]["pending"]) == (0, NONE)
    assert (stats(motor)["totals"]["rows"], stats(motor)["totals"]["pending"]["removed"]) == (4, 1)
    assert motor.world.client("member").get("assistant/stats/").status_code == 403


def test_archived_tables_are_not_counted_and_a_source_without_tables_is(motor):
    motor.admin.delete(f"assistant/tables/{motor.tables['acme']}/")
    found = stats(motor)
    assert [one["source"] for one in found["tables"]] == [None, "zeta"]
    assert [(one["source"], one["tables"], one["rows"]) for one in found["sources"]] == [("acme", 0, 0), ("zeta", 1, 0)]


def test_the_number_of_queries_does_not_grow_with_the_tables(motor):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            stats(motor)
        return len(captured)

    few = queries()
    for number in range(8):
        source = motor.post("sources/", {"key": f"s{number}", "name": "S"})["id"]
        name = f"s{number}"
        motor.tables[name] = motor.post("tables/", {"dataset_id": motor.dataset, "source_id": source})["id"]
        motor.load(name, {"1": "x"})
        motor.edit(name, {"kind": "delete", "key": "1"}, apply=False)
    assert len(stats(motor)["tables"]) == 11
    assert queries() == few


def test_the_tables_leave_as_a_file(motor):
    text = b"".join(motor.admin.get("assistant/stats/?format=csv").streaming_content).decode()
    lines = {one["source"]: one for one in csv.DictReader(io.StringIO(text))}
    assert (lines["acme"]["rows"], json.loads(lines["acme"]["pending"]), lines[""]["master_rows"]) == ("4", NONE, "3")
    found = b"".join(motor.admin.get("assistant/stats/?format=ndjson").streaming_content).splitlines()
    assert [json.loads(one) for one in found] == stats(motor)["tables"]
    refused = motor.admin.get("assistant/stats/?format=xml")
    assert (refused.status_code, refused.json()["code"]) == (400, "bad-format")


@pytest.mark.parametrize("key_fields", [[], ["code", "model"]])
def test_tables_of_any_key_are_counted(motor, key_fields):
    body = {"key": "other", "name": "Other", "fields": FIELDS, "key_fields": key_fields}
    dataset = motor.post("datasets/", body)["id"]
    motor.tables["more"] = motor.post("tables/", {"dataset_id": dataset, "source_id": motor.sources["acme"]})["id"]
    motor.load("more", {"1": "x", "2": "x"})
    (acme,) = [one for one in stats(motor)["sources"] if one["source"] == "acme"]
    assert (acme["tables"], acme["rows"], acme["not_looked_at"]) == (2, 6, 6)
