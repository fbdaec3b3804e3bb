"""The functions that look past the wall before a tenant is known."""

from django.db import migrations

from ridley.core.tenants.functions import ENTER_TENANT, MY_TENANTS


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial")]
    operations = [
        migrations.RunSQL(ENTER_TENANT, "DROP FUNCTION enter_tenant(text, uuid)"),
        migrations.RunSQL(MY_TENANTS, "DROP FUNCTION my_tenants(uuid)"),
    ]
