"""Lists that are searched by a text, a page at a time."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import BooleanField, F, Func, Q, QuerySet, Value, prefetch_related_objects
from django.http import HttpResponseBase
from rest_framework.request import Request

from ridley.core.access.paging import bad_cursor, page_limit, read_cursor, write_cursor
from ridley.core.access.views import ListView
from ridley.core.search import rules
from ridley.core.search.places import Place, Window, place_named
from ridley.core.search.queries import candidates
from ridley.core.search.words import words_of

BATCHES = (500, 5000, None)  # candidates looked at together, one lot after the other


class SearchedList(ListView):
    """GET: a page of a query, filtered as declared; `?format=csv` or `ndjson` streams all of it."""

    # The filter `text` says by itself what is found; this is only the faster way to the same page of a list by id.
    abstract = True
    place: ClassVar[str]  # what is searched; the address's `id` says where

    def get(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """A page of the list, narrowed by the filters; with `format`, all of it as a stream."""
        text, place = request.query_params.get("text"), place_named(self.place)
        if not text or place is None or not self.is_searched():
            return super().get(request, **kwargs)
        rows = type(self).query(self.scope, **self.path())
        search = Search(self.scope.tenant_id, place, kwargs["id"], text, self.filtered(rows, but=("text",)))
        limit = page_limit(request)
        found = search.rows_after(begin(request), limit + 1)
        prefetch_related_objects(found, *rows._prefetch_related_lookups)  # type: ignore[attr-defined]
        return self.answer(found[:limit], write_cursor([found[limit - 1].pk]) if len(found) > limit else None)

    def is_searched(self) -> bool:
        """Whether this request is for a page of the records as they are now."""
        return not {"format", "as_of"} & set(self.request.query_params)


def begin(request: Request) -> int:
    """The record after which a page begins."""
    cursor = request.query_params.get("cursor")
    (after,) = read_cursor(cursor, 1) if cursor else (0,)
    if isinstance(after, str):
        raise bad_cursor()
    return int(after)


class Search:
    """A text among some rows of a place."""

    def __init__(self, tenant_id: int, place: Place, place_id: int, text: str, rows: QuerySet[Any]) -> None:
        self.tenant_id, self.place, self.place_id, self.text, self.rows = tenant_id, place, place_id, text, rows

    def rows_after(self, after: int, count: int) -> list[Any]:
        """The next rows with the text, in the order of their ids.

        A frequent text is found within reach, one row after the other, and so is everything where other filters leave
        few rows. What is rare or absent is told by the index.
        """
        ahead = self.rows.filter(pk__gt=after).order_by("pk")
        reach = list(ahead.values_list("pk", flat=True)[: rules.WITHIN_REACH + 1])
        found = self.having(among(reach[: rules.WITHIN_REACH]), count) if reach else []
        if len(reach) <= rules.WITHIN_REACH or len(found) == count:
            return found
        edge = reach[rules.WITHIN_REACH - 1]
        words = words_of(self.text)
        known = candidates(self.tenant_id, self.place, self.place_id, words, beyond=edge) if words else None
        if known is None:
            return found + self.having(beyond(edge), count - len(found))
        for size in BATCHES:
            if known and len(found) < count:
                found += self.having(among(known[:size]), count - len(found))
                known = known[size:] if size else []
        return found

    def having(self, window: Window, count: int) -> list[Any]:
        rows = self.rows.filter(window("pk")).prefetch_related(None)
        return list(self.place.has(rows, self.text, window).order_by("pk")[:count])


def beyond(last: int) -> Window:
    return lambda column: Q(**{f"{column}__gt": last})


class IsAny(Func):
    """Whether a number is one of an array, which is sent as one text: thousands of numbers cost Django too much."""

    arity = 2
    output_field = BooleanField()
    template = "(%(expressions)s::bigint[]))"
    arg_joiner = " = ANY ("


def among(ids: list[int]) -> Window:
    array = f"{{{','.join(map(str, ids))}}}"
    return lambda column: Q(IsAny(F(column), Value(array)))
