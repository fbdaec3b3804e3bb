"""What is done to a table over the API: files taken in, rows edited."""

from __future__ import annotations

import pytest

from ridley.assistant.models import Row, RowVersion
from ridley.assistant.tests.motor import make_motor
from ridley.core.changes.models import Change, ChangeSet
from ridley.core.files.models import Upload
from tests.world import run_jobs, upload

FILE = b"Kode;Model;Price\nA1;SWIFT VXI;2\nA9;DZIRE;3\n"


def kept(world):
    """All that a refusal must leave as it was."""
    with world.pinned():
        rows = list(Row.objects.order_by("id").values("key", "data", "version", "live"))
        return rows, RowVersion.objects.count(), ChangeSet.objects.count(), Change.objects.count()


def sent(motor, content=FILE, name="acme.csv"):
    return upload(motor.world, motor.world.scope("assistant.admin"), content, name).pk


def edit(key="A1", **values):
    return {"kind": "update", "key": key, "values": values}


def test_a_file_is_taken_in_as_asked_and_can_be_followed(motor):
    path = f"tables/{motor.tables['acme']}/change-sets/"
    options = {"delimiter": ";", "encoding": "utf-8", "header_row": 1, "columns": {"Kode": "code"}}
    body = {"upload_id": sent(motor), "mode": "delta", "comment": "June", "options": options}
    answer = motor.admin.post(f"assistant/{path}", body)
    assert answer.status_code == 202
    made, job = answer.json()["change_set"], answer.json()["job"]
    assert (made["state"], made["mode"], made["comment"], made["options"]) == ("reading", "delta", "June", options)
    assert (job["kind"], job["subject_id"], job["state"]) == ("changes.read", str(made["id"]), "waiting")
    assert answer["Location"] == f"/api/v1/{motor.world.tenant.key}/jobs/{job['id']}/"
    assert answer["ETag"] == f'"changeset-{made["id"]}-1"'
    run_jobs()
    assert motor.admin.get(f"jobs/{job['id']}/").json()["state"] == "done"
    read = motor.admin.get(f"change-sets/{made['id']}/").json()
    assert (read["state"], read["added"], read["changed"], read["removed"]) == ("open", 1, 1, 0)
    assert read["report"]["drift"]["renamed"] == {"Kode": "code", "Model": "model", "Price": "price"}
    assert motor.get(f"tables/{motor.tables['acme']}/")["columns"]["Kode"] == "code"


def test_a_file_that_the_table_equals_already_has_no_job(motor):
    path, body = f"assistant/tables/{motor.tables['zeta']}/change-sets/", {"upload_id": sent(motor)}
    body["options"] = {"columns": {"Kode": "code"}}
    first = motor.admin.post(path, body).json()["change_set"]["id"]
    run_jobs()
    motor.admin.post(f"change-sets/{first}/decisions/", {"decision": "accepted"})
    motor.admin.post(f"change-sets/{first}/apply/", {})
    run_jobs()
    again = motor.admin.post(path, {**body, "upload_id": sent(motor)})
    assert (again.status_code, again.json()["change_set"]["state"], again.json()["job"]) == (202, "equal", None)


def test_the_sets_of_one_table_are_listed_newest_first(motor):
    motor.edit("acme", edit(price="5"), apply=False)
    table = motor.tables["acme"]
    found = motor.get(f"tables/{table}/change-sets/")["items"]
    assert [(one["state"], one["origin"]) for one in found] == [("open", "edit"), ("applied", "edit")]
    assert [one["id"] for one in motor.get(f"tables/{table}/change-sets/?waiting=true")["items"]] == [found[0]["id"]]
    assert motor.get(f"tables/{motor.tables['zeta']}/change-sets/")["items"] == []
    far, near = motor.limited("assistant.viewer", "zeta"), motor.limited("assistant.viewer", "acme")
    path = f"assistant/tables/{table}/change-sets/"
    assert (far.get(path).status_code, len(near.get(path).json()["items"])) == (404, 2)


def test_a_file_that_cannot_be_meant_is_refused_and_nothing_begins(motor, other):
    theirs = sent(make_motor(other))
    good = {"upload_id": sent(motor)}
    path = f"assistant/tables/{motor.tables['acme']}/change-sets/"
    before = kept(motor.world)
    for wrong, status, code in [
        ({"upload_id": theirs}, 404, "not-found"), ({"upload_id": 2**61}, 404, "not-found"),
        ({"mode": "half"}, 400, "invalid"), ({"options": {"colour": "red"}}, 400, "invalid"),
        ({"options": {"delimiter": ";;"}}, 400, "invalid"), ({"options": {"header_row": 0}}, 400, "invalid"),
        ({"options": {"columns": {"Kode": "kode"}}}, 422, "unknown-field"),
        ({"options": {"columns": {"Kode": "code", "Nr": "code"}}}, 422, "field-twice"),
    ]:  # fmt: skip
        refused = motor.admin.post(path, {**good, **wrong})
        assert (refused.status_code, refused.json()["code"]) == (status, code), wrong
    far, viewer = motor.limited("assistant.steward", "zeta"), motor.world.client("assistant.viewer")
    assert (far.post(path, good).status_code, viewer.post(path, good).status_code) == (404, 403)
    assert (kept(motor.world), run_jobs()) == (before, 0)
    with motor.world.pinned():
        assert Upload.objects.count() == 1
    near = motor.limited("assistant.steward", "acme")
    assert near.post(path, good).status_code == 404  # a limited person uses their own uploads only
    assert motor.world.client("assistant.steward").post(path, good).status_code == 202


