"""The door: who comes in, what is asked for, and that a refusal takes back what was written."""

import pytest
from django.db import connection
from django.http import StreamingHttpResponse
from django.test.utils import CaptureQueriesContext
from rest_framework.renderers import BrowsableAPIRenderer
from rest_framework.response import Response
from rest_framework.test import APIClient, APIRequestFactory, force_authenticate

from ridley.core.access.errors import Conflict
from ridley.core.access.permissions import BRANCHES_EDIT, BRANCHES_VIEW
from ridley.core.access.views import ScopedView
from ridley.core.tenants.models import Branch, Membership
from tests.world import person


def ask(view: type[ScopedView], world, user, method="post", **options):
    request = getattr(APIRequestFactory(), method)("/x/", {}, **options)
    force_authenticate(request, user)
    response = view.as_view()(request, tenant=world.tenant.key)
    return response.render() if hasattr(response, "render") else response


def make_branch(scope, key="made"):
    return Branch.objects.create(tenant_id=scope.tenant_id, key=key, title="Made")


def branch_keys(world):
    with world.pinned():
        return list(Branch.objects.values_list("key", flat=True))


def test_a_view_that_serves_a_verb_without_declaring_its_permission_fails_at_import():
    with pytest.raises(TypeError, match=r"^Open serves patch, post without declaring a permission for it\.$"):

        class Open(ScopedView):
            permissions = {"get": BRANCHES_VIEW}

            def get(self, request, tenant): ...

            def post(self, request, tenant): ...

            def patch(self, request, tenant): ...


def test_a_view_that_inherits_a_verb_must_declare_its_permission_too():
    class Abstract(ScopedView):
        abstract = True

        def delete(self, request, tenant): ...

    with pytest.raises(TypeError, match="Inherits serves delete"):
        type("Inherits", (Abstract,), {})


@pytest.mark.parametrize("status", [400, 404, 409, 412, 422, 500])
def test_an_answer_of_400_or_above_takes_back_what_was_written_before_it(world, status):
    class Refuses(ScopedView):
        permissions = {"post": BRANCHES_EDIT}

        def post(self, request, tenant):
            make_branch(self.scope)
            return Response({}, status=status)

    assert ask(Refuses, world, world.member("admin")).status_code == status
    assert branch_keys(world) == []


def test_an_answer_below_400_keeps_what_was_written_and_takes_the_pin_back(world):
    class Makes(ScopedView):
        permissions = {"post": BRANCHES_EDIT}

        def post(self, request, tenant):
            make_branch(self.scope)
            return Response({}, status=201)

    assert ask(Makes, world, world.member("admin")).status_code == 201
    assert branch_keys(world) == ["made"]
    assert Branch.objects.count() == 0  # no pin is left


def test_a_refusal_and_an_error_take_back_what_was_written_before_them(world):
    class Raises(ScopedView):
        permissions = {"post": BRANCHES_EDIT}
        error: type[Exception]

        def post(self, request, tenant):
            make_branch(self.scope)
            raise self.error("No.")

    admin = world.member("admin")
    refused = ask(type("Refuses", (Raises,), {"error": Conflict}), world, admin)
    assert (refused.status_code, refused.data["code"], refused.data["detail"]) == (409, "conflict", "No.")
    with pytest.raises(ZeroDivisionError):
        ask(type("Breaks", (Raises,), {"error": ZeroDivisionError}), world, admin)
    assert branch_keys(world) == []


def test_a_stream_that_opens_no_scope_of_its_own_is_an_error_and_not_an_empty_answer(world):
    class Streams(ScopedView):
        permissions = {"get": BRANCHES_VIEW}

        def get(self, request, tenant):
            return StreamingHttpResponse(b"" for _ in Branch.objects.all())

    with pytest.raises(RuntimeError, match="Streams streams outside a scope; use ScopedStream"):
        ask(Streams, world, world.member("member"), "get")


