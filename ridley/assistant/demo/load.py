"""Loads the story of the demo through the same services that people use: every file is uploaded, compared, applied."""

from __future__ import annotations

import io
import secrets
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import transaction

from ridley.assistant.demo.files import DemoFile
from ridley.assistant.demo.insurers import truth
from ridley.assistant.demo.shapes import Story
from ridley.assistant.demo.shapes import Table as TableStory
from ridley.assistant.demo.story import broker
from ridley.assistant.models import Dataset, Row, Source, Table
from ridley.assistant.services.mapping import map_row
from ridley.core.access.door import opened, trusted_scope
from ridley.core.access.scope import Scope
from ridley.core.accounts.models import User
from ridley.core.changes import services as changes
from ridley.core.changes.models import ChangeSet, State
from ridley.core.database.pin import pinned
from ridley.core.files.parts import Body
from ridley.core.files.services import begin_upload
from ridley.core.tenants.models import Branch, Grant, Membership, Tenant

Say = Callable[[str], None]
FEEDS = {"snapshots": "snapshot", "deltas": "delta"}
MAPPED_INSURER, MAPPED_ROWS = "mahanadi", 400
LEFT_FOR_YOU = "hirakud"  # its second month lies ready as a file, to be taken in by hand


def password_file() -> Path:
    return Path(settings.HOME) / "secrets" / "demo_password"


def demo_password() -> str:
    """One password for all people of the demo, made for this installation and kept beside its secrets."""
    file = password_file()
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(9))
    return file.read_text().strip()


def files_folder() -> Path:
    return Path(settings.HOME) / "demo-files"


def load(say: Say) -> bool:
    """Load the demo unless it is there; True if it was loaded. After a cut in the middle, the next call goes on."""
    story = broker()
    if Tenant.objects.filter(key=story.tenant.key, description=story.tenant.description).exists():
        return False
    say("making the tenant, its people and its tables")
    with transaction.atomic():
        tenant = make_tenant(story)
    scope = trusted_scope(tenant.pk, actor_id=User.objects.get(email=story.people[0].email).pk)
    tables = table_ids(scope, story)
    say("writing the suppliers' files to look at")
    write_files(story)
    say("taking in every first file")
    take_in(scope, [(tables[name], table.files[0]) for name, table in tables_with_files(story) if table.files])
    say("applying them")
    apply_all(scope)
    say("taking in the second month, for you to decide on")
    later = [(tables[n], f) for n, t in tables_with_files(story) if t.source != LEFT_FOR_YOU for f in t.files[1:]]
    take_in(scope, later)
    say(f"mapping {MAPPED_ROWS} vehicles of {MAPPED_INSURER}")
    map_some(scope)
    with opened(scope):
        Tenant.objects.filter(pk=tenant.pk).update(description=story.tenant.description)
    return True


def make_tenant(story: Story) -> Tenant:
    """The tenant with all that is configured. Its description is written last, as the sign that all was loaded."""
    values = asdict(story.tenant)
    values.pop("description")
    tenant, made = Tenant.objects.get_or_create(key=story.tenant.key, defaults={**values, "products": ["assistant"]})
    if not made:
        return tenant
    with pinned(tenant.pk):
        branches: dict[str, Branch] = {}
        for branch in story.branches:
            parent = branches.get(branch.parent)
            branches[branch.key] = Branch.objects.create(
                tenant=tenant, key=branch.key, title=branch.name, parent=parent
            )
        for person in story.people:
            make_person(tenant, person, branches.get(person.branch))
        sources = {one.key: Source.objects.create(tenant=tenant, **asdict(one)) for one in story.sources}
        datasets = {
            one.key: Dataset.objects.create(
                tenant=tenant, key=one.key, name=one.name, key_fields=list(one.key_fields),
                fields=[asdict(field) for field in one.fields],
            )
            for one in story.datasets
        }  # fmt: skip
        for table in story.tables:
            Table.objects.create(
                tenant=tenant,
                dataset=datasets[table.dataset],
                source=sources[table.source] if table.source else None,
                name=table.name,
                feed=FEEDS[table.feed],
                four_eyes=table.four_eyes,
                grouping_field=table.grouping_field,
                profile={"columns": table.columns} if table.columns else {},
            )
    return tenant


