"""What suppliers send, row by row with its history, and what each row means in the company's own master.

`Row` and `RowVersion` are the hottest tables: see core/changes/models.py for why few of their keys are checked.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from ridley.core.changes.models import HotTenantModel, Mode
from ridley.core.tenants.models import KEY, Editable, TenantModel


class Source(Editable):
    """Who sends: in the demo, an insurer. Its key never changes: people's reach names it."""

    key = models.CharField(max_length=62, validators=[KEY])
    name = models.CharField(max_length=200)
    associated_vertical = models.CharField(max_length=60, blank=True, default="")
    logo = models.URLField(max_length=500, blank=True, default="")
    home_url = models.URLField(max_length=500, blank=True, default="")
    support_email = models.EmailField(blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="source_key_once")]


class Dataset(Editable):
    """A kind of record. `fields` is [{"name", "title", "type"}] in order; without key fields, a row is its own key."""

    key = models.CharField(max_length=62, validators=[KEY])
    name = models.CharField(max_length=200)
    fields = models.JSONField(default=list)
    key_fields = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="dataset_key_once")]


class Table(Editable):
    """One dataset as one source sends it; without a source, the tenant's own master of that dataset.

    `revision` counts what was applied to its rows. `profile` is what was learned of the files: {"columns": {header:
    field}, "sheet": name}. `row_count` are the live rows.
    """

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="tables")
    source = models.ForeignKey(Source, null=True, blank=True, on_delete=models.PROTECT, related_name="tables")
    name = models.CharField(max_length=200)
    feed = models.CharField(max_length=10, choices=Mode, default=Mode.SNAPSHOT)
    four_eyes = models.BooleanField(default=False)
    grouping_field = models.CharField(max_length=200, blank=True, default="")
    profile = models.JSONField(default=dict)
    hash_version = models.PositiveSmallIntegerField(default=1, editable=False)
    revision = models.PositiveBigIntegerField(default=0, editable=False)
    row_count = models.PositiveBigIntegerField(default=0, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "dataset", "source"],
                condition=Q(archived_at__isnull=True),
                name="table_once",
                nulls_distinct=False,
            ),
        ]


class MappingState(models.TextChoices):
    """What is known of a source row's meaning. "Nothing found" is a person's word; a failed matcher says nothing."""

    NOT_LOOKED_AT = "not_looked_at", "Not looked at"
    MAPPED = "mapped", "Mapped"
    NOTHING_FOUND = "nothing_found", "Looked at, nothing found"
    NOT_APPLICABLE = "not_applicable", "Not applicable"


class Row(HotTenantModel):
    """A record of a table. A removed row stays as not live, so that its history and mapping wait for its return.

    `mapping` and `master_row_id` repeat the current Mapping, so that lists, lookups and counts need no join. A file is
    compared by the index of the hashes alone, without a look at the rows, as long as they are vacuumed now and then.
    """

    table = models.ForeignKey(Table, on_delete=models.PROTECT, related_name="rows", db_index=False, db_constraint=False)
    key = models.TextField()
    data = models.JSONField()
    hash = models.BigIntegerField()
    version = models.PositiveIntegerField(default=1)
    live = models.BooleanField(default=True)
    since = models.DateTimeField()
    change_set_id = models.BigIntegerField(null=True)
    actor_id = models.UUIDField(null=True, help_text="Who applied this version.")
    mapping = models.CharField(max_length=14, choices=MappingState, default=MappingState.NOT_LOOKED_AT)
    master_row_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "table", "key"], name="row_key_once")]
        indexes = [
            models.Index(fields=["tenant", "table", "id"], name="row_page"),
            models.Index(fields=["tenant", "table", "mapping", "id"], name="row_mapping", condition=Q(live=True)),
            models.Index(fields=["tenant", "table", "hash"], name="row_hash", condition=Q(live=True)),
            models.Index(fields=["tenant", "table", "since"], name="row_since"),
            models.Index(
                fields=["tenant", "master_row_id"], name="row_master", condition=Q(master_row_id__isnull=False)
            ),
        ]


class RowVersion(HotTenantModel):
    """What a row was, from `since` until `until` (half open). Only added to; the current version is in Row."""

    pk = models.CompositePrimaryKey("tenant", "row_id", "version")
    row_id = models.BigIntegerField()
    table = models.ForeignKey(Table, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False)
    key = models.TextField()
    data = models.JSONField()
    version = models.PositiveIntegerField()
    live = models.BooleanField()
    since = models.DateTimeField()
    until = models.DateTimeField()
    change_set_id = models.BigIntegerField(null=True)
    actor_id = models.UUIDField(null=True)

    class Meta:
        indexes = [models.Index(fields=["tenant", "table", "until"], name="row_version_until")]


class Mapping(TenantModel):
    """A source row and the master row it means, or a reasoned "none". The current one has not ended."""

    row = models.ForeignKey(Row, on_delete=models.PROTECT, related_name="mappings")
    state = models.CharField(max_length=14, choices=MappingState)
    master_row = models.ForeignKey(Row, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(blank=True, default="")
    actor_id = models.UUIDField(null=True)
    at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)
    undoes = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "row"], condition=Q(ended_at__isnull=True), name="mapping_current"
            ),
            models.CheckConstraint(
                condition=Q(state="mapped", master_row__isnull=False)
                | (~Q(state="mapped") & Q(master_row__isnull=True)),
                name="mapping_target_iff_mapped",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "id"], name="mapping_page")]
