"""Forged tokens: none is accepted, nothing changes, and the answer does not tell how near it came."""

from __future__ import annotations

import json
import zlib
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from ridley.core.accounts import tokens
from ridley.core.accounts.models import RefreshFamily
from ridley.core.people.models import ApiToken
from ridley.core.people.token_rules import spelled
from ridley.core.tenants.models import Branch
from tests.security import forging
from tests.security.forging import FORGERIES, Good

SIGN_IN, REFRESH = "/_allauth/app/v1/auth/login", "/_allauth/app/v1/tokens/refresh"
PASSWORD = "correct-horse-9"
REFUSED = {
    "type": "urn:ridley:not-signed-in", "title": "Sign in first", "status": 401, "code": "not-signed-in",
    "detail": "This access token is not valid or has expired. Sign in or refresh.",
}  # fmt: skip
BRANCH = {"key": "made", "title": "Made"}


def sent(path, body, **headers):
    return Client().post(path, json.dumps(body), content_type="application/json", headers=headers)


@pytest.fixture
def goods(world):
    """use -> a good token of an admin."""
    cache.clear()
    found = []
    for _ in range(2):
        user = world.member("admin")
        user.set_password(PASSWORD)
        user.save()
        made = sent(SIGN_IN, {"email": user.email, "password": PASSWORD}).json()["meta"]
        session = tokens.session_of(tokens.claims_of(made["access_token"], tokens.ACCESS))
        found.append((user, made, session))
    (user, made, session), (other, _, other_session) = found
    return {use: Good(made[f"{use}_token"], user, session, other, other_session) for use in ("access", "refresh")}


def branches(world):
    with world.pinned():
        return Branch.objects.count()


def asked(world, token):
    """Reading and writing with this token. Both are answered alike."""
    headers = {"Authorization": f"Bearer {token}".encode().decode("latin-1")}
    return [
        Client().get("/api/v1/me/", headers=headers),
        Client().get(f"/api/v1/{world.tenant.key}/branches/", headers=headers),
        sent(f"/api/v1/{world.tenant.key}/branches/", BRANCH, **headers),
    ]


def require_refused(world, answers):
    assert [(answer.status_code, answer.json()) for answer in answers] == [(401, REFUSED)] * len(answers)
    assert {answer["Content-Type"] for answer in answers} == {"application/problem+json"}
    assert {answer["WWW-Authenticate"] for answer in answers} == {'Bearer realm="ridley"'}
    assert branches(world) == 0


def each(forgeries, check):
    """Check each one by itself, from the same beginning, and say which were let through."""
    wrong = {}
    for name, forge in forgeries.items():
        with transaction.atomic():
            try:
                check(forge)
            except AssertionError as error:
                wrong[name] = str(error)[:500]
            transaction.set_rollback(True)
    assert wrong == {}


@pytest.mark.parametrize("family", FORGERIES)
def test_a_forged_access_token_opens_nothing(world, goods, family):
    each(FORGERIES[family], lambda forge: require_refused(world, asked(world, forge(goods["access"]))))


@pytest.mark.parametrize("family", FORGERIES)
def test_a_forged_refresh_token_is_exchanged_for_nothing(goods, family):
    def check(forge):
        before = list(RefreshFamily.objects.order_by("pk").values_list("pk", "token_id"))
        refused = sent(REFRESH, {"refresh_token": forge(goods["refresh"])})
        assert (refused.status_code, "access_token" in refused.content.decode()) == (400, False)
        assert list(RefreshFamily.objects.order_by("pk").values_list("pk", "token_id")) == before

    each(FORGERIES[family], check)


GOOD = {
    "as it was given": lambda good: good.token,
    "signed again": forging.resigned,
    "with a claim more": lambda good: forging.resigned(good, more="harmless"),
    "signed again under the whole header": forging.with_header,
}


@pytest.mark.parametrize("name", GOOD)
def test_what_the_forger_makes_without_forging_is_accepted(world, goods, name):
    statuses = [answer.status_code for answer in asked(world, GOOD[name](goods["access"]))]
    assert (statuses, branches(world)) == ([200, 200, 201], 1)
    assert sent(REFRESH, {"refresh_token": GOOD[name](goods["refresh"])}).status_code == 200


