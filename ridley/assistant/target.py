"""The Assistant's tables as a target of change sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import polars as pl

from ridley.assistant import permissions
from ridley.assistant.queries import rows as row_queries
from ridley.assistant.queries import tables as table_queries
from ridley.assistant.services import rows as row_services
from ridley.core.access.scope import Scope
from ridley.core.changes.targets import Place

NAME = "assistant.table"


class TableTarget:
    """Supplier tables and masters. Reach is limited by source."""

    name = NAME
    product = permissions.VIEW.partition(".")[0]
    limit_kind = "source"

    def place(self, scope: Scope, id: int, *, lock: bool = False) -> Place:
        table = table_queries.table_for_changes(scope, id, lock=lock)
        fields = table.dataset.fields
        return Place(
            id=table.pk,
            name=table.name,
            limit_value=table.source.key if table.source else "",
            columns=tuple(field["name"] for field in fields),
            key=tuple(table.dataset.key_fields),
            revision=table.revision,
            row_count=table.row_count,
            feed=table.feed,
            four_eyes=table.four_eyes,
            hash_version=table.hash_version,
            grouping=table.grouping_field or None,
            titles={field["title"]: field["name"] for field in fields if field.get("title")},
            profile=table.profile,
        )

    def hashes(self, place: Place) -> pl.DataFrame:
        return row_queries.hashes(place.id)

    def content_hashes(self, place: Place) -> pl.Series:
        return row_queries.content_hashes(place.id)

    def records_of_hashes(self, place: Place, hashes: Sequence[int]) -> pl.DataFrame:
        return row_queries.records_of_hashes(place.id, place.columns, hashes)

    def records(self, place: Place, keys: Sequence[str] | None = None, *, live: bool = True) -> pl.DataFrame:
        return row_queries.records(place.id, place.columns, keys, live=live)

    def write(
        self, place: Place, change_set_id: int, *, by: UUID | None, decided_by_others_than: UUID | None = None
    ) -> None:
        row_services.write_changes(place.id, change_set_id, by=by, decided_by_others_than=decided_by_others_than)

    def learn(self, scope: Scope, place: Place, profile: Mapping[str, Any]) -> None:
        row_services.learn_profile(scope, place.id, profile)
