"""From a difference to a decision to an applied change, for any registered target.

`Change` and `ChangeCell` are the hottest tables: the database checks no foreign key of theirs, since one checked key
costs 40 % of a bulk insert. The wall holds their tenant all the same, and the change set's lock covers every write.
"""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from ridley.core.files.models import Upload
from ridley.core.tenants.models import Tenant, TenantModel


class Origin(models.TextChoices):
    UPLOAD = "upload", "A file"
    EDIT = "edit", "A proposed edit"
    UNDO = "undo", "The undoing of another set"


class Mode(models.TextChoices):
    SNAPSHOT = "snapshot", "The file is the whole table: what it lacks is removed"
    DELTA = "delta", "The file is a part: what it lacks stays"


class State(models.TextChoices):
    READING = "reading", "The file is read and compared"
    FAILED = "failed", "The file could not be taken in"
    EQUAL = "equal", "Nothing differs"
    HELD = "held", "Waits for a release"
    OPEN = "open", "Waits for decisions"
    SCHEDULED = "scheduled", "Will be applied at a moment"
    APPLYING = "applying", "Is being applied"
    APPLIED = "applied", "Applied"
    REJECTED = "rejected", "Everything was rejected"
    UNDONE = "undone", "Applied, and undone since"
    WITHDRAWN = "withdrawn", "Taken back"


class Kind(models.TextChoices):
    ADDED = "added", "Added"
    REMOVED = "removed", "Removed"
    CHANGED = "changed", "Changed"


class Verdict(models.TextChoices):
    UNDECIDED = "undecided", "Undecided"
    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"


class Fate(models.TextChoices):
    WAITING = "waiting", "Not applied"
    APPLIED = "applied", "Applied"
    CONFLICT = "conflict", "The row moved since; decide again"


class ChangeSet(TenantModel):
    """What one upload, edit or undo would do to a target. Counts are stored, so that lists stay cheap.

    undecided + accepted + rejected + applied is the number of changes; conflicts are among the undecided.
    """

    target = models.CharField(max_length=60, help_text="The registered target, like assistant.table.")
    target_id = models.BigIntegerField()
    limit_value = models.CharField(max_length=62, blank=True, default="", help_text="What reach is limited by.")
    origin = models.CharField(max_length=10, choices=Origin)
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.SNAPSHOT)
    state = models.CharField(max_length=10, choices=State)
    title = models.CharField(max_length=300, blank=True, default="")
    comment = models.TextField(blank=True, default="")
    upload = models.ForeignKey(Upload, null=True, on_delete=models.PROTECT, related_name="+")
    options = models.JSONField(default=dict, help_text="How the file is to be read.")
    report = models.JSONField(null=True, help_text="What was found in the file: format, columns, drift, problems.")
    problem = models.JSONField(null=True, help_text="Why it failed.")
    holds = models.JSONField(default=list, help_text="Why it is held.")
    columns = models.JSONField(default=dict, help_text="Changed cells per column.")
    rows_before = models.PositiveBigIntegerField(default=0)
    rows_after = models.PositiveBigIntegerField(default=0)
    added = models.PositiveBigIntegerField(default=0)
    removed = models.PositiveBigIntegerField(default=0)
    changed = models.PositiveBigIntegerField(default=0)
    cells = models.PositiveBigIntegerField(default=0)
    undecided = models.PositiveBigIntegerField(default=0)
    accepted = models.PositiveBigIntegerField(default=0)
    rejected = models.PositiveBigIntegerField(default=0)
    applied = models.PositiveBigIntegerField(default=0)
    conflicts = models.PositiveBigIntegerField(default=0)
    four_eyes = models.BooleanField(default=False)
    undoes = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="undone_by")
    digest = models.CharField(max_length=64, blank=True, default="", help_text="SHA-256 of the file.")
    compared_revision = models.BigIntegerField(null=True, help_text="The target's revision that it was compared with.")
    settled_version = models.BigIntegerField(null=True, help_text="The target's version that equals the file.")
    settled_profile = models.CharField(max_length=64, blank=True, default="")
    created_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    apply_at = models.DateTimeField(null=True)
    apply_by = models.UUIDField(null=True, help_text="Who asked for it to be applied.")
    applied_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "id"], name="change_set_page"),
            models.Index(fields=["tenant", "target", "target_id", "id"], name="change_set_target"),
        ]


class Decision(TenantModel):
    """One verdict of one person over one or many changes, with what it was meant for."""

    change_set = models.ForeignKey(ChangeSet, on_delete=models.CASCADE, related_name="decisions")
    verdict = models.CharField(max_length=10, choices=Verdict)
    comment = models.TextField(blank=True, default="")
    filter = models.JSONField(default=dict)
    count = models.PositiveBigIntegerField(default=0)
    actor_id = models.UUIDField(null=True)
    at = models.DateTimeField(db_default=Now())
    undone_at = models.DateTimeField(null=True)


class HotTenantModel(TenantModel):
    """A tenant's row in a table that takes millions at a time: the wall checks its tenant, no foreign key does."""

    tenant = models.ForeignKey(
        Tenant, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False, editable=False
    )

    class Meta:
        abstract = True


class Change(HotTenantModel):
    """One row added, removed or changed. `record` is the whole row where it was added or removed.

    No index has what decisions and fates write, and pages are filled by half: then PostgreSQL writes the new version
    beside the old one and touches no index, and 100,000 decisions cost 0.6 CPU seconds instead of 2.9.
    """

    change_set = models.ForeignKey(
        ChangeSet, on_delete=models.CASCADE, related_name="changes", db_index=False, db_constraint=False
    )
    kind = models.CharField(max_length=8, choices=Kind)
    key = models.TextField()
    record = models.JSONField(null=True)
    cell_count = models.PositiveIntegerField(default=0)
    verdict = models.CharField(max_length=10, choices=Verdict, default=Verdict.UNDECIDED)
    fate = models.CharField(max_length=8, choices=Fate, default=Fate.WAITING)
    before_version = models.PositiveIntegerField(
        null=True, help_text="The row's version when the difference was taken."
    )
    after_version = models.PositiveIntegerField(
        null=True, help_text="The row's version once applied; null if it was as wanted already."
    )
    before_hash = models.BigIntegerField(null=True)
    after_hash = models.BigIntegerField(null=True)
    decision_id = models.BigIntegerField(null=True)
    earlier_decision_id = models.BigIntegerField(null=True)
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "change_set", "id"], name="change_page"),
            models.Index(fields=["tenant", "change_set", "kind", "id"], name="change_kind"),
        ]


class ChangeCell(HotTenantModel):
    """One cell of a changed row: old and new text; null where the cell was or becomes absent."""

    pk = models.CompositePrimaryKey("tenant", "change_set", "column", "change")
    change_set = models.ForeignKey(
        ChangeSet, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    column = models.TextField()
    change = models.ForeignKey(
        Change, on_delete=models.DO_NOTHING, related_name="cells", db_index=False, db_constraint=False
    )
    old = models.TextField(null=True)
    new = models.TextField(null=True)

    class Meta:
        indexes = [models.Index(fields=["tenant", "change"], name="change_cell_change")]
