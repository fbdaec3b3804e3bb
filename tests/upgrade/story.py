"""A small demo with something of every kind, made through the services: `python -m tests.upgrade.story`.

Its files are generated ones: the demo's real tables stay in the packages that they come from.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

TABLES = ("Vehicle master", "Vehicles of Rushikulya General Insurance", "Vehicles of Barabati Mutual Insurance")
INSURER, MAPPED = "rushikulya", 60
SHARE = 4  # every fourth row of each file is enough
LATER = datetime(2099, 1, 1, tzinfo=UTC)


def thinned(content: bytes) -> bytes:
    """The header, and the rows whose first cell ends in a digit that SHARE divides: the same ones in each month."""
    first, *rows = content.splitlines(keepends=True)
    kept = []
    for row in rows:
        digits = "".join(each for each in row.split(b",")[0].split(b";")[0].decode() if each.isdigit())
        if int(digits or "0") % SHARE == 0:
            kept.append(row)
    return first + b"".join(kept)


def make() -> None:
    from ridley.assistant.demo import load
    from ridley.assistant.demo.files import DemoFile
    from ridley.assistant.demo.story import broker
    from ridley.core.access.door import trusted_scope
    from ridley.core.accounts.models import User
    from tests.live_people import make as make_others

    def thin(file: DemoFile) -> DemoFile:
        return DemoFile(file.name, file.month, lambda: thinned(file.content))

    whole = broker()
    tables = [replace(each, files=tuple(map(thin, each.files))) for each in whole.tables if each.name in TABLES]
    story = replace(whole, tables=tuple(tables))
    tenant = load.make_tenant(story)
    asha, bikram = (User.objects.get(email__startswith=name) for name in ("asha@", "bikram@"))
    scope = trusted_scope(tenant.pk, actor_id=asha.pk)
    approver = trusted_scope(tenant.pk, actor_id=bikram.pk)
    ids = load.table_ids(scope, story)
    load.take_in(scope, [(ids[table.name], table.files[0]) for table in tables])
    load.apply_all(scope)
    load.take_in(scope, [(ids[table.name], file) for table in tables for file in table.files[1:]])
    decide_and_undo(scope, approver, ids)
    edit_and_map(scope, ids)
    make_others("not used: the fixture holds no password")


def decide_and_undo(scope: Any, approver: Any, ids: dict[str, int]) -> None:
    """The deltas: prices accepted, the rest rejected, applied and undone. The snapshot stays held."""
    from ridley.assistant.demo import load
    from ridley.core.access.door import opened
    from ridley.core.changes import services as changes
    from ridley.core.changes.models import ChangeSet

    with opened(scope):
        deltas = ChangeSet.objects.get(target_id=ids[TABLES[2]], state="open")
        prices = {"column": "price", "kind": "changed"}
        changes.decide(scope, change_set_id=deltas.pk, verdict="accepted", comment="Prices.", filter=prices)
        changes.request_apply(approver, change_set_id=deltas.pk, rest="reject")
    load.work()
    with opened(scope):
        changes.request_undo(scope, change_set_id=deltas.pk, comment="The wrong month.")
    load.work()


def edit_and_map(scope: Any, ids: dict[str, int]) -> None:
    """A price edited by hand, another to be applied at a far moment, sixty rows mapped, a source archived."""
    from ridley.assistant.demo import load
    from ridley.assistant.demo.insurers import truth
    from ridley.assistant.models import Row, Source
    from ridley.assistant.services.configure import archive_source
    from ridley.assistant.services.edits import propose_edits
    from ridley.assistant.services.mapping import map_row
    from ridley.core.access.door import opened
    from ridley.core.changes import services as changes

    pairs = truth()[INSURER]["2026-09"]
    table = ids[TABLES[2]]
    with opened(scope):
        masters = dict(Row.objects.filter(table_id=ids[TABLES[0]]).values_list("key", "pk"))
        for row in Row.objects.filter(table_id=ids[TABLES[1]]).order_by("key")[:MAPPED]:
            if (mate := masters.get(pairs[row.key] or "")) is not None:
                map_row(scope, id=row.pk, state="mapped", master_row_id=mate)
            else:
                map_row(scope, id=row.pk, state="nothing_found", reason="Not in our catalogue.")
        one, two = Row.objects.filter(table_id=table).order_by("key")[:2]
        edit = {"kind": "update", "key": one.key, "version": one.version, "values": {"price": "123456"}}
        propose_edits(scope, table_id=table, changes=[edit], comment="By telephone.", apply=True)
        edit = {"kind": "update", "key": two.key, "version": two.version, "values": {"price": "654321"}}
        later = propose_edits(scope, table_id=table, changes=[edit], comment="From January on.")
        changes.decide(scope, change_set_id=later.pk, verdict="accepted")
        changes.request_apply(scope, change_set_id=later.pk, at=LATER)
        archive_source(scope, id=Source.objects.get(key="paradip").pk)
    load.work()


if __name__ == "__main__":
    import django

    django.setup()
    make()
