"""Sources, datasets and tables over the API."""

from __future__ import annotations

import pytest

from ridley.assistant.models import Dataset, Source, Table
from ridley.assistant.tests.motor import FIELDS, make_motor
from ridley.core.audit.models import Event
from tests.world import run_jobs, upload

ACME = {
    "key": "acme-life", "name": "Acme Life", "associated_vertical": "health", "logo": "https://example.com/l.png",
    "home_url": "https://example.com", "support_email": "help@example.com",
}  # fmt: skip
PRICED = [*FIELDS, {"name": "cc", "title": "Engine", "type": "number"}]


def kept(world):
    """All that a refusal must leave as it was."""
    with world.pinned():
        return [list(model.objects.order_by("id").values()) for model in (Source, Dataset, Table)]


def refused(client, verb, path, body, motor, **headers):
    """What a refusal answers, after seeing that it changed nothing."""
    before = kept(motor.world)
    answer = getattr(client, verb)(f"assistant/{path}", body, **headers)
    assert kept(motor.world) == before
    return answer.status_code, answer.json()["code"]


def test_a_source_is_made_read_changed_listed_and_archived(world):
    admin = world.client("assistant.admin")
    made = admin.post("assistant/sources/", ACME)
    assert made.status_code == 201
    source = made.json()
    assert {name: source[name] for name in ACME} == ACME
    path = f"assistant/sources/{source['id']}/"
    read = admin.get(path)
    assert (read["ETag"], read.json()) == (f'"source-{source["id"]}-1"', source)
    changed = admin.patch(path, {"name": "Acme"}, headers={"If-Match": read["ETag"]})
    assert (changed.status_code, changed.json()["name"], changed.json()["version"]) == (200, "Acme", 2)
    stale = admin.patch(path, {"name": "Other"}, headers={"If-Match": read["ETag"]})
    assert (stale.status_code, stale.json()["current"]["name"]) == (412, "Acme")
    assert admin.delete(path, headers={"If-Match": read["ETag"]}).status_code == 412
    assert admin.get(path).json() == changed.json()
    assert [admin.delete(path).status_code, admin.delete(path).status_code] == [204, 204]
    assert admin.get(path).json()["archived_at"] is not None
    with world.pinned():
        kinds = list(Event.objects.filter(subject_type="source").order_by("id").values_list("kind", flat=True))
    assert kinds == ["assistant.source_created", "assistant.source_changed", "assistant.source_archived"]


def test_sources_are_filtered_by_vertical_archived_and_text(world):
    admin = world.client("assistant.admin")
    ids = [
        admin.post("assistant/sources/", {"key": key, "name": name, "associated_vertical": vertical}).json()["id"]
        for key, name, vertical in [("a", "Alpha", "motor"), ("b", "Beta", "health"), ("c", "Gamma", "motor")]
    ]
    admin.delete(f"assistant/sources/{ids[2]}/")

    def keys(query):
        return [item["key"] for item in admin.get(f"assistant/sources/?{query}").json()["items"]]

    assert keys("") == ["a", "b", "c"]
    assert (keys("vertical=motor"), keys("archived=false"), keys("archived=true")) == (["a", "c"], ["a", "b"], ["c"])
    assert (keys("text=bet"), keys("text=AMM"), keys("text=zz")) == (["b"], ["c"], [])
    assert admin.get("assistant/sources/?titel=x").json()["code"] == "unknown-filter"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**ACME, "key": "Bad Key"}, "key"),
        ({**ACME, "nome": "x"}, "nome"),
        ({"key": "x"}, "name"),
        ({**ACME, "home_url": "javascript:alert(1)"}, "home_url"),
        ({**ACME, "support_email": "nobody"}, "support_email"),
    ],
)
def test_a_source_that_is_not_valid_is_refused_by_field(motor, body, field):
    answer = motor.admin.post("assistant/sources/", body)
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, [field])
    assert refused(motor.admin, "post", "sources/", body, motor) == (400, "invalid")
    assert motor.admin.post("assistant/sources/", ACME).status_code == 201


