"""Families of refresh tokens, counts of hits, and programs without a password."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_kind'),
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='HitCount',
            fields=[
                ('key', models.CharField(max_length=200, primary_key=True, serialize=False)),
                ('ends_at', models.DateTimeField(db_index=True)),
                ('count', models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='RefreshFamily',
            fields=[
                ('session', models.CharField(help_text="SHA-256 of the session's key.", max_length=64, primary_key=True, serialize=False)),
                ('token_id', models.UUIDField(help_text='The one that is good.')),
                ('started_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('rotated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('reused_at', models.DateTimeField(help_text='One came a second time; the session was ended.', null=True)),
            ],
        ),
        migrations.RunSQL("ALTER TABLE accounts_hitcount SET UNLOGGED", "ALTER TABLE accounts_hitcount SET LOGGED"),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('kind', 'person'), ('password__startswith', '!'), _connector='OR'), name='service_has_no_password'),
        ),
        migrations.AddField(
            model_name='refreshfamily',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
    ]
