"""What a source's row means, said by hand over the API."""

from __future__ import annotations

import json

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ridley.assistant.models import Mapping, Row
from ridley.assistant.services import mapping as services
from ridley.core.access.errors import Conflict
from ridley.core.audit.models import Event


def kept(motor):
    """All that a refusal must leave as it was."""
    with motor.world.pinned():
        said = Mapping.objects.order_by("id").values_list("id", "state", "master_row_id", "ended_at", "undoes_id")
        return list(said), list(Row.objects.order_by("id").values_list("key", "mapping", "master_row_id"))


def test_a_row_goes_through_all_states_and_its_history_keeps_them(motor):
    path = f"rows/{motor.id('acme', 'A1')}/mapping/"
    assert motor.get(path)["current"] is None
    mapped = motor.map("A1", "M1", reason="same engine")
    assert mapped["current"] | {"id": 0, "at": "", "actor_id": ""} == {
        "id": 0, "row_id": motor.id("acme", "A1"), "state": "mapped", "master_row_id": motor.id("master", "M1"),
        "reason": "same engine", "actor_id": "", "at": "", "ended_at": None, "undoes_id": None,
    }  # fmt: skip
    assert mapped["current"]["actor_id"] == str(motor.admin.user.pk)
    assert (mapped["row"]["mapping"], mapped["row"]["active"]) == ("mapped", True)
    none = motor.post(path, {"state": "nothing_found", "reason": "discontinued"}, status=200)
    assert (none["row"]["mapping"], none["row"]["master_row_id"], none["row"]["active"]) == (
        "nothing_found",
        None,
        False,
    )
    assert motor.post(path, {"state": "not_applicable"}, status=200)["current"]["state"] == "not_applicable"
    assert motor.admin.delete(f"assistant/{path}?reason=oops").status_code == 204
    after = motor.get(path)
    states = ["not_looked_at", "not_applicable", "nothing_found", "mapped"]
    assert [said["state"] for said in after["history"]] == states
    assert (after["current"]["state"], after["current"]["reason"]) == ("not_looked_at", "oops")
    ends = [said["ended_at"] for said in after["history"]]
    assert (ends[0], ends[1:]) == (None, [said["at"] for said in after["history"]][:-1])


def test_each_deed_is_an_event_with_what_was_before(motor):
    m1 = motor.id("master", "M1")
    row = motor.id("acme", "A1")
    motor.map("A1", "M1", reason="sure")
    motor.admin.delete(f"assistant/rows/{row}/mapping/")
    motor.post(f"rows/{row}/mapping/undo/", {"reason": "hasty"}, status=200)
    with motor.world.pinned():
        events = Event.objects.filter(subject_type="row", subject_id=str(row)).order_by("id")
        told = [(e.kind, e.reason, e.data["state"], e.data["master_row_id"], e.data["before"]) for e in events]
    mapped, unmapped = {"state": "mapped", "master_row_id": m1}, {"state": "not_looked_at", "master_row_id": None}
    assert told == [
        ("assistant.row_mapped", "sure", "mapped", m1, None),
        ("assistant.row_unmapped", "", "not_looked_at", None, mapped),
        ("assistant.mapping_undone", "hasty", "mapped", m1, unmapped),
    ]


def test_undo_goes_back_decision_by_decision_until_none_stands(motor):
    row = motor.id("acme", "A1")
    undo = f"rows/{row}/mapping/undo/"
    first = motor.map("A1", "M1", reason="looks alike")["current"]
    second = motor.map("A1", "M2")["current"]
    back = motor.post(undo, {}, status=200)["current"]
    assert (back["state"], back["master_row_id"], back["reason"]) == ("mapped", first["master_row_id"], "looks alike")
    assert back["undoes_id"] == second["id"]
    third = motor.map("A1", "M3")["current"]
    assert motor.post(undo, {}, status=200)["current"]["undoes_id"] == third["id"]
    last = motor.post(undo, {}, status=200)
    assert (last["current"]["state"], last["current"]["undoes_id"]) == ("not_looked_at", first["id"])
    assert (last["row"]["mapping"], last["row"]["master_row_id"]) == ("not_looked_at", None)
    before = kept(motor)
    refused = motor.admin.post(f"assistant/{undo}", {})
    assert (refused.status_code, refused.json()["code"], kept(motor)) == (409, "nothing-to-undo", before)


def test_undo_brings_back_a_meaning_whose_master_row_was_removed_and_it_is_not_active(motor):
    motor.map("A1", "M1")
    motor.map("A1", "M2")
    motor.remove("master", "M1")
    back = motor.post(f"rows/{motor.id('acme', 'A1')}/mapping/undo/", {}, status=200)["row"]
    assert (back["mapping"], back["master_row_id"], back["active"]) == ("mapped", motor.id("master", "M1"), False)