def test_a_permission_may_be_a_question_to_the_scope(world):
    class Asks(ScopedView):
        permissions = {"get": lambda scope: scope.can(BRANCHES_EDIT)}

        def get(self, request, tenant):
            return Response({})

    assert ask(Asks, world, world.member("admin"), "get").status_code == 200
    refused = ask(Asks, world, world.member("member"), "get")
    assert (refused.status_code, refused.data["code"]) == (403, "denied")


def test_the_door_costs_at_most_four_statements(world):
    admin = world.client("admin")
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert admin.get("meta/").status_code == 200
    statements = [query["sql"] for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN"))]
    own = next(number for number, sql in enumerate(statements) if 'FROM "tenants_tenant"' in sql)
    assert own <= 4, statements
    assert ["enter_tenant" in sql for sql in statements[:own]].count(True) == 1


def test_without_sign_in_every_tenant_answers_the_same_401(world):
    anonymous = APIClient()
    there, absent = (anonymous.get(f"/api/v1/{key}/meta/") for key in (world.tenant.key, "no-such-tenant"))
    assert (there.status_code, there["WWW-Authenticate"]) == (401, 'Bearer realm="ridley"')
    assert there["Content-Type"] == "application/problem+json"
    assert there.json()["code"] == "not-signed-in"
    assert (there.status_code, there.content, there["WWW-Authenticate"]) == (
        absent.status_code, absent.content, absent["WWW-Authenticate"],
    )  # fmt: skip


def test_a_membership_holds_from_its_first_moment_until_its_last(world):
    client, ended, future = (world.client("member") for _ in range(3))
    with world.pinned():
        Membership.objects.filter(user=ended.user).update(until_at="2020-01-01T00:00Z")
        Membership.objects.filter(user=future.user).update(from_at="2999-01-01T00:00Z")
    assert client.get("meta/").status_code == 200
    for outside in (ended, future):
        assert outside.get("meta/").status_code == 404
        assert outside.get("/api/v1/me/").json()["tenants"] == []
    assert [tenant["key"] for tenant in client.get("/api/v1/me/").json()["tenants"]] == [world.tenant.key]


def test_a_member_without_a_role_is_let_in_and_may_do_nothing(world):
    nobody = world.client()
    refused = nobody.get("meta/")
    assert (refused.status_code, refused.json()["permission"]) == (403, "core.tenant_view")


def test_a_person_of_no_tenant_is_an_outsider_even_as_a_superuser(world):
    user = person()
    user.is_superuser = user.is_staff = True
    user.save()
    client = APIClient()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get(f"/api/v1/{world.tenant.key}/meta/").status_code == 404


def test_head_asks_for_what_get_asks_for(world):
    answer = world.client("member").head("meta/")
    assert (answer.status_code, answer.content, answer["ETag"]) == (200, b"", f'"tenant-{world.tenant.pk}-1"')
    assert world.client().head("meta/").status_code == 403


def test_the_browsable_api_shows_a_page_without_the_forms_that_the_member_may_not_send(world, monkeypatch):
    monkeypatch.setattr(ScopedView, "renderer_classes", (BrowsableAPIRenderer,))
    forms = {}
    for role in ("member", "admin"):
        page = world.client(role).get("branches/", headers={"Accept": "text/html"})
        assert page.status_code == 200
        forms[role] = 'method="POST"' in page.content.decode()
    assert forms == {"member": False, "admin": True}


def test_a_given_request_id_comes_back_and_is_kept_with_the_event(world):
    admin = world.client("admin")
    made = admin.post("branches/", {"key": "b", "title": "B"}, headers={"X-Request-Id": "order-2026.11_22"})
    assert made["X-Request-Id"] == "order-2026.11_22"
    assert [event["request_id"] for event in admin.get("events/").json()["items"]] == ["order-2026.11_22"]


def test_a_request_id_that_is_none_is_replaced(world):
    admin = world.client("admin")
    for given in ("short", "x" * 65, "with space in it", "<script>alert(1)"):
        answer = admin.get("meta/", headers={"X-Request-Id": given})
        assert answer["X-Request-Id"] != given
        assert len(answer["X-Request-Id"]) == 32
