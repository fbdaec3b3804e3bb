from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_append_only")]
    operations = [
        migrations.AddField(
            model_name="event",
            name="staff_session_id",
            field=models.BigIntegerField(help_text="The staff session it was done in, if in one.", null=True),
        ),
    ]
