from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0003_moments")]
    operations = [
        migrations.AddField(model_name="job", name="staff_session_id", field=models.BigIntegerField(null=True)),
    ]
