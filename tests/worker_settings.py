"""The settings of a worker process in tests: it knows the test jobs too."""

from ridley.config.settings import *  # noqa: F403 every setting as it is

PROCRASTINATE_IMPORT_PATHS = ["tests.chores"]
