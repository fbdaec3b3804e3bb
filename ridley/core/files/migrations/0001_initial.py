import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tenants", "0002_functions"),
    ]

    operations = [
        migrations.CreateModel(
            name="Upload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(help_text="As the sender called it; never used as a path.", max_length=255)),
                ("media_type", models.CharField(help_text="As the sender said; not looked into.", max_length=100)),
                ("size", models.BigIntegerField(help_text="Bytes announced.")),
                ("offset", models.BigIntegerField(default=0, help_text="Bytes received.")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("receiving", "Receiving"),
                            ("complete", "Complete"),
                            ("expired", "Expired"),
                            ("quarantined", "Quarantined"),
                        ],
                        default="receiving",
                        max_length=12,
                    ),
                ),
                (
                    "sha256",
                    models.CharField(
                        blank=True, default="", help_text="Of the whole file; empty until known.", max_length=64
                    ),
                ),
                ("storage_name", models.CharField(blank=True, default="", max_length=200)),
                ("actor_id", models.UUIDField(null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("expires_at", models.DateTimeField(help_text="When it is removed if nothing more arrives.")),
                ("completed_at", models.DateTimeField(null=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["tenant", "sha256"], name="upload_hash"),
                    models.Index(fields=["tenant", "state", "expires_at"], name="upload_expiry"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("offset__gte", 0), ("offset__lte", models.F("size"))),
                        name="upload_offset_within_size",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "complete"), _negated=True),
                            models.Q(
                                ("completed_at__isnull", False),
                                ("offset", models.F("size")),
                                ("sha256__gt", ""),
                                ("storage_name__gt", ""),
                            ),
                            _connector="OR",
                        ),
                        name="upload_complete_is_whole",
                    ),
                ],
            },
        ),
    ]