def test_a_key_is_taken_once_and_never_changes(motor):
    assert refused(motor.admin, "post", "sources/", {"key": "acme", "name": "Again"}, motor) == (409, "already-exists")
    dataset = {"key": "vehicles", "name": "V", "fields": FIELDS}
    assert refused(motor.admin, "post", "datasets/", dataset, motor) == (409, "already-exists")
    table = {"dataset_id": motor.dataset, "source_id": motor.sources["acme"]}
    assert refused(motor.admin, "post", "tables/", table, motor) == (409, "already-exists")
    assert refused(motor.admin, "post", "tables/", {"dataset_id": motor.dataset}, motor) == (409, "already-exists")
    for path, body in [
        (f"sources/{motor.sources['acme']}/", {"key": "acme2"}),
        (f"datasets/{motor.dataset}/", {"key": "vehicles2"}),
        (f"tables/{motor.tables['acme']}/", {"source_id": motor.sources["zeta"]}),
        (f"tables/{motor.tables['acme']}/", {"dataset_id": motor.dataset}),
    ]:
        assert refused(motor.admin, "patch", path, body, motor) == (400, "invalid"), path
    motor.post("sources/", {"key": "acme2", "name": "Another"})


def test_a_dataset_is_made_read_changed_and_archived(world):
    admin = world.client("assistant.admin")
    body = {"key": "cars", "name": "Cars", "fields": [{"name": "code"}, {"name": "cc", "type": "number"}]}
    made = admin.post("assistant/datasets/", body)
    assert made.status_code == 201
    shown = [{"name": "code", "title": "", "type": "text"}, {"name": "cc", "title": "", "type": "number"}]
    assert (made.json()["fields"], made.json()["key_fields"]) == (shown, [])
    path, tag = f"assistant/datasets/{made.json()['id']}/", {"If-Match": made["ETag"]}
    changed = admin.patch(path, {"fields": [{"name": "id"}], "key_fields": ["id"]}, headers=tag)
    assert (changed.json()["fields"][0]["name"], changed.json()["key_fields"], changed.json()["version"]) == (
        "id", ["id"], 2,
    )  # fmt: skip
    assert admin.patch(path, {"name": "X"}, headers=tag).status_code == 412
    assert admin.get(path).json() == changed.json()
    assert admin.delete(path).status_code == 204
    assert [one["key"] for one in admin.get("assistant/datasets/?archived=true&text=car").json()["items"]] == ["cars"]
    assert admin.get("assistant/datasets/?archived=false").json()["items"] == []


@pytest.mark.parametrize(
    ("fields", "key_fields", "status", "code"),
    [
        ([{"name": "a"}, {"name": "a"}], [], 422, "field-twice"),
        ([{"name": "a", "title": "T"}, {"name": "b", "title": "T"}], [], 422, "title-twice"),
        ([{"name": "a"}], ["b"], 422, "unknown-field"),
        ([{"name": "a"}], ["a", "a"], 422, "field-twice"),
        ([{"name": "a", "type": "money"}], [], 400, "invalid"),
        ([{"name": "@key"}], [], 400, "invalid"),
        ([{"title": "A"}], [], 400, "invalid"),
        (["a"], [], 400, "invalid"),
        ([{"name": "a\nb"}], [], 400, "invalid"),
        ([{"name": "a", "kind": "x"}], [], 400, "invalid"),
        ([], [], 400, "invalid"),
    ],
)
def test_a_schema_that_cannot_be_meant_is_refused_in_a_new_and_an_old_dataset(motor, fields, key_fields, status, code):
    body = {"fields": fields, "key_fields": key_fields}
    new = {"key": "new", "name": "New", **body}
    assert refused(motor.admin, "post", "datasets/", new, motor) == (status, code)
    assert refused(motor.admin, "patch", f"datasets/{motor.dataset}/", body, motor) == (status, code)
    motor.post("datasets/", {**new, "fields": PRICED, "key_fields": ["cc"]})


