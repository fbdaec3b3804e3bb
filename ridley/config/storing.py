"""Where files are kept: a folder, or a bucket that speaks S3."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ridley.config.environment import BadSetting


def storage(address: str, *, folder: Path, s3: Mapping[str, str | None]) -> dict[str, Any]:
    """Django's storage for RIDLEY_STORAGE: s3://bucket/prefix, or nothing for the folder. Raises BadSetting."""
    if address.startswith("s3://"):
        bucket, _, prefix = address.removeprefix("s3://").partition("/")
        return {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {
                "bucket_name": bucket,
                "location": prefix,
                "endpoint_url": s3["endpoint"],
                "access_key": s3["access_key"],
                "secret_key": s3["secret_key"],
                "default_acl": "private",
                "file_overwrite": False,
                "max_memory_size": 8 * 1024**2,  # beyond it, a download is spooled to disk
            },
        }
    if address:
        raise BadSetting(f"RIDLEY_STORAGE: got {address!r}, wanted s3://bucket/prefix, or nothing for a folder.")
    return {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": folder, "file_permissions_mode": 0o600, "directory_permissions_mode": 0o700},
    }
