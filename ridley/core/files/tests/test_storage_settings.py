"""Where finished files go is a matter of settings: a folder, or a bucket that speaks S3."""

import json
import os
import subprocess
import sys

SHOW = """
import json
import django
django.setup()
from django.conf import settings
from django.core.files.storage import storages
found = storages["default"]
kind = type(found)
names = ("bucket_name", "location", "endpoint_url", "access_key", "default_acl", "file_overwrite")
print(json.dumps([f"{kind.__module__}.{kind.__name__}", {name: str(getattr(found, name, None)) for name in names}]))
"""


def shown(settings, **environment):
    """The class of the default storage and what it was given, in a process with these settings."""
    return subprocess.run(
        [sys.executable, "-c", SHOW],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "ridley.config.settings", **environment},
        cwd=settings.ROOT,
        capture_output=True,
        text=True,
    )


def test_without_a_storage_address_files_lie_in_a_folder_of_the_installation(settings, tmp_path):
    kind, values = json.loads(shown(settings, RIDLEY_STORAGE="", RIDLEY_HOME=str(tmp_path)).stdout)
    assert kind == "django.core.files.storage.filesystem.FileSystemStorage"
    assert values["location"] == str(tmp_path / "storage")


def test_an_s3_address_makes_the_s3_storage_with_its_bucket_prefix_and_keys(settings):
    ran = shown(
        settings,
        RIDLEY_STORAGE="s3://records/ridley/files",
        RIDLEY_S3_ENDPOINT="http://127.0.0.1:9",
        RIDLEY_S3_ACCESS_KEY="reader",
        RIDLEY_S3_SECRET_KEY="not-secret",
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == [
        "storages.backends.s3.S3Storage",
        {
            "bucket_name": "records", "location": "ridley/files", "endpoint_url": "http://127.0.0.1:9",
            "access_key": "reader", "default_acl": "private", "file_overwrite": "False",
        },
    ]  # fmt: skip


def test_another_kind_of_address_is_refused_by_name(settings):
    ran = shown(settings, RIDLEY_STORAGE="ftp://records")
    assert ran.returncode != 0
    assert "RIDLEY_STORAGE: got 'ftp://records', wanted s3://bucket/prefix" in ran.stderr
