"""The steps that tests of change sets take: a table, a file, a decision, an apply, and what is stored then."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from ridley.assistant.models import Dataset, Row, RowVersion, Source, Table
from ridley.core.access.scope import Scope
from ridley.core.audit.models import Event
from ridley.core.changes import services
from ridley.core.changes.models import Change, ChangeCell, ChangeSet, Decision
from ridley.core.jobs.models import Job
from tests.world import World, numbers, run_jobs, upload

FIELDS = ("code", "model", "price")
TARGET = "assistant.table"


def as_csv(rows: Sequence[Sequence[str]], header: Sequence[str] = FIELDS) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([header, *rows])
    return out.getvalue().encode()


def make_table(
    world: World,
    *,
    names: Sequence[str] = FIELDS,
    key: Sequence[str] = ("code",),
    source: str | None = "acme",
    **fields: Any,
) -> Table:
    """A table of a new dataset, as a source sends it; without a source, a master."""
    number = next(numbers)
    with world.pinned():
        shape = [{"name": name, "title": "", "type": "text"} for name in names]
        dataset = Dataset.objects.create(
            tenant=world.tenant, key=f"d{number}", name="D", fields=shape, key_fields=list(key)
        )
        if source is not None:
            fields["source"], _ = Source.objects.get_or_create(
                tenant=world.tenant, key=source, defaults={"name": source}
            )
        return Table.objects.create(tenant=world.tenant, dataset=dataset, name=f"Table {number}", **fields)


def opened(world: World, table: Table, content: bytes, scope: Scope | None = None, **options: Any) -> ChangeSet:
    """A file taken in and compared."""
    scope = scope or world.scope("assistant.admin")
    sent = upload(world, scope, content)
    with world.pinned():
        made = services.open_upload(scope, target=TARGET, target_id=table.pk, upload_id=sent.pk, **options)
    run_jobs()
    return reread(world, made)


def applied(world: World, table: Table, content: bytes, scope: Scope | None = None, **options: Any) -> ChangeSet:
    """A file taken in, accepted as a whole and applied."""
    scope = scope or world.scope("assistant.admin")
    return accept_and_apply(world, opened(world, table, content, scope, **options), scope)


def accept_and_apply(world: World, change_set: ChangeSet, scope: Scope | None = None) -> ChangeSet:
    scope = scope or world.scope("assistant.admin")
    with world.pinned():
        services.release(scope, change_set_id=change_set.pk)
        services.decide(scope, change_set_id=change_set.pk, verdict="accepted")
        services.request_apply(scope, change_set_id=change_set.pk)
    run_jobs()
    return reread(world, change_set)


def reread(world: World, change_set: ChangeSet) -> ChangeSet:
    with world.pinned():
        return ChangeSet.objects.get(pk=change_set.pk)


def edited(world: World, table: Table, *edits: dict[str, Any], apply: bool = True) -> ChangeSet:
    """Edits of single rows by somebody who may apply them."""
    scope = world.scope("assistant.admin")
    with world.pinned():
        return services.open_edits(scope, target=TARGET, target_id=table.pk, edits=edits, apply=apply)


def live_rows(world: World, table: Table) -> dict[str, dict[str, str]]:
    with world.pinned():
        return dict(Row.objects.filter(table=table, live=True).values_list("key", "data"))


def contents(world: World) -> dict[str, Any]:
    """All that a deed on change sets can write, for telling that a refused one wrote nothing."""
    models = (ChangeSet, Change, ChangeCell, Decision, Row, RowVersion, Event, Job)
    with world.pinned():
        return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


def stored_and_counted(world: World, change_set: ChangeSet) -> tuple[dict[str, Any], dict[str, Any]]:
    """The counts that a set stores, and the same ones counted one by one."""
    one = reread(world, change_set)
    with world.pinned():
        changes = list(Change.objects.filter(change_set=one))
        cells = list(ChangeCell.objects.filter(change_set=one).values_list("column", flat=True))
    counted: dict[str, Any] = {kind: sum(c.kind == kind for c in changes) for kind in ("added", "removed", "changed")}
    waiting = [change for change in changes if change.fate != "applied"]
    for verdict in ("undecided", "accepted", "rejected"):
        counted[verdict] = sum(change.verdict == verdict for change in waiting)
    counted["applied"] = len(changes) - len(waiting)
    counted["conflicts"] = sum(change.fate == "conflict" for change in changes)
    counted["cells"] = len(cells)
    counted["columns"] = {column: cells.count(column) for column in cells}
    assert sum(change.cell_count for change in changes) == len(cells)
    return {name: getattr(one, name) for name in counted}, counted
