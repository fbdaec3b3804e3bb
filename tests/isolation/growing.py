"""What a tenant is told, request by request, and a second tenant that grows meanwhile: no number may follow it."""

from __future__ import annotations

from datetime import UTC, datetime
from unittest.mock import patch

from tests.isolation.asking import Answer
from tests.isolation.checks import Bench, Check, tenant_tables
from tests.isolation.rich import Rich, things_of_source
from tests.world import run_jobs

NOON = datetime(2098, 1, 1, tzinfo=UTC)
# Where a second tenant's growth must show in its own answers.
SHOWS_GROWTH = {
    "GET assistant/lookup/reverse/", "GET assistant/mappings/", "GET assistant/sources/", "GET assistant/stats/",
    "GET assistant/tables/", "GET change-sets/", "GET events/", "GET jobs/", "GET uploads/",
}  # fmt: skip
OF_ONE_MASTER = {"GET assistant/lookup/reverse/"}  # asked for a master row of ours, which nobody else's rows mean


def read_by(rich: Rich, checks: dict[str, Check]) -> dict[str, list[Answer]]:
    """Every reading verb of a tenant, as a page and as streams; what was counted since when stands still."""
    with patch("ridley.assistant.queries.stats.timezone") as clock:
        clock.now.return_value = NOON
        return {
            name: [check.ask(rich.admin, ask, rich.ids["acme"]) for ask in check.entry.asks]
            for name, check in checks.items()
            if check.served.verb in ("get", "head")
        }


def grow(rich: Rich, name: str) -> None:
    """One more source with tables, rows, mappings, files, jobs, events and change sets in every state."""
    things_of_source(rich, name, rich.ids["acme"])
    run_jobs()


def rows_of(bench: Bench, rich: Rich) -> dict[str, str]:
    """Every table by this tenant's rows."""
    digest = "SELECT md5(coalesce(string_agg(md5(t::text), '' ORDER BY md5(t::text)), '')) FROM \"{0}\" t"
    return {
        name: bench.owner.execute(f"{digest.format(name)} WHERE tenant_id = %s", [rich.world.tenant.pk]).fetchone()[0]
        for name in tenant_tables(bench.owner)
    }


def changed(before: dict[str, list[Answer]], after: dict[str, list[Answer]]) -> set[str]:
    return {name for name in before if before[name] != after[name]}
