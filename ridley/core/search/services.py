"""Keeping the index of words up with its records. The records themselves wait for nothing here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

import polars as pl
from django.db import connection

from ridley.core.access.door import opened
from ridley.core.access.scope import Scope
from ridley.core.database.copying import copy_out
from ridley.core.jobs.services import enqueue
from ridley.core.search import rules
from ridley.core.search.models import Leaf, Part
from ridley.core.search.places import Place, place_named
from ridley.core.search.queries import indexed_until, packed, parts
from ridley.core.search.words import ASCII_MARKS, LONGEST, OTHER_MARKS

Say = Callable[[float, str], None]
KEPT = "\t\n"  # they part the columns and the lines of what is read
OTHERS = "".join(mark for mark in ASCII_MARKS if mark not in KEPT)
TO_BLANKS = bytes.maketrans(OTHERS.encode(), b" " * len(OTHERS))
ESCAPE = re.compile(rb"\\(?:u[0-9a-f]{4}|.)")  # of JSON; each stands for a mark
READ = "SELECT id || E'\\t' || small FROM ({records}) AS found WHERE id > %(last)s ORDER BY id LIMIT %(block)s"
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


def keep_up(scope: Scope, name: str, place_id: int, *, among: int) -> None:
    """Have a job index what the index lacks, in the caller's transaction, if it is enough to be worth it.

    `among`: about how many records there are. Few are looked at one after the other, and need no index.
    """
    place = place_named(name)
    if place is None or among <= rules.WITHIN_REACH:
        return
    until = indexed_until(scope.tenant_id, place, place_id)
    if len(place.fresh(place_id, until)[: rules.FRESH + 1]) > rules.FRESH:
        enqueue(scope, "search.index", lock=f"search:{name}:{place_id}", place=name, place_id=place_id)


def forget(scope: Scope, name: str, place_id: int) -> None:
    """Records of a place changed that do not tell it: its index is made anew, and is not asked until then."""
    place = place_named(name)
    assert place is not None  # asked for by whoever registered it
    hold(scope, place, place_id)
    found = parts(scope.tenant_id, place, place_id)
    if found.exists():
        remove(scope, [part.pk for part in found])
        keep_up(scope, name, place_id, among=rules.MANY_FRESH)


def index(scope: Scope, say: Say, *, name: str, place_id: int) -> dict[str, Any]:
    """The job: new statistics after many records, then one run of the index. Safe to run twice."""
    place = place_named(name)
    assert place is not None  # it was enqueued for one
    with opened(scope):
        fresh = place.fresh(place_id, indexed_until(scope.tenant_id, place, place_id)).count()
        if fresh > rules.STATISTICS:
            say(0.1, "Counting what is new")
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT {place.statistics}()")
    with opened(scope):
        hold(scope, place, place_id)
        return {"records": run(scope, place, place_id, say)}


def hold(scope: Scope, place: Place, place_id: int) -> None:
    """Wait until nobody else works on the index of a place, and keep others waiting until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [f"search:{scope.tenant_id}:{place.name}:{place_id}"])


def run(scope: Scope, place: Place, place_id: int, say: Say) -> int:
    """Index what is fresh, together with the later runs that are small beside it; how many records.

    What is marked later than the first look belongs to the next run: whatever this one sees of it does no harm.
    """
    until = place.newest(place_id)
    runs = [list(run) for _, run in groupby(parts(scope.tenant_id, place, place_id).order_by("until"), _until)]
    fresh = place.fresh(place_id, runs[-1][0].until if runs else None).count()
    if until is None or not fresh:
        return 0
    kept = rules.kept_runs([sum(part.records for part in run) for run in runs], fresh)
    since = runs[kept - 1][0].until if kept else None
    remove(scope, [part.pk for run in runs[kept:] for part in run])
    done = 0
    for block in blocks(place, place_id, since):
        low, high = (int(block["id"][n]) for n in (0, -1))
        part = Part.objects.create(
            tenant_id=scope.tenant_id, place=place.name, place_id=place_id, since=since, until=until,
            first_id=low, last_id=high, records=block.height,
        )  # fmt: skip
        Leaf.objects.bulk_create((leaf(part, words) for words in leaves(block)), batch_size=50)
        done += block.height
        say(0.2, f"{done:,} records indexed")
    return done


def _until(part: Part) -> int:
    return part.until


def remove(scope: Scope, numbers: list[int]) -> None:
    Leaf.objects.filter(tenant_id=scope.tenant_id, part_id__in=numbers).delete()
    Part.objects.filter(tenant_id=scope.tenant_id, pk__in=numbers).delete()


def blocks(place: Place, place_id: int, since: int | None) -> Iterator[pl.DataFrame]:
    """The records marked after `since`, as (id, small), in the order of their ids."""
    values = {"place": place_id, "since": since, "last": 0, "block": rules.BLOCK}
    while found := copy_out(READ.format(records=place.records), values):
        block = read(found)
        block = block.filter(pl.col("id") - block["id"][0] < 2**32)  # what a leaf can tell
        values["last"] = int(block["id"][-1])
        yield block


def read(found: bytes) -> pl.DataFrame:
    """Records as (id, small) from lines of CSV, every mark a blank."""
    if b"\\" in found:
        found = ESCAPE.sub(b" ", found)
    for mark in OTHER_MARKS:
        found = found.replace(mark.encode(), b" ")
    lines = pl.read_csv(
        found.translate(TO_BLANKS), has_header=False, separator="\t", quote_char=None,
        schema={"id": pl.String, "small": pl.String},
    )  # fmt: skip
    return lines.with_columns(pl.col("id").str.strip_chars(" ").cast(pl.Int64))


def leaves(block: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The words of a block and the distance of each record that they are in, sorted, in pieces."""
    distance = (pl.col("id") - block["id"][0]).cast(pl.UInt32)
    words = block.select(distance, word=pl.col("small").str.split(" ")).explode("word").filter(pl.col("word") != "")
    pairs = words.with_columns(pl.col("word").str.slice(0, LONGEST)).unique().sort("word", "id")
    return pairs.iter_slices(rules.LEAF)


def leaf(part: Part, words: pl.DataFrame) -> Leaf:
    counted = words.group_by("word", maintain_order=True).len()
    texts = counted["word"].to_list()
    return Leaf(
        tenant_id=part.tenant_id, part=part, first=texts[0], last=texts[-1], words=" ".join(texts),
        counts=packed(counted["len"].to_list()), ids=packed(words["id"].to_list()),
    )  # fmt: skip