def test_each_kind_of_token_is_refused_in_the_others_place(world, goods):
    require_refused(world, asked(world, goods["refresh"].token))
    assert sent(REFRESH, {"refresh_token": goods["access"].token}).status_code == 400
    assert Client().get("/api/v1/me/", headers={"X-Session-Token": goods["access"].session_key}).status_code == 401


def test_there_are_ninety_forgeries_and_more(record_property):
    count = sum(len(family) for family in FORGERIES.values())
    record_property("counted", f"{count} forged web tokens, each as access and as refresh, {len(PROGRAMS)} of programs")
    assert count >= 90


def again(token, *, number=None, secret=None):
    """The token with another number or secret, and the checksum that goes with it."""
    _, old, rest = token.split("_")
    begun = f"rdl_{number or old}_{secret or rest[:64]}"
    return f"{begun}{zlib.crc32(begun.encode()):08x}"


def revoke(made, admin, account):
    assert admin.delete(f"service-accounts/{account}/tokens/{made['id']}/").status_code == 204
    return made["token"]


def expire(made, admin, account):
    ApiToken.objects.filter(pk=made["id"]).update(expires_at=timezone.now() - timedelta(seconds=1))
    return made["token"]


def archive(made, admin, account):
    assert admin.delete(f"service-accounts/{account}/").status_code == 204
    return made["token"]


PROGRAMS = {
    "revoked": revoke,
    "expired": expire,
    "of an archived account": archive,
    "a wrong checksum": lambda made, *_: made["token"][:-1] + ("0" if made["token"][-1] != "0" else "1"),
    "no checksum": lambda made, *_: made["token"][:-8],
    "in capitals": lambda made, *_: made["token"].upper(),
    "the secret in capitals": lambda made, *_: made["token"][:4] + made["token"][4:].upper(),
    "the prefix alone": lambda made, *_: "rdl_",
    "the prefix and the number": lambda made, *_: f"rdl_{made['id']}_",
    "another secret": lambda made, *_: again(made["token"], secret="0" * 64),
    "another number": lambda made, *_: again(made["token"], number=made["id"] + 1),
    "a number too large": lambda made, *_: again(made["token"], number=10**18),
    "a number with a zero before it": lambda made, *_: again(made["token"], number=f"0{made['id']}"),
    "a number of another script": lambda made, *_: again(made["token"], number="\u0661"),
    "random": lambda made, *_: spelled(made["id"], b"\0" * 32),
    "longer": lambda made, *_: made["token"] + "0",
    "a blank behind it": lambda made, *_: made["token"] + " ",
    "its hash": lambda made, *_: ApiToken.objects.get(pk=made["id"]).hash,
    "its hash as the secret": lambda made, *_: again(made["token"], secret=ApiToken.objects.get(pk=made["id"]).hash),
}


@pytest.fixture
def program(world):
    """A program's good token, the admin who made it, and its account."""
    admin = world.client("admin")
    account = admin.post("service-accounts/", {"name": "Program"}).json()["id"]
    rights = {"permissions": ["core.branches_view", "core.branches_edit"]}
    expires = (timezone.now() + timedelta(days=1)).isoformat()
    made = admin.post(f"service-accounts/{account}/tokens/", {"name": "t", **rights, "expires_at": expires})
    return made.json(), admin, account


def test_a_forged_token_of_a_program_opens_nothing(world, program):
    def check(forge):
        with world.pinned():
            token = forge(*program)
        require_refused(world, asked(world, token))

    each(PROGRAMS, check)


def test_the_token_of_a_program_itself_is_accepted_in_its_tenant_alone(world, other, program):
    assert [answer.status_code for answer in asked(world, program[0]["token"])] == [200, 200, 201]
    assert branches(world) == 1
    elsewhere = asked(other, program[0]["token"])[1:]
    assert [(answer.status_code, answer.json()["code"]) for answer in elsewhere] == [(404, "not-found")] * 2
    assert branches(other) == 0


def test_the_token_of_a_program_is_no_session_and_refreshes_nothing(program):
    token = program[0]["token"]
    assert sent(REFRESH, {"refresh_token": token}).status_code == 400
    answer = APIClient(HTTP_AUTHORIZATION=f"Bearer {token}").get("/_allauth/app/v1/auth/session")
    assert (answer.status_code, answer.json()["meta"]["is_authenticated"]) == (401, False)
