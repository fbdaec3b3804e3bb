#!/usr/bin/env python3
"""Django's command line. Commands that change the schema connect as the owner; all others as the app role."""

import os
import sys

OWNER_COMMANDS = {"migrate", "sqlmigrate", "showmigrations", "reset"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ridley.config.settings")
    if len(sys.argv) > 1 and sys.argv[1] in OWNER_COMMANDS:
        os.environ["RIDLEY_RUN_AS"] = "owner"
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
