"""What is wrong with the isolation of one verb of one address, a line each; nothing if all holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import transaction

from tests.isolation.asking import DENIED, OWN, Answer, Ask, Entry, absent, send
from tests.isolation.rich import Ids, Rich
from tests.isolation.routes import Served
from tests.world import Client

UNKNOWN_TENANT = "no-such-tenant"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
ROWS = "SELECT '{0}', md5(coalesce(string_agg(md5(t::text), '' ORDER BY md5(t::text)), '')) FROM \"{0}\" t"
HARD_TO_GUESS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{64}\b")


@dataclass
class Bench:
    """Two tenants, ours and theirs, the people who ask, and the owner, who sees all rows."""

    ours: Rich
    theirs: Rich
    owner: psycopg.Connection[Any]
    anonymous: Client
    outsider: Client
    without: dict[str, Client]  # permission -> our member who has all but this one
    limited: Client  # may do everything, but only for our source acme
    own: Ids  # acme's ids, and of uploads, jobs and events those that the limited person made
    onlooker: Client  # sees everything, may do everything else only for our source acme
    secrets: dict[str, re.Pattern[str]] = field(default_factory=dict)  # tenant's key -> what gives it away


def secrets(owner: psycopg.Connection[Any], rich: Rich, ids_begin: str) -> re.Pattern[str]:
    """The names, keys, values, ids, people and hashes of a tenant."""
    rows = []
    for name in tenant_tables(owner):
        found = owner.execute(f'SELECT t::text FROM "{name}" t WHERE tenant_id = %s', [rich.world.tenant.pk])
        rows += [text for (text,) in found.fetchall()]
    hard = sorted({match for text in rows for match in HARD_TO_GUESS.findall(text)})
    return re.compile("|".join([re.escape(rich.mark), rf"(?<!\d){ids_begin}\d{{9}}(?!\d)", *hard]))


def tenant_tables(owner: psycopg.Connection[Any]) -> list[str]:
    found = owner.execute(
        "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'tenant_id'"
    )
    return sorted(name for (name,) in found.fetchall())


def digest(owner: psycopg.Connection[Any]) -> dict[str, str]:
    """Every table by its rows, and the folders of files by what lies in them."""
    names = [name for (name,) in owner.execute(TABLES).fetchall()]
    found = dict(owner.execute(" UNION ALL ".join(ROWS.format(name) for name in names)).fetchall())
    for folder in (settings.INCOMING, settings.STORAGES["default"]["OPTIONS"]["location"]):
        files = sorted((str(path), path.stat().st_size) for path in Path(folder).rglob("*") if path.is_file())
        found[f"files in {Path(folder).name}"] = str(files)
    return found


@dataclass
class Check:
    """One verb of one address, asked by everybody."""

    bench: Bench
    served: Served
    entry: Entry

    def complaints(self) -> list[str]:
        found: list[str] = []
        for part in (self.anonymous, self.outsiders, self.without_permission, self.out_of_reach, self.foreign_ids):
            before = digest(self.bench.owner)
            found += [f"{part.__name__}: {line}" for line in part()]
            after = digest(self.bench.owner)
            found += [f"{part.__name__}: {name} changed" for name in after if after[name] != before.get(name)]
        return found + [f"twins: {line}" for line in self.twins()]

    def ask(self, client: Client, ask: Ask, ids: Ids, *, verb: str = "", tenant: str | None = None) -> Answer:
        return send(client, verb or self.served.verb, ask, ids, tenant=tenant)

    def refused(self, client: Client, ask: Ask, rich: Rich, status: int) -> Iterator[str]:
        """The whole request is refused, like one to a tenant that does not exist, and tells nothing."""
        ids = rich.ids["acme"]
        answer = self.ask(client, ask, ids, tenant=rich.key)
        unknown = self.ask(client, ask, ids, tenant=UNKNOWN_TENANT)
        if answer.status != status:
            yield f"{ask.path} {ask.query}: {answer.status}, wanted {status}: {answer.body[:300]}"
        elif answer.without(ids.values()) != unknown.without(ids.values()):
            yield f"{ask.path} {ask.query}: not like an unknown tenant: {answer} {unknown}"
        yield from told(answer, self.bench.secrets[rich.key], ask, ids)
        if self.served.verb == "get":
            head = self.ask(client, ask, ids, verb="head", tenant=rich.key)
            if head.status != status or head.body:
                yield f"HEAD {ask.path}: {head.status}, wanted {status} and no body"

    @property
    def both_ends(self) -> tuple[Ask, ...]:
        """For those who are turned away before anything is looked at: the plainest request and the last, a stream."""
        return self.entry.asks[:1] + self.entry.asks[1:][-1:]

    def anonymous(self) -> Iterator[str]:
        for ask in self.both_ends:
            yield from self.refused(self.bench.anonymous, ask, self.bench.theirs, 401)

    def outsiders(self) -> Iterator[str]:
        for ask in self.both_ends:
            for client in (self.bench.outsider, self.bench.ours.admin):
                yield from self.refused(client, ask, self.bench.theirs, 404)

    def without_permission(self) -> Iterator[str]:
        """A member without exactly this permission gets 403, whatever the ids are."""
        ours, theirs = self.bench.ours.ids["acme"], self.bench.theirs.ids["acme"]
        declared = self.served.view.permissions[self.served.verb]
        if not self.served.needed:
            yield "no single permission is needed"
        for permission in self.served.needed:
            for ask in self.both_ends:
                own, foreign, unknown = (
                    self.ask(self.bench.without[permission], ask, ids).without(ids.values())
                    for ids in (ours, theirs, {name: absent(value) for name, value in ours.items()})
                )
                says_why = f'"{permission}"' in own.body or callable(declared) or self.served.verb == "head"
                if own.status != 403 or not says_why:
                    yield f"{ask.path}: {own.status}, wanted 403 that names {permission}: {own.body[:300]}"
                if not own == foreign == unknown:
                    yield f"{ask.path}: the 403 depends on the ids: {own} {foreign} {unknown}"
                yield from told(own, self.bench.secrets[self.bench.ours.key], ask, ours)

    def foreign_ids(self) -> Iterator[str]:
        """Each id in turn, and all at once, is another tenant's: the same answer as for one that nobody has."""
        ours, theirs = self.bench.ours.ids["acme"], self.bench.theirs.ids["acme"]
        for ask in self.entry.asks:
            names = ask.names()
            for swapped in [[name] for name in names] + ([list(names)] if len(names) > 1 else []):
                yield from self.swapped(self.bench.ours.admin, ask, ours, theirs, swapped, self.bench.theirs.key)

    def swapped(self, client: Client, ask: Ask, ours: Ids, theirs: Ids, names: list[str], whose: str) -> Iterator[str]:
        """With these names swapped for theirs: refused where it must be, and like ids that nobody has."""
        foreign = {name: theirs[name] for name in names}
        unknown = {name: absent(ours[name]) for name in names}
        answer = self.ask(client, ask, {**ours, **foreign})
        reference = self.ask(client, ask, {**ours, **unknown}).without(unknown.values())
        places = {ask.names()[name] for name in names}
        at = f"{ask.path} {ask.query} with {', '.join(names)} of {whose}"
        if places == {"path"} and answer.status != 404:
            yield f"{at}: {answer.status}, wanted 404: {answer.body[:300]}"
        if self.served.verb != "get" and answer.status < 400:
            yield f"{at}: {answer.status}, wanted a refusal: {answer.body[:300]}"
        if answer.without(foreign.values()) != reference:
            yield f"{at}: not like what nobody has: {answer} {reference}"
        yield from told(answer, self.bench.secrets[whose], ask, {**ours, **foreign})

    @property
    def limited_ids(self) -> Ids:
        return self.bench.own if self.entry.limited == OWN else self.bench.ours.ids["acme"]

    def out_of_reach(self) -> Iterator[str]:
        """Who is limited to one of our sources gets nothing of the other one, and does nothing to it."""
        acme, zeta = self.limited_ids, self.bench.ours.ids["zeta"]
        for ask in self.entry.asks:
            if self.entry.limited not in ("", OWN, DENIED):
                continue
            if self.entry.limited == DENIED:
                yield from wanted(self.ask(self.bench.limited, ask, acme), (403,), ask)
            elif self.served.verb == "get":
                own = self.ask(self.bench.limited, ask, acme)
                yield from wanted(own, (200,), ask)
                yield from told(own, self.bench.secrets["zeta"], ask, acme)
            for name, place in ask.names().items():
                if acme[name] != zeta[name]:
                    yield from self.swapped(self.bench.limited, ask, acme, zeta, [name], "zeta")
                    if self.served.verb != "get":
                        answer = self.ask(self.bench.onlooker, ask, {**acme, name: zeta[name]})
                        yield from wanted(answer, (403, 404) if place == "path" else (403, 404, 409, 422), ask)

    def twins(self) -> Iterator[str]:
        """The same requests by people who may: each succeeds. What they do is rolled back."""
        ours, theirs = self.bench.ours, self.bench.theirs
        allowed = [(ours.admin, ours.ids["acme"]), (theirs.admin, theirs.ids["acme"])]
        if any(ours.ids["acme"][name] != ours.ids["zeta"][name] for ask in self.entry.asks for name in ask.names()):
            allowed.append((ours.admin, ours.ids["zeta"]))
        if self.entry.limited in ("", OWN):
            allowed.append((self.bench.limited, self.limited_ids))
        for client, ids in allowed:
            for ask in self.entry.asks:
                with transaction.atomic():
                    answer = self.ask(client, ask, ids)
                    transaction.set_rollback(True)
                yield from wanted(answer, range(200, 300), ask)
                if self.served.is_list and not answer.items():
                    yield f"{ask.path} {ask.query}: an empty list proves nothing"


def wanted(answer: Answer, statuses: Any, ask: Ask) -> Iterator[str]:
    if answer.status not in statuses:
        yield f"{ask.path} {ask.query}: {answer.status}, wanted {statuses}: {answer.body[:300]}"


def told(answer: Answer, secret: re.Pattern[str], ask: Ask, ids: Ids) -> Iterator[str]:
    """What an answer gives away besides what was sent."""
    found = secret.search(answer.without(ids[name] for name in ask.names()).text())
    if found:
        yield f"{ask.path} {ask.query}: tells {found[0]!r}: {answer.body[:300]}"