def test_once_there_are_rows_fields_are_only_added_or_retitled(motor):
    path = f"datasets/{motor.dataset}/"
    for fields in (FIELDS[:2], [{**FIELDS[0], "name": "id"}, *FIELDS[1:]]):
        body = {"fields": fields, "key_fields": [fields[0]["name"]]}
        assert refused(motor.admin, "patch", path, body, motor) == (409, "field-in-use")
    assert refused(motor.admin, "patch", path, {"key_fields": ["code", "model"]}, motor) == (409, "key-in-use")
    retitled = [{**FIELDS[1], "title": "Model name"}, FIELDS[0], *PRICED[2:]]
    changed = motor.admin.patch(f"assistant/{path}", {"fields": retitled, "name": "Cars"})
    assert (changed.status_code, changed.json()["fields"], changed.json()["name"]) == (200, retitled, "Cars")
    motor.edit("acme", {"kind": "update", "key": "A1", "values": {"cc": "1197"}})
    assert motor.row("acme", "A1")["data"]["cc"] == "1197"


def test_a_set_on_its_way_holds_the_fields_before_there_are_rows(world):
    motor = make_motor(world)
    dataset = motor.post("datasets/", {"key": "d", "name": "D", "fields": FIELDS, "key_fields": ["code"]})["id"]
    motor.tables["new"] = motor.post("tables/", {"dataset_id": dataset})["id"]
    path, body, own = f"datasets/{dataset}/", {"fields": FIELDS[:2]}, f"tables/{motor.tables['new']}/"

    def holds(made):
        assert refused(motor.admin, "patch", path, body, motor) == (409, "field-in-use")
        assert refused(motor.admin, "delete", own, None, motor) == (409, "table-has-change-sets")
        run_jobs()
        assert motor.admin.post(f"change-sets/{made['id']}/withdraw/", {}).status_code == 200

    holds(motor.edit("new", {"kind": "create", "values": {"code": "1"}}, apply=False))
    sent = upload(world, world.scope("assistant.admin"), b"code,model\n1,x\n").pk
    holds(motor.post(f"{own}change-sets/", {"upload_id": sent}, 202)["change_set"])
    assert motor.admin.patch(f"assistant/{path}", body).status_code == 200
    assert motor.admin.delete(f"assistant/{own}").status_code == 204


def test_a_field_that_a_table_is_set_up_with_stays_until_that_is_changed(motor):
    dataset = motor.post("datasets/", {"key": "d", "name": "D", "fields": FIELDS})["id"]
    body = {"dataset_id": dataset, "grouping_field": "model", "columns": {"Code": "code"}}
    table = motor.post("tables/", body)["id"]
    path = f"datasets/{dataset}/"
    for names in (("code", "price"), ("model", "price")):
        fields = [field for field in FIELDS if field["name"] in names]
        assert refused(motor.admin, "patch", path, {"fields": fields}, motor) == (409, "field-in-use")
    changed = motor.admin.patch(f"assistant/tables/{table}/", {"grouping_field": "", "columns": {}})
    assert (changed.json()["grouping_field"], changed.json()["columns"]) == ("", {})
    assert motor.admin.patch(f"assistant/{path}", {"fields": [FIELDS[2]]}).status_code == 200


