"""Which runs of an index are written anew together with what is fresh."""

from __future__ import annotations

from collections.abc import Sequence

BLOCK = 100_000  # records of a part
LEAF = 4096  # records of words in a leaf
WITHIN_REACH = 2000  # so many records are looked at one after the other before the index is asked
FRESH = 2000  # so many records may lack in the index before a job adds them
MANY_FRESH = 50_000  # with more, it is not asked
STATISTICS = 50_000  # so many new records are worth new statistics


def kept_runs(sizes: Sequence[int], fresh: int) -> int:
    """How many of the runs, oldest first, stay as they are; the rest is indexed anew with the fresh records.

    A run is taken along unless it is more than twice as large as all that comes after it. So there are few runs, and a
    record is indexed anew only as many times as the whole has doubled.
    """
    kept, gathered = len(sizes), fresh
    while kept and sizes[kept - 1] <= 2 * gathered:
        kept -= 1
        gathered += sizes[kept]
    return kept
