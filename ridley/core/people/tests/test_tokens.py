"""Programs and their tokens over REST: made once, shown once, never wider than their maker, ended at once."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from ridley.assistant.tests.motor import make_motor
from ridley.core.access import roles
from ridley.core.access.models import IdempotencyKey
from ridley.core.accounts.models import User
from ridley.core.audit.models import Event
from ridley.core.people.models import ApiToken, ServiceAccount
from ridley.core.people.token_rules import hashed
from ridley.core.tenants.models import Membership, Tenant

ACCOUNTS = "service-accounts/"


def later(days=30):
    return (timezone.now() + timedelta(days=days)).isoformat()


def account_of(client, name="Nightly import"):
    made = client.post(ACCOUNTS, {"name": name, "description": "Loads the files."})
    assert made.status_code == 201, made.json()
    return made.json()


def asked(client, account, *permissions, **more):
    body = {"name": "first", "permissions": permissions, "expires_at": later(), **more}
    return client.post(f"{ACCOUNTS}{account['id']}/tokens/", body)


def token_of(client, account, *permissions, **more):
    made = asked(client, account, *permissions, **more)
    assert made.status_code == 201, made.json()
    return made.json()


class Program:
    """Somebody who shows a token, in a tenant."""

    def __init__(self, world, token):
        self.at, self.client = f"/api/v1/{world.tenant.key}/", APIClient(HTTP_AUTHORIZATION=f"Bearer {token}")

    def get(self, path):
        return self.client.get(path if path.startswith("/") else self.at + path)

    def post(self, path, body):
        return self.client.post(self.at + path, body, format="json")


def events(world, **of):
    with world.pinned():
        return list(Event.objects.filter(**of).order_by("id"))


def test_a_program_does_what_its_token_says_under_its_own_name(world):
    admin = world.client("admin")
    account = account_of(admin)
    token = token_of(admin, account, "core.branches_view", "core.branches_edit")
    program = Program(world, token["token"])
    assert program.post("branches/", {"key": "b", "title": "B"}).status_code == 201
    assert [branch["key"] for branch in program.get("branches/").json()["items"]] == ["b"]
    refused = program.get("events/")
    assert (refused.status_code, refused.json()["permission"]) == (403, "core.events_view")
    assert [event.actor_id for event in events(world, kind="core.branch_created")] == [
        User.objects.get(kind="service").pk
    ]
    me = program.get("/api/v1/me/").json()
    assert (me["id"], me["first_name"], [one["key"] for one in me["tenants"]]) == (
        account["user_id"], "Nightly import", [world.tenant.key],
    )  # fmt: skip


def test_a_token_is_shown_once_and_kept_as_a_hash(world):
    admin = world.client("admin")
    account = account_of(admin)
    made = admin.post(
        f"{ACCOUNTS}{account['id']}/tokens/",
        {"name": "first", "permissions": ["core.branches_view"], "expires_at": later()},
        headers={"Idempotency-Key": "once"},
    )
    token = made.json()["token"]
    assert (made["Cache-Control"], token.startswith(f"rdl_{made.json()['id']}_")) == ("no-store", True)
    listed = admin.get(f"{ACCOUNTS}{account['id']}/tokens/")
    one = admin.get(f"{ACCOUNTS}{account['id']}/tokens/{made.json()['id']}/")
    assert listed.json()["items"] == [one.json()] == [{k: v for k, v in made.json().items() if k != "token"}]
    with world.pinned():
        assert ApiToken.objects.get().hash == hashed(token)
        assert IdempotencyKey.objects.count() == 0  # it would keep the answer
    told = [event for event in events(world) if event.kind == "core.token_created"]
    assert [(event.subject_id, event.data["permissions"]) for event in told] == [
        (str(made.json()["id"]), ["core.branches_view"])
    ]
    assert not any(token[-72:] in str(event.data) for event in events(world))


def test_a_token_opens_no_other_tenant_even_where_its_program_belongs(world, other):
    admin = world.client("admin")
    token = token_of(admin, account_of(admin), "core.branches_view")["token"]
    elsewhere, absent = (Program(there, token).get("branches/") for there in (other, make_absent(world)))
    assert (elsewhere.status_code, elsewhere.json()) == (absent.status_code, absent.json())
    assert elsewhere.status_code == 404
    with other.pinned():
        Membership.objects.create(tenant=other.tenant, user=User.objects.get(kind="service"))
    assert Program(other, token).get("branches/").status_code == 404
    assert Program(world, token).get("branches/").status_code == 200


def make_absent(world):
    return type(world)(Tenant(key="no-such-tenant"))


def test_roles_of_a_program_add_nothing_to_its_token_and_a_product_switched_off_takes_away(world):
    admin = world.client("admin")
    token = token_of(admin, account_of(admin), "core.branches_view", "assistant.view")["token"]
    program = Program(world, token)
    with world.pinned():
        member = Membership.objects.get(user__kind="service")
        member.grants.create(tenant=world.tenant, role="admin")
    assert program.post("branches/", {"key": "b", "title": "B"}).status_code == 403
    assert program.get("assistant/sources/").status_code == 200
    Tenant.objects.filter(pk=world.tenant.pk).update(products=[])
    assert [program.get(path).status_code for path in ("assistant/sources/", "branches/")] == [403, 200]


def test_a_limited_token_reaches_its_sources_alone(world):
    motor = make_motor(world)
    admin = world.client("admin")
    token = token_of(admin, account_of(admin), "assistant.view", limits={"source": ["acme"]})["token"]
    program = Program(world, token)
    assert [source["key"] for source in program.get("assistant/sources/").json()["items"]] == ["acme"]
    assert program.get(f"assistant/sources/{motor.sources['zeta']}/").status_code == 404


@pytest.mark.parametrize(
    ("limits", "status"), [({}, 403), ({"source": ["acme", "zeta"]}, 403), ({"source": ["acme"]}, 201)]
)
def test_nobody_gives_further_than_theirs_extends(world, monkeypatch, limits, status):
    monkeypatch.setitem(roles._roles, "test.tokens", frozenset({"core.tokens_view", "core.tokens_edit"}))
    make_motor(world)
    limited = world.client("test.tokens")
    with world.pinned():
        limited_to = {"tenant": world.tenant, "role": "assistant.admin", "limits": {"source": ["acme"]}}
        Membership.objects.get(user=limited.user).grants.create(**limited_to)
    answer = asked(limited, account_of(limited), "assistant.view", limits=limits)
    assert answer.status_code == status
    assert status == 201 or answer.json()["code"] == "beyond-your-rights"
    with world.pinned():
        assert ApiToken.objects.count() == (status == 201)


def test_nobody_gives_what_they_do_not_have(world, monkeypatch):
    monkeypatch.setitem(roles._roles, "test.tokens", frozenset({"core.tokens_view", "core.tokens_edit"}))
    giver = world.client("test.tokens")
    account = account_of(giver)
    refused = asked(giver, account, "core.tokens_view", "core.branches_edit")
    assert (refused.status_code, refused.json()["code"]) == (403, "beyond-your-rights")
    assert asked(giver, account, "core.tokens_view").status_code == 201


@pytest.mark.parametrize(
    ("wrong", "status", "code"),
    [
        ({"permissions": ["core.tokens_edit"]}, 422, "not-for-tokens"),
        ({"permissions": ["core.members_edit"]}, 422, "not-for-tokens"),
        ({"permissions": ["core.providers_edit"]}, 422, "not-for-tokens"),
        ({"permissions": ["core.everything"]}, 422, "unknown-permission"),
        ({"permissions": []}, 400, "invalid"),
        ({"limits": {"sources": ["acme"]}}, 400, "unknown-limit"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, 422, "bad-expiry"),
        ({"expires_at": "2999-01-01T00:00:00Z"}, 422, "bad-expiry"),
        ({"expires_at": None}, 400, "invalid"),
    ],
)
def test_what_no_token_may_be_is_refused(world, wrong, status, code):
    admin = world.client("admin")
    account = account_of(admin)
    body = {"name": "first", "permissions": ["core.branches_view"], "expires_at": later(), **wrong}
    refused = admin.post(f"{ACCOUNTS}{account['id']}/tokens/", body)
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    with world.pinned():
        assert ApiToken.objects.count() == 0


def test_revoked_expired_archived_and_switched_off_end_a_token_with_the_next_request(world):
    admin = world.client("admin")

    def revoke(account, token):
        assert admin.delete(f"{ACCOUNTS}{account['id']}/tokens/{token['id']}/").status_code == 204

    def expire(account, token):
        with world.pinned():
            ApiToken.objects.filter(pk=token["id"]).update(expires_at=timezone.now())

    def archive(account, token):
        assert admin.delete(f"{ACCOUNTS}{account['id']}/").status_code == 204

    def archive_alone(account, token):
        with world.pinned():
            ServiceAccount.objects.filter(pk=account["id"]).update(archived_at=timezone.now())

    def switch_off(account, token):
        User.objects.filter(pk=account["user_id"]).update(is_active=False)

    for end in (revoke, expire, archive, archive_alone, switch_off):
        account = account_of(admin, end.__name__)
        token = token_of(admin, account, "core.branches_view")
        program = Program(world, token["token"])
        assert program.get("branches/").status_code == 200, end.__name__
        end(account, token)
        refused = program.get("branches/")
        assert (refused.status_code, refused.json()["code"]) == (401, "not-signed-in"), end.__name__


def test_archiving_ends_the_tokens_the_membership_and_the_user_and_is_told(world):
    admin = world.client("admin")
    account = account_of(admin)
    token = token_of(admin, account, "core.branches_view")
    for _ in range(2):
        assert admin.delete(f"{ACCOUNTS}{account['id']}/").status_code == 204
    with world.pinned():
        assert ApiToken.objects.get().revoked_at is not None
        assert Membership.objects.get(user__kind="service").until_at is not None
    assert User.objects.get(kind="service").is_active is False
    assert [(event.kind, event.actor_id) for event in events(world)] == [
        ("core.service_account_created", admin.user.pk), ("core.token_created", admin.user.pk),
        ("core.service_account_archived", admin.user.pk), ("core.token_revoked", admin.user.pk),
    ]  # fmt: skip
    late = asked(admin, account, "core.branches_view")
    assert (late.status_code, late.json()["code"], token["revoked_at"]) == (409, "account-archived", None)


def test_the_last_use_is_kept_though_the_request_is_refused_and_at_most_once_a_minute(world):
    admin = world.client("admin")
    account = account_of(admin)
    token = token_of(admin, account, "core.branches_view")
    path = f"{ACCOUNTS}{account['id']}/tokens/{token['id']}/"
    assert admin.get(path).json()["last_used_at"] is None
    program = Program(world, token["token"])
    assert program.get("events/").status_code == 403
    first = admin.get(path).json()["last_used_at"]
    assert first is not None
    with CaptureQueriesContext(connection) as captured:
        assert program.get("branches/").status_code == 200
    assert not [query for query in captured if "last_used_at = " in query["sql"]]
    assert admin.get(path).json()["last_used_at"] == first
    with world.pinned():
        ApiToken.objects.update(last_used_at=timezone.now() - timedelta(seconds=61))
    assert program.get("branches/").status_code == 200
    assert admin.get(path).json()["last_used_at"] > first


def test_who_made_a_token_may_leave_and_it_works_on_and_says_so(world):
    admin, maker = world.client("admin"), world.client("admin")
    account = account_of(maker)
    token = token_of(maker, account, "core.branches_view")
    path = f"{ACCOUNTS}{account['id']}/tokens/{token['id']}/"
    assert admin.get(path).json()["orphaned"] is False
    with world.pinned():
        Membership.objects.filter(user=maker.user).update(until_at=timezone.now())
    assert admin.get(path).json()["orphaned"] is True
    assert Program(world, token["token"]).get("branches/").status_code == 200


def test_a_program_signs_in_in_no_other_way(world):
    admin = world.client("admin")
    account = account_of(admin)
    user = User.objects.get(pk=account["user_id"])
    assert (user.kind, user.has_usable_password(), user.email.endswith("@service.invalid")) == ("service", False, True)
    assert user.get_full_name() == "Nightly import"


def test_programs_are_listed_changed_and_seen_by_those_who_may(world, other):
    admin = world.client("admin")
    account = account_of(admin)
    path = f"{ACCOUNTS}{account['id']}/"
    changed = admin.patch(path, {"name": "Weekly import"}, headers={"If-Match": admin.get(path)["ETag"]})
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert User.objects.get(pk=account["user_id"]).first_name == "Weekly import"
    assert admin.patch(path, {"name": "x"}, headers={"If-Match": '"serviceaccount-1-1"'}).status_code in (400, 412)
    assert [one["name"] for one in admin.get(f"{ACCOUNTS}?archived=false").json()["items"]] == ["Weekly import"]
    taken = admin.post(ACCOUNTS, {"name": "Weekly import"})
    assert (taken.status_code, taken.json()["code"]) == (409, "already-exists")
    member = world.client("member")
    assert [member.get(ACCOUNTS).json()["permission"], member.post(ACCOUNTS, {"name": "x"}).json()["permission"]] == [
        "core.tokens_view", "core.tokens_edit",
    ]  # fmt: skip
    assert other.client("admin").get(path).status_code == 404
