"""A disk of its own for every test: ids begin again with each database, and another test's part must not be found."""

import pytest
from django.conf import settings as configured


@pytest.fixture(autouse=True)
def disk(settings, tmp_path):
    """The folder under which this test's incoming and stored files lie."""
    files = configured.STORAGES["default"]
    location = {**files["OPTIONS"], "location": tmp_path / "storage"}
    settings.INCOMING = tmp_path / "incoming"
    settings.STORAGES = {**configured.STORAGES, "default": {**files, "OPTIONS": location}}
    return tmp_path
