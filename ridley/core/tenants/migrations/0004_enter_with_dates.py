"""Coming in follows the dates of grants and staff sessions. What the function answers changed, so it is made anew."""

from django.db import migrations

from ridley.core.tenants.functions import ENTER_TENANT


class Migration(migrations.Migration):
    dependencies = [("tenants", "0003_rights"), ("accounts", "0002_kind")]
    operations = [
        migrations.RunSQL("DROP FUNCTION enter_tenant(text, uuid)", migrations.RunSQL.noop),
        migrations.RunSQL(ENTER_TENANT, "DROP FUNCTION enter_tenant(text, uuid)"),
    ]
