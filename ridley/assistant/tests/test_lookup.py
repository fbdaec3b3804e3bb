"""From a source's code to the master and back."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest

from ridley.assistant.tests.motor import FIELDS, make_motor


def look(client, path="", **asked):
    return client.get(f"assistant/lookup/{path}?{urlencode(asked)}")


def meaning(motor, code, **more):
    answer = look(motor.admin, **{"source": "acme", "dataset": "vehicles", "code": code, **more})
    assert answer.status_code == 200, answer.json()
    return answer.json()


def codes(motor, code, **more):
    answer = look(motor.admin, "reverse/", dataset="vehicles", code=code, **more)
    assert answer.status_code == 200, answer.json()
    return [(item["source"], item["code"], item["live"], item["active"]) for item in answer.json()["items"]]


def test_a_mapped_code_is_looked_up_both_ways(motor):
    motor.map("A1", "M1", reason="same car")
    m1 = motor.id("master", "M1")
    assert meaning(motor, "A1") == {
        "source": "acme", "dataset": "vehicles", "code": "A1", "row_id": motor.id("acme", "A1"), "live": True,
        "state": "mapped", "active": True, "inactive_because": None, "reason": "same car",
        "master": {"row_id": m1, "code": "M1", "live": True, "data": {"code": "M1", "model": "Swift", "price": "1"}},
    }  # fmt: skip
    assert codes(motor, "M1") == [("acme", "A1", True, True)]
    assert codes(motor, "M2") == []


def test_a_code_that_nobody_looked_at_or_that_means_nothing_is_not_active(motor):
    path = f"rows/{motor.id('acme', 'A4')}/mapping/"
    motor.post(path, {"state": "nothing_found", "reason": "a warranty is no car"}, status=200)
    for code, state, reason in [("A2", "not_looked_at", ""), ("A4", "nothing_found", "a warranty is no car")]:
        found = meaning(motor, code)
        assert (found["state"], found["active"], found["inactive_because"], found["reason"], found["master"]) == (
            state, False, "not_mapped", reason, None,
        )  # fmt: skip


def test_a_code_is_active_as_long_as_its_row_and_the_masters_are_live(motor):
    motor.map("A1", "M1")
    motor.map("A2", "M2")
    motor.remove("acme", "A1")
    motor.remove("master", "M2")
    removed, orphaned = meaning(motor, "A1"), meaning(motor, "A2")
    assert (removed["live"], removed["state"], removed["active"], removed["inactive_because"]) == (
        False, "mapped", False, "removed",
    )  # fmt: skip
    assert (orphaned["live"], orphaned["active"], orphaned["inactive_because"]) == (True, False, "master_removed")
    assert (orphaned["master"]["code"], orphaned["master"]["live"]) == ("M2", False)
    assert codes(motor, "M1") == [("acme", "A1", False, False)]
    assert codes(motor, "M2") == [("acme", "A2", True, False)]
    motor.load("acme", {"A1": "SWIFT"})
    motor.load("master", {"M2": "Baleno"})
    assert (meaning(motor, "A1")["active"], meaning(motor, "A2")["active"]) == (True, True)


def test_back_from_the_master_by_source_page_and_file(motor):
    motor.load("zeta", {"Z1": "Swift", "Z2": "Swift ZXI"})
    m1 = motor.id("master", "M1")
    motor.map("A1", "M1")
    for key in ("Z1", "Z2"):
        motor.post(f"rows/{motor.id('zeta', key)}/mapping/", {"state": "mapped", "master_row_id": m1}, status=200)
    assert codes(motor, "M1") == [("acme", "A1", True, True), ("zeta", "Z1", True, True), ("zeta", "Z2", True, True)]
    assert codes(motor, "M1", source="zeta") == [("zeta", "Z1", True, True), ("zeta", "Z2", True, True)]
    first = look(motor.admin, "reverse/", dataset="vehicles", code="M1", limit=2).json()
    rest = look(motor.admin, "reverse/", dataset="vehicles", code="M1", limit=2, cursor=first["next"]).json()
    assert [item["code"] for item in first["items"] + rest["items"]] == ["A1", "Z1", "Z2"]
    file = look(motor.admin, "reverse/", dataset="vehicles", code="M1", format="ndjson")
    assert [json.loads(line)["code"] for line in b"".join(file.streaming_content).splitlines()] == ["A1", "Z1", "Z2"]


def test_a_code_of_several_fields_is_its_canonical_key_text_and_nothing_is_trimmed(motor):
    body = {"key": "pairs", "name": "Pairs", "fields": FIELDS, "key_fields": ["code", "model"]}
    dataset = motor.post("datasets/", body)["id"]
    motor.tables["pairs"] = motor.post("tables/", {"dataset_id": dataset, "source_id": motor.sources["acme"]})["id"]
    motor.load("pairs", {"a|b": "c\\d", " x": "y "})
    for code, row in [("a\\|b|c\\\\d", "a|b"), (" x|y ", " x")]:
        found = meaning(motor, code, dataset="pairs")
        assert motor.get(f"rows/{found['row_id']}/")["data"]["code"] == row
    assert look(motor.admin, source="acme", dataset="pairs", code="x|y").status_code == 404


@pytest.mark.parametrize(
    "wrong", [{"source": "nobody"}, {"dataset": "nothing"}, {"code": "A9"}, {"source": "zeta"}, {"code": "M1"}]
)
def test_whatever_is_unknown_answers_alike(motor, wrong):
    right = {"source": "acme", "dataset": "vehicles", "code": "A1"}
    asked = {**right, **wrong}
    unknown = look(motor.admin, **asked)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown-code")
    assert unknown.json()["detail"] == f"The code {asked['code']!r} is not known there, or not for you."
    assert look(motor.admin, **right).status_code == 200


@pytest.mark.parametrize("wrong", [{"dataset": "nothing"}, {"code": "M9"}, {"code": "A1"}, {"source": "nobody"}])
def test_whatever_is_unknown_on_the_way_back_answers_alike(motor, wrong):
    right = {"dataset": "vehicles", "code": "M1", "source": "acme"}
    unknown = look(motor.admin, "reverse/", **{**right, **wrong})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown-code")
    assert look(motor.admin, "reverse/", **right).json() == {"items": [], "next": None}


def test_a_lookup_says_which_part_is_missing(motor):
    missing = look(motor.admin, source="acme", dataset="vehicles")
    assert (missing.status_code, [error["field"] for error in missing.json()["errors"]]) == (400, ["code"])
    assert look(motor.admin, source="acme", dataset="vehicles", code="A1", kode="A1").status_code == 400
    back = look(motor.admin, "reverse/", dataset="vehicles")
    assert (back.status_code, back.json()["code"], back.json()["detail"].partition(":")[0]) == (
        400,
        "bad-filter",
        "code",
    )


def test_out_of_reach_answers_as_unknown_does(motor):
    motor.map("A1", "M1")
    near, far = motor.limited("assistant.viewer", "acme"), motor.limited("assistant.viewer", "zeta")
    asked = {"source": "acme", "dataset": "vehicles", "code": "A1"}
    unreached, unknown = look(far, **asked), look(far, **{**asked, "source": "nobody"})
    assert unreached.json() == unknown.json()
    assert (unreached.status_code, look(near, **asked).json()["active"]) == (404, True)
    back = {"dataset": "vehicles", "code": "M1"}
    assert look(far, "reverse/", **back).json()["items"] == []
    assert look(far, "reverse/", **back, source="acme").status_code == 404
    assert [item["code"] for item in look(near, "reverse/", **back, source="acme").json()["items"]] == ["A1"]


def test_another_tenants_code_is_unknown(motor, other):
    theirs = make_motor(other)
    theirs.load("zeta", {"Z1": "Swift"})
    asked = {"source": "zeta", "dataset": "vehicles", "code": "Z1"}
    assert (look(motor.admin, **asked).status_code, look(theirs.admin, **asked).status_code) == (404, 200)


def test_an_archived_table_is_not_looked_up(motor):
    motor.map("A1", "M1")
    assert meaning(motor, "A1")["active"] is True
    assert motor.admin.delete(f"assistant/tables/{motor.tables['acme']}/").status_code == 204
    assert look(motor.admin, source="acme", dataset="vehicles", code="A1").status_code == 404
    assert codes(motor, "M1") == []
    refused = motor.admin.delete(f"assistant/rows/{motor.id('acme', 'A1')}/mapping/")
    assert (refused.status_code, refused.json()["code"]) == (409, "table-archived")