def test_undo_brings_back_a_meaning_in_a_master_archived_since_and_it_is_not_active(motor):
    motor.map("A1", "M1")
    a1, m1 = motor.id("acme", "A1"), motor.id("master", "M1")
    motor.admin.delete(f"assistant/rows/{a1}/mapping/")
    assert motor.admin.delete(f"assistant/tables/{motor.tables['master']}/").status_code == 204
    back = motor.post(f"rows/{a1}/mapping/undo/", {}, status=200)["row"]
    assert (back["mapping"], back["master_row_id"], back["active"]) == ("mapped", m1, False)


def test_saying_again_what_is_said_changes_nothing(motor):
    once = motor.map("A1", "M1", reason="r")
    assert motor.map("A1", "M1", reason="r") == once
    assert len(motor.map("A1", "M1", reason="another")["history"]) == 2
    path = f"assistant/rows/{motor.id('acme', 'A2')}/mapping/"
    assert motor.admin.delete(path).status_code == 204
    assert motor.admin.get(path).json()["history"] == []


def test_what_cannot_be_meant_is_refused_and_nothing_changes(motor, other):
    from ridley.assistant.tests.motor import make_motor

    row, m1, m2 = motor.id("acme", "A1"), motor.id("master", "M1"), motor.id("master", "M2")
    theirs = make_motor(other).id("master", "M1")
    motor.remove("master", "M2")
    before = kept(motor)
    path = f"assistant/rows/{row}/mapping/"
    refusals = [
        ({"state": "mapped"}, 422, "master-row-missing"),
        ({"state": "nothing_found", "master_row_id": m1}, 422, "master-row-unwanted"),
        ({"state": "mapped", "master_row_id": m2}, 409, "master-row-removed"),
        ({"state": "mapped", "master_row_id": motor.id("acme", "A2")}, 422, "unknown-reference"),
        ({"state": "mapped", "master_row_id": theirs}, 422, "unknown-reference"),
        ({"state": "mapped", "master_row_id": 2**61}, 422, "unknown-reference"),
        ({"state": "not_looked_at"}, 400, "invalid"),
        ({"state": "mapped", "master_row_id": m1, "master": "M1"}, 400, "invalid"),
    ]
    for body, status, code in refusals:
        refused = motor.admin.post(path, body)
        assert (refused.status_code, refused.json()["code"]) == (status, code), body
    of_master = motor.admin.post(f"assistant/rows/{m1}/mapping/", {"state": "nothing_found"})
    assert (of_master.status_code, of_master.json()["code"]) == (422, "master-row")
    assert kept(motor) == before
    assert motor.admin.post(path, {"state": "mapped", "master_row_id": m1}).status_code == 200


def test_a_dataset_without_a_master_has_nothing_to_mean(motor):
    for key in ("A1", "A2"):
        assert motor.row("acme", key)["mapping"] == "not_looked_at"
    m1, a1 = motor.id("master", "M1"), motor.id("acme", "A1")
    assert motor.admin.delete(f"assistant/tables/{motor.tables['master']}/").status_code == 204
    refused = motor.admin.post(f"assistant/rows/{a1}/mapping/", {"state": "mapped", "master_row_id": m1})
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown-reference")
    assert (
        motor.post(f"rows/{a1}/mapping/", {"state": "nothing_found"}, status=200)["row"]["mapping"] == "nothing_found"
    )


def test_the_mapping_that_was_seen_guards_each_deed(motor):
    row, m1 = motor.id("acme", "A1"), motor.id("master", "M1")
    path = f"assistant/rows/{row}/mapping/"
    first = motor.map("A1", "M2", seen_mapping_id=None)["current"]["id"]
    before = kept(motor)
    body = {"state": "mapped", "master_row_id": m1}
    refused = [
        motor.admin.post(path, {**body, "seen_mapping_id": None}),
        motor.admin.post(path, {**body, "seen_mapping_id": first + 1}),
        motor.admin.post(f"{path}undo/", {"seen_mapping_id": None}),
        motor.admin.delete(f"{path}?seen_mapping_id={first + 1}"),
    ]
    assert [(one.status_code, one.json()["code"], one.json()["current"]) for one in refused] == [
        (409, "mapping-moved", first)
    ] * 4
    assert motor.admin.delete(f"{path}?seen_mapping=1").status_code == 400
    assert kept(motor) == before
    second = motor.admin.post(path, {**body, "seen_mapping_id": first}).json()["current"]["id"]
    third = motor.admin.post(f"{path}undo/", {"seen_mapping_id": second}).json()["current"]["id"]
    assert motor.admin.delete(f"{path}?seen_mapping_id={third}").status_code == 204


def test_only_those_who_map_and_reach_the_source_may(motor):
    row = motor.id("acme", "A1")
    path, body = f"assistant/rows/{row}/mapping/", {"state": "nothing_found"}
    before = kept(motor)
    viewer, far = motor.world.client("assistant.viewer"), motor.limited("assistant.steward", "zeta")
    assert [viewer.post(path, body).status_code, viewer.delete(path).status_code] == [403, 403]
    assert viewer.post(f"{path}undo/", {}).status_code == 403
    assert [far.get(path).status_code, far.post(path, body).status_code, far.delete(path).status_code] == [404] * 3
    assert far.post(f"{path}undo/", {}).status_code == 404
    assert kept(motor) == before
    near = motor.limited("assistant.steward", "acme")
    assert (viewer.get(path).status_code, near.get(path).status_code) == (200, 200)
    assert near.post(path, body).json()["row"]["mapping"] == "nothing_found"
    assert (near.post(f"{path}undo/", {}).status_code, near.delete(path).status_code) == (200, 204)


