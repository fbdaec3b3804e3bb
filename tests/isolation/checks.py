"""What is wrong with the isolation of one verb of one address, a line each; nothing if all holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import transaction

from ridley.core.access.paging import read_cursor, write_cursor
from tests.isolation.asking import DENIED, OWN, Answer, Ask, Entry, absent, send
from tests.isolation.rich import Ids, Rich
from tests.isolation.routes import Served
from tests.isolation.watching import difference
from tests.world import Client

UNKNOWN_TENANT = "no-such-tenant"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
ROWS = "SELECT '{0}', md5(coalesce(string_agg(md5(t::text), '' ORDER BY md5(t::text)), '')) FROM \"{0}\" t"
ABOUT_RECORDS = {"etag", "location", "last-modified", "content-range", "content-disposition", "retry-after"}
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
    twofold: Client  # an administrator of both tenants, asking in ours
    twofold_ids: tuple[Ids, Ids]  # what they did in ours, and in theirs
    outside: dict[str, Client] = field(default_factory=dict)  # were, will be or never are of theirs: visitors.py
    lapsed: dict[str, Client] = field(default_factory=dict)  # members of ours whose role is not in effect
    inside: dict[str, Client] = field(default_factory=dict)  # administrators of ours for a time
    secrets: dict[str, re.Pattern[str]] = field(default_factory=dict)  # tenant's key -> what gives it away


def secrets(owner: psycopg.Connection[Any], rich: Rich, ids_begin: str, known: str) -> re.Pattern[str]:
    """The names, keys, values, ids, people and hashes of a tenant; all but the id of the person that `known` is."""
    rows = []
    for name in tenant_tables(owner):
        found = owner.execute(f'SELECT t::text FROM "{name}" t WHERE tenant_id = %s', [rich.world.tenant.pk])
        rows += [text for (text,) in found.fetchall()]
    hard = sorted({match for text in rows for match in HARD_TO_GUESS.findall(text)} - {known})
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
    pairs: int = 0  # how often something foreign was held against something that nobody has

    def complaints(self) -> list[str]:
        parts = (self.anonymous, self.outsiders, self.lapsed, self.without_permission, self.out_of_reach)
        return [line for part in parts for line in self.unchanged(part)] + self.between_tenants()

    def between_tenants(self) -> list[str]:
        """What members of one tenant may get of another one: nothing. And that they get their own."""
        found = self.unchanged(self.foreign_ids, self.of_the_same_person, self.cursors)
        return found + [f"twins: {line}" for line in self.twins()]

    def unchanged(self, *parts: Callable[[], Iterator[str]]) -> list[str]:
        """The complaints of these parts, none of whose requests may change a thing."""
        before = digest(self.bench.owner)
        found = [f"{part.__name__}: {line}" for part in parts for line in part()]
        after = digest(self.bench.owner)
        return found + [f"{parts[0].__name__}: {name} changed" for name in after if after[name] != before.get(name)]

    def alike(self, answer: Answer, reference: Answer, sent: Any, nobodys: Any, at: str) -> Iterator[str]:
        """The same bytes but for what was sent, and the same statements, so that time tells nothing either."""
        self.pairs += 1
        if answer.without(sent) != reference.without(nobodys):
            yield f"{at}: not like what nobody has: {answer} {reference}"
        if told := difference(answer.work, reference.work):
            yield f"{at}: not the same work as for what nobody has: {told}"
        if answer.status >= 400 and (more := ABOUT_RECORDS & dict(answer.headers).keys()):
            yield f"{at}: a refusal with {', '.join(sorted(more))}"

    def ask(self, client: Client, ask: Ask, ids: Ids, *, verb: str = "", tenant: str | None = None) -> Answer:
        return send(client, verb or self.served.verb, ask, ids, tenant=tenant)

    def refused(self, client: Client, ask: Ask, rich: Rich, status: int) -> Iterator[str]:
        """The whole request is refused, like one to a tenant that does not exist, and tells nothing."""
        ids = rich.ids["acme"]
        answer = self.ask(client, ask, ids, tenant=rich.key)
        unknown = self.ask(client, ask, ids, tenant=UNKNOWN_TENANT)
        if answer.status != status:
            yield f"{ask.path} {ask.query}: {answer.status}, wanted {status}: {answer.body[:300]}"
        else:
            yield from self.alike(answer, unknown, ids.values(), ids.values(), f"{ask.path} {ask.query}")
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
        for why, client in self.bench.outside.items():
            for line in self.refused(client, self.entry.asks[0], self.bench.theirs, 404):
                yield f"{why}: {line}"

    def lapsed(self) -> Iterator[str]:
        """A member whose role has ended or has not begun is one without rights."""
        ids = self.bench.ours.ids["acme"]
        for why, client in self.bench.lapsed.items():
            answer = self.ask(client, self.entry.asks[0], ids)
            if self.served.asks_for_rights and answer.status != 403:
                yield f"{why}: {self.entry.asks[0].path}: {answer.status}, wanted 403: {answer.body[:300]}"
            for line in told(answer, self.bench.secrets[self.bench.ours.key], self.entry.asks[0], ids):
                yield f"{why}: {line}"

    def without_permission(self) -> Iterator[str]:
        """A member without exactly this permission gets 403, whatever the ids are."""
        ours, theirs = self.bench.ours.ids["acme"], self.bench.theirs.ids["acme"]
        declared = self.served.view.permissions[self.served.verb]
        if self.served.asks_for_rights and not self.served.needed:
            yield "no single permission is needed"
        for permission in self.served.needed:
            for ask in self.both_ends:
                nobodys = {name: absent(value) for name, value in ours.items()}
                own, foreign, unknown = (
                    self.ask(self.bench.without[permission], ask, ids) for ids in (ours, theirs, nobodys)
                )
                says_why = f'"{permission}"' in own.body or callable(declared) or self.served.verb == "head"
                if own.status != 403 or not says_why:
                    yield f"{ask.path}: {own.status}, wanted 403 that names {permission}: {own.body[:300]}"
                for answer, ids in ((own, ours), (foreign, theirs)):
                    yield from self.alike(answer, unknown, ids.values(), nobodys.values(), ask.path)
                yield from told(own, self.bench.secrets[self.bench.ours.key], ask, ours)

    def foreign_ids(self) -> Iterator[str]:
        """Each id in turn, and all at once, is another tenant's: the same answer as for one that nobody has."""
        ours, theirs = self.bench.ours.ids["acme"], self.bench.theirs.ids["acme"]
        for ask in (*self.entry.asks, *self.conditional()):
            names = ask.names()
            for swapped in [[name] for name in names] + ([list(names)] if len(names) > 1 else []):
                yield from self.swapped(self.bench.ours.admin, ask, ours, theirs, swapped, self.bench.theirs.key)

    def of_the_same_person(self) -> Iterator[str]:
        """Who belongs to both tenants gets nothing of the other one either, though it is their own."""
        ours, theirs = self.bench.twofold_ids
        for ask in self.entry.asks if self.entry.limited == OWN else ():
            for name in ask.names():
                if ours[name] != theirs[name]:
                    yield from self.swapped(self.bench.twofold, ask, ours, theirs, [name], self.bench.theirs.key)

    def conditional(self) -> Iterator[Ask]:
        """The first request as from somebody who has seen the record: its tag, a part of its bytes."""
        ask = self.entry.asks[0]
        if path := [name for name, place in ask.names().items() if place == "path"]:
            tag = f'"{getattr(self.served.view, "model_name", "changeset")}-{{{path[-1]}}}-1"'
            seen = {"If-Match": tag, "If-None-Match": tag, "Range": "bytes=0-3", "If-Range": tag}
            yield replace(ask, headers={**ask.headers, **seen})

    def cursors(self) -> Iterator[str]:
        """A place in another tenant's list is as good as one that nobody's list has."""
        if not self.served.is_list:
            return
        ours, theirs, ask = self.bench.ours, self.bench.theirs, self.entry.asks[0]
        ids = theirs.ids["acme"]
        for foreign in self.ask(theirs.admin, with_query(ask, "limit=1"), ids).cursors():
            nobodys = write_cursor([absent(value) for value in read_cursor(foreign, len(self.served.view.order))])
            answer, reference = (
                self.ask(ours.admin, with_query(ask, f"cursor={cursor}"), ours.ids["acme"])
                for cursor in (foreign, nobodys)
            )
            yield from wanted(answer, (200,), ask)
            yield from self.alike(answer, reference, [foreign], [nobodys], f"{ask.path} cursor")
            yield from told(answer, self.bench.secrets[theirs.key], ask, ours.ids["acme"])

    def swapped(self, client: Client, ask: Ask, ours: Ids, theirs: Ids, names: list[str], whose: str) -> Iterator[str]:
        """With these names swapped for theirs: refused where it must be, and like ids that nobody has."""
        foreign = {name: theirs[name] for name in names}
        unknown = {name: absent(ours[name]) for name in names}
        answer, reference = (self.ask(client, ask, {**ours, **ids}) for ids in (foreign, unknown))
        places = {ask.names()[name] for name in names}
        at = f"{ask.path} {ask.query} with {', '.join(names)} of {whose}"
        if places == {"path"} and answer.status != 404:
            yield f"{at}: {answer.status}, wanted 404: {answer.body[:300]}"
        if self.served.verb != "get" and answer.status < 400:
            yield f"{at}: {answer.status}, wanted a refusal: {answer.body[:300]}"
        yield from self.alike(answer, reference, foreign.values(), unknown.values(), at)
        if self.served.verb == "get":
            heads = (self.ask(client, ask, {**ours, **ids}, verb="head") for ids in (foreign, unknown))
            yield from self.alike(*heads, foreign.values(), unknown.values(), f"HEAD {at}")
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
        """The same requests by people who may: each succeeds, with their tenant's own. What they do is rolled back."""
        ours, theirs = self.bench.ours, self.bench.theirs
        allowed = [(ours.admin, ours.ids["acme"]), (theirs.admin, theirs.ids["acme"])]
        if any(ours.ids["acme"][name] != ours.ids["zeta"][name] for ask in self.entry.asks for name in ask.names()):
            allowed.append((ours.admin, ours.ids["zeta"]))
        if self.entry.limited in ("", OWN):
            allowed.append((self.bench.limited, self.limited_ids))
        if self.entry.limited != OWN or self.served.verb == "get":  # what is half sent is its sender's alone
            allowed += [(client, ours.ids["acme"]) for client in self.bench.inside.values()]
        for client, ids in allowed:
            for ask in self.entry.asks:
                with transaction.atomic():
                    answer = self.ask(client, ask, ids)
                    transaction.set_rollback(True)
                yield from wanted(answer, range(200, 300), ask)
                other = theirs if client.tenant_key == ours.key else ours
                yield from told(answer, self.bench.secrets[other.key], ask, ids)
                if self.served.is_list and not answer.items():
                    yield f"{ask.path} {ask.query}: an empty list proves nothing"


def with_query(ask: Ask, more: str) -> Ask:
    return replace(ask, query="&".join(filter(None, (ask.query, more))))


def wanted(answer: Answer, statuses: Any, ask: Ask) -> Iterator[str]:
    if answer.status not in statuses:
        yield f"{ask.path} {ask.query}: {answer.status}, wanted {statuses}: {answer.body[:300]}"


def told(answer: Answer, secret: re.Pattern[str], ask: Ask, ids: Ids) -> Iterator[str]:
    """What an answer gives away besides what was sent."""
    found = secret.search(answer.without(ids[name] for name in ask.names()).text())
    if found:
        yield f"{ask.path} {ask.query}: tells {found[0]!r}: {answer.body[:300]}"
