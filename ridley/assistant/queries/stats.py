"""How far the work is: per table and source and in all, in a number of queries that does not grow with the tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, Max, Min, Q, Sum
from django.utils import timezone

from ridley.assistant import rules
from ridley.assistant.models import MappingState, Row, Table
from ridley.assistant.queries import mapping, tables
from ridley.core.access.scope import Scope
from ridley.core.changes.models import Change, Fate, Kind, Origin, State, Verdict

STATES = tuple(state.value for state in MappingState)
KINDS = tuple(kind.value for kind in Kind)
OF_SETS = ("conflicts", "held", "applied", "rejected")
SUMMED = ("rows", "master_rows", *STATES, "active", *OF_SETS)


def stats(scope: Scope) -> dict[str, Any]:
    """Tables in use and sources within reach, those that need people most first; and the totals."""
    found = list(tables.tables(scope).filter(archived_at=None))
    sources = list(tables.sources(scope).filter(archived_at=None))
    lines, now = table_lines(scope, found), timezone.now()
    for line in lines:
        line.update(derived(line, now))
    grouped: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for line in lines:
        grouped[line["source_id"]].append(line)
    per_source = [
        {"source_id": source.pk, "source": source.key, "source_name": source.name, **summed(grouped[source.pk], now)}
        for source in sources
    ]
    return {"tables": in_order(lines), "sources": in_order(per_source), "totals": summed(lines, now)}


def table_lines(scope: Scope, found: Sequence[Table]) -> list[dict[str, Any]]:
    """What is counted, table by table."""
    ids = [table.pk for table in found]
    rows, active = rows_by_state(scope, ids), actives(scope, ids)
    pending, sets = pendings(scope, ids), of_sets(scope, ids)
    return [
        table_line(table, rows[table.pk], active.get(table.pk, 0), pending[table.pk], sets.get(table.pk, {}))
        for table in found
    ]


def rows_by_state(scope: Scope, ids: Sequence[int]) -> dict[int, dict[str, int]]:
    live = Row.objects.filter(tenant_id=scope.tenant_id, table_id__in=ids, live=True)
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for table, state, count in live.values_list("table_id", "mapping").annotate(count=Count("id")).order_by():
        found[table][state] = count
    return found


def actives(scope: Scope, ids: Sequence[int]) -> dict[int, int]:
    mapped = Row.objects.filter(tenant_id=scope.tenant_id, table_id__in=ids, live=True, mapping=MappingState.MAPPED)
    usable = mapped.filter(Exists(mapping.live_master()))  # of all rows, not of a page: joined in one go
    return dict(usable.values_list("table_id").annotate(count=Count("id")).order_by())


def pendings(scope: Scope, ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """Changes that are neither applied nor rejected, in sets that are not over."""
    sets = tables.sets_of(scope, ids).filter(state__in=tables.PENDING)
    waiting = Change.objects.filter(tenant_id=scope.tenant_id, change_set__in=sets)
    waiting = waiting.exclude(fate=Fate.APPLIED).exclude(verdict=Verdict.REJECTED)
    counts = waiting.values_list("change_set__target_id", "kind").annotate(count=Count("id")).order_by()
    found: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(KINDS, 0))
    for table, kind, count in counts:
        found[table][kind] = count
    return found


def of_sets(scope: Scope, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    pending = Q(state__in=tables.PENDING)
    something = pending & (Q(undecided__gt=0) | Q(accepted__gt=0))
    counted = tables.sets_of(scope, ids).values("target_id").annotate(
        conflict_count=Sum("conflicts", filter=pending, default=0),
        held=Count("id", filter=Q(state=State.HELD)),
        applied_count=Sum("applied", filter=~Q(state=State.UNDONE) & ~Q(origin=Origin.UNDO), default=0),
        rejected_count=Sum("rejected", default=0),
        oldest_waiting_at=Min("created_at", filter=something),
        last_upload_at=Max("created_at", filter=Q(origin=Origin.UPLOAD)),
        table=F("target_id"),
    ).order_by()  # fmt: skip
    return {
        row["table"]: {
            "conflicts": row["conflict_count"], "held": row["held"], "applied": row["applied_count"],
            "rejected": row["rejected_count"], "oldest_waiting_at": row["oldest_waiting_at"],
            "last_upload_at": row["last_upload_at"],
        }
        for row in counted
    }  # fmt: skip


def table_line(
    table: Table, rows: Mapping[str, int], active: int, pending: Mapping[str, int], sets: Mapping[str, Any]
) -> dict[str, Any]:
    """One table. The rows of a master are counted apart: there is nothing to be mapped in them."""
    source, count = table.source, sum(rows.values())
    return {
        "table_id": table.pk, "table": table.name, "dataset_id": table.dataset_id, "dataset": table.dataset.key,
        "source_id": source.pk if source else None, "source": source.key if source else None,
        "source_name": source.name if source else None,
        "rows": count if source else 0, "master_rows": 0 if source else count,
        **{state: rows.get(state, 0) if source else 0 for state in STATES}, "active": active,
        "pending": dict(pending), **{name: sets.get(name, 0) for name in OF_SETS},
        "oldest_waiting_at": sets.get("oldest_waiting_at"), "last_upload_at": sets.get("last_upload_at"),
    }  # fmt: skip


def summed(lines: Sequence[Mapping[str, Any]], now: datetime) -> dict[str, Any]:
    """Several tables as one."""
    total: dict[str, Any] = {"tables": len(lines)}
    total |= {name: sum(line[name] for line in lines) for name in SUMMED}
    total["pending"] = {kind: sum(line["pending"][kind] for line in lines) for kind in KINDS}
    total["oldest_waiting_at"] = min(moments(lines, "oldest_waiting_at"), default=None)
    total["last_upload_at"] = max(moments(lines, "last_upload_at"), default=None)
    return {**total, **derived(total, now)}


def moments(lines: Iterable[Mapping[str, Any]], name: str) -> list[datetime]:
    return [line[name] for line in lines if line[name] is not None]


def derived(line: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    oldest, rows = line["oldest_waiting_at"], line["rows"]
    return {
        "oldest_waiting_seconds": int((now - oldest).total_seconds()) if oldest else None,
        "share_mapped": rules.share(line["mapped"], rows),
        "share_looked_at": rules.share(rows - line["not_looked_at"], rows),
    }


def in_order(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that need people most first; the rest by name."""
    wanted = ("held", "conflicts", "oldest_waiting_at", "not_looked_at")
    by_name = sorted(lines, key=lambda line: (line["source"] or "", line.get("table_id") or 0))
    return sorted(by_name, key=lambda line: rules.attention(**{name: line[name] for name in wanted}))