def test_edits_of_three_kinds_are_proposed_as_one_set_and_change_nothing_yet(motor):
    before = kept(motor.world)[0]
    changes = [
        {"kind": "create", "values": {"code": "A9", "model": " x "}},
        {"kind": "update", "key": "A1", "version": 1, "values": {"model": "SWIFT", "price": None}},
        {"kind": "delete", "key": "A2"},
    ]
    body = {"changes": changes, "comment": "from the phone"}
    answer = motor.world.client("assistant.steward").post(f"assistant/tables/{motor.tables['acme']}/edits/", body)
    assert answer.status_code == 201
    made = answer.json()
    assert (made["state"], made["added"], made["changed"], made["removed"], made["cells"]) == ("held", 1, 1, 1, 2)
    assert (made["origin"], made["comment"], answer["ETag"]) == (
        "edit", "from the phone", f'"changeset-{made["id"]}-{made["version"]}"',
    )  # fmt: skip
    assert kept(motor.world)[0] == before


def test_with_the_right_edits_are_applied_in_one_call(motor):
    made = motor.edit("acme", edit(model="SWIFT", price=None), {"kind": "delete", "key": "A2"})
    assert (made["state"], made["applied"]) == ("applied", 2)
    row = motor.row("acme", "A1")
    assert (row["data"], row["version"], row["change_set_id"]) == ({"code": "A1", "model": "SWIFT"}, 2, made["id"])
    assert motor.row("acme", "A2")["live"] is False


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ([], 400, "invalid"),
        ([edit(price="2"), edit(price="3")], 422, "edited-twice"),
        ([edit(price=2)], 400, "invalid"),
        ([edit(price="a\x00b")], 400, "invalid"),
        ([edit(colour="red")], 422, "unknown-field"),
        ([edit(code="A7")], 422, "key-fixed"),
        ([edit("A8", price="2")], 422, "no-such-row"),
        ([{**edit(price="2"), "version": 7}], 409, "row-moved"),
        ([{"kind": "update", "values": {"price": "2"}}], 422, "key-missing"),
        ([{"kind": "update", "key": "A1"}], 400, "invalid"),
        ([{"kind": "create", "values": {"code": "A1"}}], 409, "row-exists"),
        ([{"kind": "create", "values": {"model": "x"}}], 422, "key-missing"),
        ([{"kind": "create"}], 400, "invalid"),
        ([{"kind": "upsert", "key": "A1", "values": {}}], 400, "invalid"),
        ([{**edit(price="2"), "row": 1}], 400, "invalid"),
        ([{"kind": "create", "values": {"code": str(n)}} for n in range(1001)], 400, "invalid"),
    ],
)
def test_an_edit_that_cannot_be_meant_refuses_them_all(motor, changes, status, code):
    before = kept(motor.world)
    mixed = [{"kind": "delete", "key": "A4"}, *changes] if 0 < len(changes) < 1000 else changes
    path = f"assistant/tables/{motor.tables['acme']}/edits/"
    refused = motor.admin.post(path, {"changes": mixed, "apply": True})
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert kept(motor.world) == before
    assert motor.admin.post(path, {"changes": [{"kind": "delete", "key": "A4"}], "apply": True}).status_code == 201


def test_a_thousand_edits_are_one_call(motor):
    changes = [{"kind": "create", "values": {"code": str(number)}} for number in range(1000)]
    assert motor.edit("zeta", *changes)["applied"] == 1000


def test_who_may_not_edit_or_apply_changes_nothing(motor):
    path, body = f"assistant/tables/{motor.tables['acme']}/edits/", {"changes": [edit(price="2")]}
    now = {**body, "apply": True}
    steward, approver = motor.world.client("assistant.steward"), motor.world.client("assistant.approver")
    far, near = motor.limited("assistant.admin", "zeta"), motor.limited("assistant.admin", "acme")
    before = kept(motor.world)
    assert [steward.post(path, now).status_code, approver.post(path, body).status_code] == [403, 403]
    assert far.post(path, now).status_code == 404
    of_master = f"assistant/tables/{motor.tables['master']}/edits/"
    assert near.post(of_master, {"changes": [edit("M1", price="2")]}).status_code == 403
    assert kept(motor.world) == before
    assert (steward.post(path, body).status_code, near.post(path, now).status_code) == (201, 201)


def test_where_four_eyes_are_asked_for_nobody_applies_their_own_edit(motor):
    motor.admin.patch(f"assistant/tables/{motor.tables['acme']}/", {"four_eyes": True})
    path, body = f"assistant/tables/{motor.tables['acme']}/edits/", {"changes": [edit(price="2")]}
    before = kept(motor.world)
    refused = motor.admin.post(path, {**body, "apply": True})
    assert (refused.status_code, refused.json()["code"], kept(motor.world)) == (403, "four-eyes", before)
    assert motor.admin.post(path, body).json()["four_eyes"] is True


def test_an_archived_table_takes_no_changes(motor):
    path, body = f"assistant/tables/{motor.tables['acme']}/edits/", {"changes": [edit(price="2")]}
    assert motor.admin.post(path, {**body, "apply": True}).status_code == 201
    motor.admin.delete(f"assistant/tables/{motor.tables['acme']}/")
    before = kept(motor.world)
    assert motor.admin.post(path, body).status_code == 404
    upload_id = sent(motor)
    files = f"assistant/tables/{motor.tables['acme']}/change-sets/"
    assert motor.admin.post(files, {"upload_id": upload_id}).status_code == 404
    assert kept(motor.world) == before