def test_who_sees_all_and_maps_one_source_is_told_where_it_ends(motor):
    from ridley.core.tenants.models import Grant, Membership

    user = motor.world.member("assistant.viewer")
    with motor.world.pinned():
        membership = Membership.objects.get(user=user)
        Grant.objects.create(
            tenant=motor.world.tenant, membership=membership, role="assistant.steward", limits={"source": ["zeta"]}
        )
    client = type(motor.admin)(motor.world.tenant.key, user)
    path = f"assistant/rows/{motor.id('acme', 'A1')}/mapping/"
    before = kept(motor)
    refused = client.post(path, {"state": "nothing_found"})
    assert (refused.status_code, refused.json()["permission"], kept(motor)) == (403, "assistant.map", before)
    motor.load("zeta", {"Z1": "Swift"})
    path = f"assistant/rows/{motor.id('zeta', 'Z1')}/mapping/"
    assert client.post(path, {"state": "nothing_found"}).status_code == 200


def test_the_list_has_the_current_mappings_filtered_and_exported(motor):
    motor.map("A1", "M2")
    motor.map("A1", "M1")
    motor.map("A2", "M2")
    motor.post(f"rows/{motor.id('acme', 'A4')}/mapping/", {"state": "not_applicable"}, status=200)
    motor.map("A3", "M3")
    motor.admin.delete(f"assistant/rows/{motor.id('acme', 'A3')}/mapping/")
    motor.remove("acme", "A2")

    def keys(query=""):
        return [(item["key"], item["state"]) for item in motor.get(f"mappings/{query}")["items"]]

    everything = [("A1", "mapped"), ("A2", "mapped"), ("A4", "not_applicable")]
    assert keys() == everything
    assert [item["live"] for item in motor.get("mappings/")["items"]] == [True, False, True]
    assert keys("?state=not_applicable") == [("A4", "not_applicable")]
    assert keys(f"?master_row={motor.id('master', 'M1')}") == [("A1", "mapped")]
    assert keys(f"?master_row={motor.id('master', 'M2')}") == [("A2", "mapped")]
    assert keys(f"?table={motor.tables['acme']}") == everything
    assert keys(f"?table={motor.tables['zeta']}") == []
    assert keys(f"?actor={motor.admin.user.pk}") == everything
    assert keys(f"?actor={motor.world.member().pk}") == []
    assert motor.admin.get("assistant/mappings/?state=not_looked_at").status_code == 400
    lines = b"".join(motor.admin.get("assistant/mappings/?format=ndjson").streaming_content).splitlines()
    assert [json.loads(line)["key"] for line in lines] == ["A1", "A2", "A4"]
    assert motor.limited("assistant.viewer", "zeta").get("assistant/mappings/").json()["items"] == []
    assert len(motor.limited("assistant.viewer", "acme").get("assistant/mappings/").json()["items"]) == 3


DEEDS = st.one_of(
    st.tuples(st.just("mapped"), st.sampled_from(["M1", "M2", "M3"])),
    st.sampled_from([("nothing_found", None), ("not_applicable", None), ("unmap", None), ("undo", None)]),
)


def test_any_sequence_of_deeds_equals_a_plain_stack(motor):
    row, masters = motor.id("acme", "A1"), {key: motor.id("master", key) for key in ("M1", "M2", "M3")}
    with motor.world.pinned():
        scope = motor.world.scope("assistant.steward")

    def do(deed, master):
        if deed == "undo":
            services.undo_mapping(scope, id=row)
        elif deed == "unmap":
            services.unmap_row(scope, id=row)
        else:
            services.map_row(scope, id=row, state=deed, master_row_id=masters.get(master))

    def follows(stack, deed, master):
        """The stack of decisions after a deed; None if the deed is refused."""
        if deed == "undo":
            return stack[:-1] if stack else None
        said = ("not_looked_at", None) if deed == "unmap" else (deed, masters.get(master))
        top = stack[-1] if stack else ("not_looked_at", None)
        return stack if said == top else [*stack, said]

    @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(DEEDS, max_size=12))
    def holds(deeds):
        with motor.world.pinned():
            start, stack = transaction.savepoint(), []
            for deed, master in deeds:
                expected = follows(stack, deed, master)
                if expected is None:
                    with pytest.raises(Conflict):
                        do(deed, master)
                else:
                    do(deed, master)
                    stack = expected
                now = Row.objects.get(pk=row)
                assert (now.mapping, now.master_row_id) == (stack[-1] if stack else ("not_looked_at", None))
                current = list(Mapping.objects.filter(row_id=row, ended_at=None).values_list("state", "master_row_id"))
                assert (current or [("not_looked_at", None)]) == [(now.mapping, now.master_row_id)]
            transaction.savepoint_rollback(start)

    holds()
