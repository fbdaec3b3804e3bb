"""An index for the question whether a schedule's moment was fired: only jobs of schedules carry a timestamp."""

from django.db import migrations

CREATE = """
CREATE INDEX IF NOT EXISTS ridley_job_moment ON procrastinate_jobs (task_name, (args->>'timestamp'))
    WHERE args->>'timestamp' IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [("jobs", "0002_cancelled"), ("procrastinate", "0041_post_retry_failed_job")]
    operations = [migrations.RunSQL(CREATE, "DROP INDEX ridley_job_moment")]