def make_person(tenant: Tenant, person: object, branch: Branch | None) -> None:
    email, role = person.email, person.role  # type: ignore[attr-defined]
    user = User.objects.filter(email=email).first()
    if user is None:
        names = {"first_name": person.first_name, "last_name": person.last_name}  # type: ignore[attr-defined]
        user = User.objects.create_user(email, demo_password(), **names)
    membership = Membership.objects.create(tenant=tenant, user=user, branch=branch)
    limits = {"source": list(person.sources)} if person.sources else {}  # type: ignore[attr-defined]
    name = "admin" if role == "admin" else f"assistant.{role}"
    Grant.objects.create(tenant=tenant, membership=membership, role=name, limits=limits)


def tables_with_files(story: Story) -> list[tuple[str, TableStory]]:
    return [(table.name, table) for table in story.tables]


def table_ids(scope: Scope, story: Story) -> dict[str, int]:
    with opened(scope):
        return dict(Table.objects.filter(tenant_id=scope.tenant_id).values_list("name", "pk"))


def write_files(story: Story) -> None:
    folder = files_folder()
    folder.mkdir(parents=True, exist_ok=True)
    for table in story.tables:
        for file in table.files:
            (folder / file.name).write_bytes(file.content)


def take_in(scope: Scope, wanted: list[tuple[int, DemoFile]]) -> None:
    """Upload files and let the worker compare them; those that were taken in before are passed over."""
    for table_id, file in wanted:
        with opened(scope):
            known = ChangeSet.objects.filter(tenant_id=scope.tenant_id, target_id=table_id, title=file.name).exists()
        if known:
            continue
        content = file.content
        body = Body(io.BytesIO(content), len(content))
        upload = begin_upload(scope, name=file.name, size=len(content), media_type="", body=body)
        with opened(scope):
            changes.open_upload(scope, target="assistant.table", target_id=table_id, upload_id=upload.pk)
    work()


def apply_all(scope: Scope) -> None:
    """Accept and apply every open set. Deciding and applying are two people, as four eyes want it."""
    with opened(scope):
        sets = list(ChangeSet.objects.filter(tenant_id=scope.tenant_id, state=State.OPEN).order_by("pk"))
        approver = User.objects.get(email__startswith="bikram@")
    other = trusted_scope(scope.tenant_id, actor_id=approver.pk)
    for one in sets:
        with opened(scope):
            changes.decide(scope, change_set_id=one.pk, verdict="accepted", comment="The first file.")
            changes.request_apply(other, change_set_id=one.pk)
    work()


def map_some(scope: Scope) -> None:
    """Map part of one insurer's vehicles, as its truth tells, so that the statistics show all states."""
    pairs = truth()[MAPPED_INSURER]["2026-09"]
    with opened(scope):
        rows = Row.objects.filter(tenant_id=scope.tenant_id, table__source__key=MAPPED_INSURER).order_by("pk")
        masters = Row.objects.filter(tenant_id=scope.tenant_id, table__source=None, table__dataset__key="vehicles")
        by_code = dict(masters.values_list("key", "pk"))
        for row in rows.filter(mapping="not_looked_at")[:MAPPED_ROWS]:
            code = pairs.get(row.key)
            if code is None:
                map_row(scope, id=row.pk, state="nothing_found", reason="Not in our catalogue.")
            else:
                map_row(scope, id=row.pk, state="mapped", master_row_id=by_code[code])


def work() -> None:
    """Do what waits in the queue, here and now."""
    call_command("work", until_empty=True)