def test_a_table_is_made_with_its_names_and_set_up(motor):
    dataset = motor.post("datasets/", {"key": "cars", "name": "Cars", "fields": FIELDS, "key_fields": ["code"]})["id"]
    master = motor.post("tables/", {"dataset_id": dataset})
    assert (master["name"], master["source"], master["source_id"], master["dataset"]) == (
        "Master Cars", None, None, "cars",
    )  # fmt: skip
    body = {
        "dataset_id": dataset, "source_id": motor.sources["acme"], "feed": "delta", "four_eyes": True,
        "grouping_field": "model", "columns": {" Kode ": "code"}, "sheet": "Motor",
    }  # fmt: skip
    made = motor.post("tables/", body)
    assert {name: made[name] for name in body} == body
    assert (made["name"], made["source"], made["row_count"], made["version"]) == ("Acme Cars", "acme", 0, 1)
    path = f"assistant/tables/{made['id']}/"
    tag = motor.admin.get(path)["ETag"]
    changed = motor.admin.patch(path, {"name": "Cars of Acme", "sheet": ""}, headers={"If-Match": tag})
    assert changed.json() | {"updated_at": ""} == made | {
        "name": "Cars of Acme", "sheet": "", "version": 2, "updated_at": "",
    }  # fmt: skip
    assert motor.admin.patch(path, {"feed": "snapshot"}, headers={"If-Match": tag}).status_code == 412
    assert motor.admin.get(path).json() == changed.json()
    assert motor.admin.delete(path).status_code == 204
    motor.post("tables/", body)


def test_tables_are_filtered(motor):
    def names(query):
        return [item["name"] for item in motor.get(f"tables/?{query}")["items"]]

    assert names("") == ["Master Vehicles", "Acme Vehicles", "Zeta Vehicles"]
    assert (names("source=acme"), names("master=true")) == (["Acme Vehicles"], ["Master Vehicles"])
    assert (names("master=false&text=zet"), names("dataset=other")) == (["Zeta Vehicles"], [])
    assert (names("archived=true"), names("dataset=vehicles&archived=false&text=acme")) == ([], ["Acme Vehicles"])


def test_a_table_with_unknown_parts_is_refused(motor, other):
    theirs = make_motor(other)
    archived = motor.post("sources/", {"key": "gone", "name": "Gone"})["id"]
    motor.admin.delete(f"assistant/sources/{archived}/")
    good = {"dataset_id": motor.dataset, "source_id": motor.post("sources/", {"key": "new", "name": "New"})["id"]}
    for wrong in (
        {"dataset_id": theirs.dataset}, {"dataset_id": 2**61}, {"source_id": theirs.sources["acme"]},
        {"source_id": 2**61}, {"source_id": archived},
    ):  # fmt: skip
        assert refused(motor.admin, "post", "tables/", {**good, **wrong}, motor) == (422, "unknown-reference"), wrong
    for wrong in ({"grouping_field": "colour"}, {"columns": {"Farbe": "colour"}}):
        assert refused(motor.admin, "post", "tables/", {**good, **wrong}, motor) == (422, "unknown-field")
        path = f"tables/{motor.tables['acme']}/"
        assert refused(motor.admin, "patch", path, wrong, motor) == (422, "unknown-field")
    twice = {"columns": {"A": "code", "B": "code"}}
    assert refused(motor.admin, "post", "tables/", {**good, **twice}, motor) == (422, "field-twice")
    bad = {"columns": {"a\x00b": "code"}}
    assert refused(motor.admin, "post", "tables/", {**good, **bad}, motor) == (400, "invalid")
    motor.post("tables/", good)


def test_what_is_still_used_is_not_archived(motor):
    motor.map("A1", "M1")
    for path, code in [
        (f"sources/{motor.sources['acme']}/", "source-has-tables"),
        (f"datasets/{motor.dataset}/", "dataset-has-tables"),
        (f"tables/{motor.tables['master']}/", "table-has-mappings"),
    ]:
        assert refused(motor.admin, "delete", path, None, motor) == (409, code)
    in_turn = [*(f"tables/{motor.tables[name]}/" for name in ("acme", "zeta", "master")),
               f"sources/{motor.sources['acme']}/", f"datasets/{motor.dataset}/"]  # fmt: skip
    assert [motor.admin.delete(f"assistant/{path}").status_code for path in in_turn] == [204] * 5


def test_what_is_another_tenants_is_not_there(motor, other):
    theirs = make_motor(other)
    for path in (
        f"sources/{theirs.sources['acme']}/", f"datasets/{theirs.dataset}/", f"tables/{theirs.tables['acme']}/",
    ):  # fmt: skip
        before = kept(other)
        assert motor.admin.get(f"assistant/{path}").status_code == 404
        assert motor.admin.patch(f"assistant/{path}", {"name": "Mine"}).status_code == 404
        assert motor.admin.delete(f"assistant/{path}").status_code == 404
        assert kept(other) == before
        assert theirs.admin.patch(f"assistant/{path}", {"name": "Mine"}).status_code == 200


