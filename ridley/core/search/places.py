"""What can be searched: whoever has records says how to read them, and the index, its job and the pages are there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import Q, QuerySet

Window = Callable[[str], Q]  # the condition that the column of this name is among the records in question


def everywhere(column: str) -> Q:
    return Q()


class Has(Protocol):
    def __call__(self, rows: QuerySet[Any], text: str, window: Window = everywhere) -> QuerySet[Any]:
        """Those rows of one place that have each word of a text. `window`: all of them are in it."""


@dataclass(frozen=True, slots=True)
class Place:
    """One kind of searched records; a place is a table or a change set, by its id.

    `records`: SELECT of (id, small) of a place's records that are marked after %(since)s, if that is not null, with
    %(place)s. `small` are a record's texts in small letters, a mark between them, on one line, and a backslash escapes
    what follows as in JSON. `newest` is the highest mark of a place, `fresh` are the ids of records marked later than
    a mark. `grows`: whether records may come or change after the others were indexed. `statistics` is the definer
    function that analyses the tables.
    """

    name: str
    records: str
    has: Has
    newest: Callable[[int], int | None]
    fresh: Callable[[int, int | None], QuerySet[Any, Any]]
    grows: bool
    statistics: str


def statistics_function(name: str, *tables: str) -> str:
    """The SQL of a function that analyses these tables as their owner. Autovacuum does so too, minutes later."""
    deeds = " ".join(f"ANALYZE public.{table};" for table in tables)
    return (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER"
        f" SET search_path = pg_catalog, public, pg_temp AS $$ BEGIN {deeds} END $$"
    )


_places: dict[str, Place] = {}


def register(place: Place) -> None:
    _places[place.name] = place


def place_named(name: str) -> Place | None:
    return _places.get(name)
