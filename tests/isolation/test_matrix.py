"""Every verb of every address, asked by all who may not and with the ids of others: nothing leaks, nothing changes.

Addresses and verbs are read from the URL configuration; how each is asked is in entries.py. A verb that is not there
fails here by its name.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django_filters import rest_framework as filters
from rest_framework import serializers

from ridley.core.access.export import FORMATS
from ridley.core.access.reach import Reach
from ridley.core.people.api.tenant import BranchesView, BranchView
from ridley.core.people.queries import tenant as queries
from ridley.core.tenants.models import Branch
from tests.isolation.checks import Bench, Check
from tests.isolation.conftest import THEIRS
from tests.isolation.entries import ENTRIES
from tests.isolation.routes import Served, behind_the_door, beside_the_door

STAFF = ["api/v1/staff-sessions/", "api/v1/staff-sessions/<int:id>/end/"]  # for superusers: people/tests/test_staff.py
SERVED = {served.name: served for served in behind_the_door()}


def check(bench: Bench, name: str) -> list[str]:
    return Check(bench, SERVED[name], ENTRIES[name]).complaints()


@pytest.mark.parametrize("name", sorted(SERVED))
def test_nothing_leaks_and_nothing_changes(bench: Bench, name: str):
    assert name in ENTRIES, f"{name} is served but has no entry in tests/isolation/entries.py"
    complaints = check(bench, name)
    assert not complaints, "\n".join(complaints)


def test_every_entry_is_served_and_all_else_of_the_api_is_known():
    assert sorted(ENTRIES.keys() - SERVED.keys()) == []
    mine = [f"api/v1/me/{path}" for path in ("invitation/", "sessions/", "sessions/<int:id>/")]
    known = [
        "", "healthz", "readyz", "metrics", "sign-in", "sign-in/with", "account/<path:what>",
        "accounts/google/login/callback/",
        "accounts/oidc/<slug:provider_id>/login/callback/", "api/v1/session/providers/", "api/v1/me/", *STAFF, *mine,
        "api/v1/schema/", "^(?:api|_allauth)/",
    ]  # fmt: skip
    assert beside_the_door() == known


def test_all_but_ones_own_rights_are_asked_for_with_a_right():
    assert [served.name for served in SERVED.values() if not served.asks_for_rights] == ["GET rights/me/"]


@pytest.mark.parametrize("name", sorted(SERVED.keys() & ENTRIES.keys()))
def test_every_filter_and_every_id_in_a_body_is_asked_with_foreign_ids(name: str):
    asked = " ".join(f"{ask.query} {ask.body}" for ask in ENTRIES[name].asks)
    missing = [field for field in [*open_filters(SERVED[name]), *ids_in_body(SERVED[name])] if field not in asked]
    assert not missing, f"{name} is never asked with {', '.join(missing)}"


def test_every_list_and_all_else_that_streams_is_asked_as_csv_and_as_ndjson():
    streaming = [name for name in ENTRIES.keys() & SERVED.keys() if streams(SERVED[name])]
    assert len(streaming) >= 16
    for name in streaming:
        asked = [ask.query for ask in ENTRIES[name].asks]
        assert all(any(f"format={kind}" in query for query in asked) for kind in FORMATS), name


def streams(served: Served) -> bool:
    declared = getattr(served.view, "parameters", {}).get(served.verb, [])
    return served.is_list or "format" in [parameter.name for parameter in declared]


def open_filters(served: Served) -> list[str]:
    """The filters that take something of a tenant's, and not a word of ours, a moment or yes and no."""
    closed = (filters.ChoiceFilter, filters.BooleanFilter, filters.IsoDateTimeFilter)
    return [f"{name}=" for name, declared in served.filters().items() if not isinstance(declared, closed)]


def ids_in_body(served: Served) -> list[str]:
    given = getattr(served.view, "input", None)
    if given is None or served.verb not in ("post", "patch", "put"):
        return []
    numbers = (serializers.IntegerField, serializers.ListField)
    return [
        f"'{name}'"
        for name, declared in given().fields.items()
        if isinstance(declared, numbers) and (name.endswith("_id") or name == "ids")
    ]


def test_the_description_of_the_api_is_for_everybody_and_tells_of_no_tenant(bench: Bench):
    told = bench.anonymous.get("/api/v1/schema/")
    assert told.status_code == 200
    for secret in bench.secrets.values():
        assert not secret.search(told.content.decode())


