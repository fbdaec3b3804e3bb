"""Rows by the moment they were written, for the index of words; and what asks for new statistics of them."""

from django.db import migrations, models

from ridley.assistant.searching import ANALYZE_ROWS


class Migration(migrations.Migration):
    dependencies = [("assistant", "0005_hashes_by_index")]
    operations = [
        migrations.AddIndex("row", models.Index(fields=["tenant", "table", "since"], name="row_since")),
        migrations.RunSQL(ANALYZE_ROWS, "DROP FUNCTION analyze_rows()"),
    ]
