"""The records that may have some words, from the index and from what it lacks."""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Count, F, Func, Max, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Coalesce, Concat, Left, Lower

from ridley.core.search import rules
from ridley.core.search.models import Leaf, Part
from ridley.core.search.places import Place
from ridley.core.search.words import LONGEST

TEXTS: ArrayField = ArrayField(TextField())
LAST = "\U0010ffff"  # comes after whatever else a word goes on with
FEW_LEAVES = 20
MOST_WORDS = 8  # that the index is asked for; the records are asked for all


class Small(Func):
    """An array of words in small letters, as long as the index has them."""

    template = (
        f"ARRAY(SELECT left(lower(w), {LONGEST}) FROM unnest(%(expressions)s) WITH ORDINALITY u (w, n) ORDER BY n)"
    )
    output_field = TEXTS


def parts(tenant_id: int, place: Place, place_id: int) -> QuerySet[Part]:
    return Part.objects.filter(tenant_id=tenant_id, place=place.name, place_id=place_id)


def indexed_until(tenant_id: int, place: Place, place_id: int) -> int | None:
    """The mark up to which a place is indexed."""
    return parts(tenant_id, place, place_id).aggregate(until=Max("until"))["until"]


def candidates(tenant_id: int, place: Place, place_id: int, words: Sequence[str], *, beyond: int) -> list[int] | None:
    """All records after `beyond` that may have words beginning so, in order; None if the index is not there (yet).

    Each is still to be looked at: it may have moved, or have a long word that begins so only at first.
    """
    sought = words[:MOST_WORDS]
    found = list(parts(tenant_id, place, place_id).annotate(small=Small(Value(list(sought), TEXTS)), **sizes(sought)))
    if not found:
        return None
    until = max(part.until for part in found)
    fresh = list(place.fresh(place_id, until)[: rules.MANY_FRESH + 1]) if place.grows else []
    if len(fresh) > rules.MANY_FRESH:
        return None
    leaves = [sum(getattr(part, f"leaves_{number}") for part in found) for number in range(len(sought))]
    rare = [word for word, size in zip(found[0].small, leaves, strict=True) if size <= 2 * min(leaves) + FEW_LEAVES]
    ids = indexed(tenant_id, [part.pk for part in found if part.last_id > beyond], rare)
    return sorted(number for number in ids.union(fresh) if number > beyond)


def sizes(words: Sequence[str]) -> dict[str, Any]:
    """How many leaves of a part must be read for each word.

    Where another one is far rarer, the record itself tells the frequent one sooner than the index.
    """
    found = {}
    for number, word in enumerate(words):
        small = Left(Lower(Value(word)), LONGEST)
        mine = Leaf.objects.filter(reaches(small), tenant_id=OuterRef("tenant_id"), part_id=OuterRef("pk"))
        counted = mine.order_by().values("part_id").annotate(number=Count("id")).values("number")
        found[f"leaves_{number}"] = Coalesce(Subquery(counted), 0)
    return found


def indexed(tenant_id: int, parts: Sequence[int], words: Sequence[str]) -> set[int]:
    """The records of these parts in which all these words begin."""
    condition = Q()
    for word in words:
        condition |= reaches(Value(word))
    found: dict[str, set[int]] = {word: set() for word in words}
    leaves = Leaf.objects.filter(condition, tenant_id=tenant_id, part_id__in=parts).annotate(base=F("part__first_id"))
    for leaf in leaves:
        texts = leaf.words.split(" ")
        for word in words:
            found[word].update(leaf.base + distance for distance in distances(leaf, texts, word))
    return set.intersection(*found.values())


def reaches(word: Any) -> Q:
    """Leaves that have words beginning so, if there are any."""
    return Q(last__gte=word, first__lte=Concat(word, Value(LAST)))


def distances(leaf: Leaf, texts: Sequence[str], word: str) -> Iterator[int]:
    begin, end = bisect_left(texts, word), bisect_right(texts, word + LAST)
    if begin < end:
        counts, ids = unpacked(leaf.counts), unpacked(leaf.ids)
        start = sum(counts[:begin])
        yield from ids[start : start + sum(counts[begin:end])]


def packed(numbers: Sequence[int]) -> bytes:
    found = array("I", numbers)
    if sys.byteorder == "big":
        found.byteswap()
    return found.tobytes()


def unpacked(content: bytes | memoryview) -> array[int]:
    found = array("I", content)
    if sys.byteorder == "big":
        found.byteswap()
    return found
