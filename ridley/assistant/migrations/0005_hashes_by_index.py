"""A file is compared by the index of the hashes alone: see Row in models.py.

Such a scan looks at every row of a page that was not vacuumed since it changed. By default that comes after a fifth of a
table has changed; here after a fiftieth.
"""

from django.db import migrations, models

OFTEN = "autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02"
DEFAULT = "autovacuum_vacuum_scale_factor, autovacuum_vacuum_insert_scale_factor"


class Migration(migrations.Migration):
    dependencies = [("assistant", "0004_cheap_inserts"), ("tenants", "0002_functions")]

    operations = [
        migrations.AddIndex(
            "row",
            models.Index(fields=["tenant", "table", "hash"], name="row_hash", condition=models.Q(live=True)),
        ),
        migrations.RunSQL(f"ALTER TABLE assistant_row SET ({OFTEN})", f"ALTER TABLE assistant_row RESET ({DEFAULT})"),
    ]
