"""Which words begin where: an index of records by their words, written by a job after the records themselves.

A plain walled table beside the records, because under a row policy PostgreSQL's own indexes of words are not used, and
because its answers come in the order of the pages that people turn (docs/decisions/0008-words.md).
"""

from __future__ import annotations

from django.db import models

from ridley.core.tenants.models import TenantModel


class Part(TenantModel):
    """A block of records of one place whose words are indexed: those marked after `since`, up to `until`.

    The parts of one run share both. A record that moved since has a later mark; it is looked at until a later run has
    it. What a part says of it meanwhile is out of date, so everything found here is checked with the record itself.
    """

    place = models.CharField(max_length=60, help_text="What is searched, like assistant.table.")
    place_id = models.BigIntegerField()
    since = models.BigIntegerField(null=True)
    until = models.BigIntegerField()
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    records = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["tenant", "place", "place_id"], name="search_part_place")]


class Leaf(TenantModel):
    """Some words of a part in order, from `first` to `last`, each with the records that it is in.

    `words` are separated by blanks; `counts` says of each in how many records it is; `ids` has those, one word's after
    the other's, as distances from the part's first record. Both are little-endian numbers of four bytes.
    """

    part = models.ForeignKey(Part, on_delete=models.CASCADE, related_name="leaves", db_index=False)
    first = models.TextField(db_collation="C")
    last = models.TextField(db_collation="C")
    words = models.TextField()
    counts = models.BinaryField()
    ids = models.BinaryField()

    class Meta:
        indexes = [models.Index(fields=["tenant", "part", "last", "first"], name="search_leaf_words")]
