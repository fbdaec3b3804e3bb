"""Everybody's address as django-allauth keeps it: confirmed, for an administrator gave it to them."""

from django.db import migrations

ADDRESSES = """
INSERT INTO account_emailaddress (email, verified, "primary", user_id)
SELECT u.email, true, true, u.id FROM accounts_user u
 WHERE u.kind = 'person' AND NOT EXISTS (SELECT FROM account_emailaddress a WHERE a.user_id = u.id)
ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_guesses"), ("account", "0009_emailaddress_unique_primary_email")]
    operations = [migrations.RunSQL(ADDRESSES, migrations.RunSQL.noop)]
