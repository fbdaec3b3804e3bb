"""Decisions and fates are written without touching an index: see Change in models.py."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("changes", "0002_compared_revision")]

    operations = [
        migrations.RemoveIndex("change", "change_verdict"),
        migrations.RemoveIndex("change", "change_kind"),
        migrations.AddIndex(
            "change", models.Index(fields=["tenant", "change_set", "kind", "id"], name="change_kind")
        ),
        migrations.RunSQL(
            "ALTER TABLE changes_change SET (fillfactor = 45)", "ALTER TABLE changes_change RESET (fillfactor)"
        ),
    ]
