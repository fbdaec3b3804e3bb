"""The web server's entry. It refuses to serve as a role that could see past the wall."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ridley.config.settings")

from django.core.checks import Tags, run_checks
from django.core.wsgi import get_wsgi_application
from django.db import connection

application = get_wsgi_application()
if refusals := run_checks(tags=[Tags.database], databases=["default"]):
    raise SystemExit("Ridley does not serve: " + " ".join(str(refusal.msg) for refusal in refusals))
connection.close()  # this thread serves nobody: of a pool, it would keep one connection for itself
