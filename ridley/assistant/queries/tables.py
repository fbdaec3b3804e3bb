"""Sources, datasets and tables, within what a person's reach covers."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q, QuerySet

from ridley.assistant.models import Dataset, Source, Table
from ridley.assistant.permissions import VIEW
from ridley.core.access.errors import NotFound
from ridley.core.access.roles import ReachKind
from ridley.core.access.scope import Scope
from ridley.core.changes import queries as change_queries
from ridley.core.changes.models import ChangeSet, State
from ridley.core.jobs.models import Job

KIND = "source"
TARGET = "assistant.table"  # what change sets call our tables; ridley/assistant/target.py serves this name


def no_such_sources(scope: Scope, values: frozenset[str]) -> set[str]:
    """Those of these keys that are no source's. Archived sources count: their rows are still there."""
    found = Source.objects.filter(tenant_id=scope.tenant_id, key__in=values)
    return set(values) - set(found.values_list("key", flat=True))


REACH = ReachKind(KIND, "assistant", "Only these sources, by key.", no_such_sources)
PENDING = (State.HELD, State.OPEN, State.SCHEDULED, State.APPLYING)


def sources(scope: Scope) -> QuerySet[Source]:
    """The sources within reach, archived ones too."""
    rows = Source.objects.filter(tenant_id=scope.tenant_id)
    values = scope.reach(VIEW).values(KIND)
    return rows if values is None else rows.filter(key__in=values)


def source(scope: Scope, id: int) -> Source:
    found = sources(scope).filter(pk=id).first()
    if found is None:
        raise NotFound()
    return found


def datasets(scope: Scope) -> QuerySet[Dataset]:
    """All datasets: what a record looks like is no source's secret."""
    scope.require(VIEW)
    return Dataset.objects.filter(tenant_id=scope.tenant_id)


def dataset(scope: Scope, id: int) -> Dataset:
    found = datasets(scope).filter(pk=id).first()
    if found is None:
        raise NotFound()
    return found


def within_reach(scope: Scope, permission: str, prefix: str = "") -> Q:
    """Tables of the sources that the permission extends to. Looking (not writing) extends to the masters too."""
    values = scope.reach(permission).values(KIND)
    if values is None:
        return Q()
    covered = Q(**{f"{prefix}source__key__in": values})
    return covered | Q(**{f"{prefix}source__isnull": True}) if permission == VIEW else covered


def tables(scope: Scope, permission: str = VIEW) -> QuerySet[Table]:
    """The tables within reach, with their source and dataset."""
    rows = Table.objects.filter(within_reach(scope, permission), tenant_id=scope.tenant_id)
    return rows.select_related("source", "dataset")


def table(scope: Scope, id: int) -> Table:
    found = tables(scope).filter(pk=id).first()
    if found is None:
        raise NotFound()
    return found


def table_for_changes(scope: Scope, id: int, *, lock: bool = False) -> Table:
    """A table that changes are made to; archived ones take none. Raises NotFound."""
    rows = tables(scope).filter(archived_at=None)
    if lock:  # by itself: what is read together with a lock may be older than what was waited for
        rows.select_for_update(of=("self",)).filter(pk=id).first()
    found = rows.filter(pk=id).first()
    if found is None:
        raise NotFound()
    return found


def master(scope: Scope, dataset_id: int) -> Table | None:
    """The tenant's own table of a dataset, if there is one."""
    scope.require(VIEW)
    rows = Table.objects.filter(tenant_id=scope.tenant_id, dataset_id=dataset_id, source=None, archived_at=None)
    return rows.first()


def change_sets(scope: Scope, id: int) -> QuerySet[ChangeSet]:
    """The change sets of one table."""
    return sets_of(scope, [table(scope, id).pk])


def sets_of(scope: Scope, table_ids: Collection[int]) -> QuerySet[ChangeSet]:
    """The change sets of these tables, within reach."""
    return change_queries.change_sets(scope).filter(target=TARGET, target_id__in=table_ids)


def unfinished_sets(scope: Scope, table_ids: Collection[int]) -> int:
    """How many sets of these tables are not over, whoever may see them: still to be read, decided or applied."""
    rows = ChangeSet.objects.filter(tenant_id=scope.tenant_id, target=TARGET, target_id__in=table_ids)
    return rows.filter(state__in=[State.READING, *PENDING]).count()


def open_tables(scope: Scope, **of: int) -> QuerySet[Table]:
    """Tables in use of a source or dataset, whoever may see them."""
    return Table.objects.filter(tenant_id=scope.tenant_id, archived_at=None, **of)


def latest_job(scope: Scope, change_set: ChangeSet) -> Job | None:
    """The job that last worked on a set; None if nothing had to be done."""
    rows = Job.objects.filter(
        tenant_id=scope.tenant_id, subject_type=change_set._meta.model_name, subject_id=str(change_set.pk)
    )
    return rows.order_by("-id").first()
