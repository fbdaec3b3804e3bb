"""What lets the app role ask for new statistics of the changes."""

from django.db import migrations

from ridley.core.changes.searching import ANALYZE_CHANGES


class Migration(migrations.Migration):
    dependencies = [("changes", "0004_cheap_inserts")]
    operations = [migrations.RunSQL(ANALYZE_CHANGES, "DROP FUNCTION analyze_changes()")]