def test_me_names_only_the_tenants_that_one_belongs_to(bench: Bench):
    assert bench.anonymous.get("/api/v1/me/").status_code == 401
    mine = bench.ours.admin.get("/api/v1/me/")
    assert [tenant["key"] for tenant in mine.json()["tenants"]] == [bench.ours.key]
    assert not bench.secrets[bench.theirs.key].search(mine.content.decode())
    assert bench.outsider.get("/api/v1/me/").json()["tenants"] == []


FORGETFUL = ["GET branches/", "GET branches/<int:id>/", "DELETE branches/<int:id>/", "POST branches/"]


@pytest.fixture
def forgotten_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    """The query of branches forgets whose they are."""

    def everybodys(scope):
        return Branch.objects.all()

    monkeypatch.setattr(queries, "branches", everybodys)
    monkeypatch.setattr(BranchesView, "query", staticmethod(everybodys))
    monkeypatch.setattr(BranchView, "one", staticmethod(queries.branch))


@pytest.mark.parametrize("name", FORGETFUL)
def test_a_forgotten_filter_leaks_nothing_because_the_wall_holds(bench: Bench, forgotten_filter: None, name: str):
    assert check(bench, name) == []


@pytest.fixture
def no_wall(bench: Bench) -> Iterator[None]:
    """The policy of one table is taken away."""
    bench.owner.execute("ALTER TABLE tenants_branch DISABLE ROW LEVEL SECURITY")
    yield
    bench.owner.execute("ALTER TABLE tenants_branch ENABLE ROW LEVEL SECURITY")
    bench.owner.execute("UPDATE tenants_branch SET archived_at = NULL, version = 1")


@pytest.mark.parametrize("name", FORGETFUL)
def test_without_filter_and_wall_the_matrix_goes_red(bench: Bench, forgotten_filter: None, no_wall: None, name: str):
    found = "\n".join(check(bench, name))
    wanted = {
        "GET branches/": "foreign_ids: branches/ parent={parent}: tells '70",
        "GET branches/<int:id>/": "foreign_ids: branches/{branch}/  with branch of quokka: 200, wanted 404",
        "DELETE branches/<int:id>/": "foreign_ids: tenants_branch changed",
        "POST branches/": "not like what nobody has",
    }
    assert wanted[name] in found


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("GET assistant/sources/", "out_of_reach: assistant/sources/ : tells"),
        ("GET change-sets/<int:id>/", "out_of_reach: change-sets/{open_set}/  with open_set of zeta: 200, wanted 404"),
        ("POST change-sets/<int:id>/release/", "out_of_reach: changes_changeset changed"),
    ],
)
def test_without_reach_the_matrix_goes_red(bench: Bench, monkeypatch: pytest.MonkeyPatch, name: str, wanted: str):
    monkeypatch.setattr(Reach, "values", lambda self, kind: None)
    monkeypatch.setattr(Reach, "covers", lambda self, kind, value: True)
    assert wanted in "\n".join(check(bench, name))


@pytest.mark.parametrize(
    ("name", "difference", "wanted"),
    [
        ("GET branches/<int:id>/", "a statement", "not the same work as for what nobody has"),
        ("DELETE branches/<int:id>/", "a statement", "not the same work as for what nobody has"),
        ("GET branches/<int:id>/", "a header", "a refusal with etag"),
    ],
)
def test_a_foreign_id_that_is_more_work_or_has_a_tag_turns_the_matrix_red(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, name: str, difference: str, wanted: str
):
    real, answered = queries.branches, BranchView.handle_exception

    def more_work(scope):
        found = real(scope)
        found.filter = lambda *args, **values: looked_twice(found, *args, **values)
        return found

    def looked_twice(found, *args, **values):
        if any(id >= THEIRS for id in (values.get("pk"), values.get("parent_id")) if id):
            Branch.objects.exists()
        return type(found).filter(found, *args, **values)

    def tagged(self, error):
        response = answered(self, error)
        response["ETag"] = '"branch-1-1"'
        return response

    if difference == "a statement":
        monkeypatch.setattr(queries, "branches", more_work)
    else:
        monkeypatch.setattr(BranchView, "handle_exception", tagged)
    assert wanted in "\n".join(Check(bench, SERVED[name], ENTRIES[name]).foreign_ids())


def test_a_verb_without_an_entry_is_told_by_name(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delitem(ENTRIES, "GET members/")
    with pytest.raises(AssertionError, match="GET members/ is served but has no entry"):
        test_nothing_leaks_and_nothing_changes(bench, "GET members/")
