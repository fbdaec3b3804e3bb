"""Superusers list staff sessions across tenants; the address of that list is no tenant's key."""

from django.db import migrations, models

from ridley.core.tenants.functions import STAFF_SESSIONS

RESERVED = ("me", "schema", "docs", "session", "staff-sessions")


class Migration(migrations.Migration):
    dependencies = [("tenants", "0004_enter_with_dates")]
    operations = [
        migrations.RunSQL(STAFF_SESSIONS, "DROP FUNCTION staff_sessions(uuid)"),
        migrations.RemoveConstraint(model_name="tenant", name="tenant_key_not_reserved"),
        migrations.AddConstraint(
            model_name="tenant",
            constraint=models.CheckConstraint(
                condition=models.Q(("key__in", RESERVED), _negated=True), name="tenant_key_not_reserved"
            ),
        ),
    ]