def test_a_limited_member_sees_their_sources_and_the_masters(motor):
    client = motor.limited("assistant.steward", "zeta")

    def names(path):
        return [item["name"] for item in client.get(f"assistant/{path}/").json()["items"]]

    assert (names("sources"), names("tables")) == (["Zeta"], ["Master Vehicles", "Zeta Vehicles"])
    assert names("datasets") == ["Vehicles"]
    assert client.get(f"assistant/sources/{motor.sources['acme']}/").status_code == 404
    assert client.get(f"assistant/tables/{motor.tables['acme']}/").status_code == 404
    assert client.get(f"assistant/sources/{motor.sources['zeta']}/").status_code == 200
    assert client.get(f"assistant/tables/{motor.tables['master']}/").status_code == 200


def test_who_may_not_configure_changes_nothing(motor):
    steward = motor.world.client("assistant.steward")
    for path, body in [
        ("sources/", {"key": "new", "name": "New"}), ("datasets/", {"key": "new", "name": "New", "fields": FIELDS}),
        ("tables/", {"dataset_id": motor.dataset}),
    ]:  # fmt: skip
        assert refused(steward, "post", path, body, motor) == (403, "denied")
        assert steward.get(f"assistant/{path}").status_code == 200
    for path in (f"sources/{motor.sources['zeta']}/", f"datasets/{motor.dataset}/", f"tables/{motor.tables['zeta']}/"):
        assert refused(steward, "patch", path, {"name": "X"}, motor) == (403, "denied")
        assert refused(steward, "delete", path, None, motor) == (403, "denied")
        assert motor.admin.patch(f"assistant/{path}", {"name": "X"}).status_code == 200


def test_a_limited_admin_configures_their_source_and_nothing_that_is_shared(motor):
    limited = motor.limited("assistant.admin", "zeta", "eta")
    zeta, acme = motor.sources["zeta"], motor.sources["acme"]
    assert refused(limited, "post", "sources/", {"key": "theta", "name": "T"}, motor) == (403, "denied")
    assert refused(limited, "patch", f"sources/{acme}/", {"name": "X"}, motor) == (404, "not-found")
    assert refused(limited, "delete", f"sources/{acme}/", None, motor) == (404, "not-found")
    assert refused(limited, "patch", f"datasets/{motor.dataset}/", {"name": "X"}, motor) == (403, "denied")
    assert refused(limited, "delete", f"datasets/{motor.dataset}/", None, motor) == (403, "denied")
    new = {"key": "n", "name": "N", "fields": FIELDS}
    assert refused(limited, "post", "datasets/", new, motor) == (403, "denied")
    master = f"tables/{motor.tables['master']}/"
    assert refused(limited, "patch", master, {"name": "X"}, motor) == (403, "denied")
    assert refused(limited, "delete", master, None, motor) == (403, "denied")
    dataset = motor.post("datasets/", new)["id"]
    assert refused(limited, "post", "tables/", {"dataset_id": dataset}, motor) == (403, "denied")
    body = {"dataset_id": dataset, "source_id": acme}
    assert refused(limited, "post", "tables/", body, motor) == (422, "unknown-reference")
    assert limited.post("assistant/sources/", {"key": "eta", "name": "Eta"}).status_code == 201
    assert limited.patch(f"assistant/sources/{zeta}/", {"name": "Z"}).status_code == 200
    assert limited.post("assistant/tables/", {**body, "source_id": zeta}).status_code == 201
    assert limited.patch(f"assistant/tables/{motor.tables['zeta']}/", {"feed": "delta"}).status_code == 200
    assert limited.delete(f"assistant/tables/{motor.tables['zeta']}/").status_code == 204
