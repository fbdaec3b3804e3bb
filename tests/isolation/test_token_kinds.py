"""The wall between tenants for every kind of thing that a caller shows: a cookie, a web token, a program's token."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ridley.core.access.roles import permissions_of
from ridley.core.accounts import tokens
from ridley.core.people.token_rules import NEVER
from tests.isolation.asking import send
from tests.isolation.checks import UNKNOWN_TENANT as UNKNOWN
from tests.isolation.checks import Bench, digest, told
from tests.isolation.entries import ENTRIES
from tests.isolation.rich import done
from tests.isolation.routes import behind_the_door
from tests.world import Client

NOT_FOR_TOKENS = {
    served.name: served.needed[0] for served in behind_the_door() if served.needed and {*served.needed} <= NEVER
}


class Shows(Client):
    """Somebody who shows a token instead of a cookie."""

    def __init__(self, tenant_key: str, token: str) -> None:
        super().__init__(tenant_key, None)
        self.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")


def cookie(bench: Bench) -> Client:
    return bench.ours.admin


def web_token(bench: Bench) -> Client:
    admin = bench.ours.admin
    key = admin.session.session_key
    return Shows(bench.ours.key, tokens.signed(tokens.ACCESS, user_id=admin.user.pk, session_key=key))


def program(bench: Bench) -> Client:
    rights = sorted(permissions_of("admin") - NEVER)
    body = {"name": "all", "permissions": rights, "expires_at": (datetime.now(UTC) + timedelta(days=1)).isoformat()}
    path = f"service-accounts/{bench.ours.ids['acme']['service_account']}/tokens/"
    shows = Shows(bench.ours.key, done(bench.ours.admin.post(path, body))["token"])
    assert shows.get("branches/").status_code == 200  # its last use is kept now, and not during a comparison
    return shows


@pytest.mark.parametrize("kind", [cookie, web_token, program])
def test_no_kind_of_token_opens_another_tenant_by_any_verb(bench: Bench, kind):
    client = kind(bench)
    before, ids, wrong = digest(bench.owner), bench.theirs.ids["acme"], []
    for served in behind_the_door():
        ask = ENTRIES[served.name].asks[0]
        answer, unknown = (send(client, served.verb, ask, ids, tenant=key) for key in (bench.theirs.key, UNKNOWN))
        if answer.status != 404 or answer.without(ids.values()) != unknown.without(ids.values()):
            wrong.append(f"{served.name}: {answer}")
        wrong += told(answer, bench.secrets[bench.theirs.key], ask, ids)
    assert wrong == []
    assert digest(bench.owner) == before


@pytest.mark.parametrize("kind", [cookie, web_token, program])
def test_every_kind_of_token_reads_its_own_tenant_and_nothing_of_another(bench: Bench, kind):
    client, ours, theirs = kind(bench), bench.ours.ids["acme"], bench.theirs.ids["acme"]
    wrong = []
    for served in behind_the_door():
        if served.verb != "get":
            continue
        ask = ENTRIES[served.name].asks[0]
        own = send(client, "get", ask, ours)
        barred = kind is program and served.name in NOT_FOR_TOKENS
        wrong += [f"{served.name}: {own}"] if own.status != (403 if barred else 200) else []
        if barred:
            continue
        wrong += told(own, bench.secrets[bench.theirs.key], ask, ours)
        if any(place == "path" for place in ask.names().values()):
            foreign = send(client, "get", ask, theirs)
            wrong += [f"{served.name}: {foreign}"] if foreign.status != 404 else []
    assert wrong == []


def test_a_program_lets_nobody_in_whoever_made_its_token(bench: Bench):
    client, before = program(bench), digest(bench.owner)
    assert set(NOT_FOR_TOKENS.values()) == NEVER
    for name, needed in NOT_FOR_TOKENS.items():
        verb = name.partition(" ")[0].lower()
        answer = send(client, verb, ENTRIES[name].asks[0], bench.ours.ids["acme"])
        assert (name, answer.status, f'"{needed}"' in answer.body) == (name, 403, True)
    assert digest(bench.owner) == before
