"""Row history cannot be changed or removed by the app role."""

from django.conf import settings
from django.db import migrations


def forbid(apps, schema_editor):
    role = schema_editor.quote_name(settings.APP_ROLE)
    schema_editor.execute(f"REVOKE UPDATE, DELETE ON assistant_rowversion FROM {role}")


class Migration(migrations.Migration):
    dependencies = [("assistant", "0001_initial")]
    operations = [migrations.RunPython(forbid, migrations.RunPython.noop)]
