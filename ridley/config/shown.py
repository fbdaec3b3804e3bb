"""`ridley settings`: every setting with its value and where that comes from. No secret is printed."""

from __future__ import annotations

import os
import re
import sys

from ridley.config.environment import BadSetting, Environment, from_process
from ridley.config.state import CHECKOUT, find_state

SECRET = re.compile(r"SECRET|KEY|PASSWORD|TOKEN")
PASSWORD = re.compile(r"(://[^:/@]*:)[^@]*@")
MADE = "made by `ridley run`"


def show_settings(*, home: str | None = None) -> int:
    """Print NAME=value and its source, a line each. Returns 2 if a setting is refused, with the reason."""
    given = from_process(CHECKOUT)
    made = {"RIDLEY_HOME": str(find_state(home).home)} if home else {}
    made |= {
        name: value
        for name, value in needed().items()
        if not (given.values.get(name) or given.source(name) != "default")
    }
    os.environ.update(made)
    try:
        from ridley.config.settings import env
    except BadSetting as error:
        sys.stderr.write(f"{error}\n")
        return 2
    env.text("DATABASE_OWNER_URL", "")  # asked for by those who migrate
    for name in sorted(env.asked):
        source = MADE if name in made and name != "RIDLEY_HOME" else env.source(name)
        sys.stdout.write(f"{name}={shown(env, name, hidden=source == MADE and name not in PLAIN)}  ({source})\n")
    return 0


PLAIN = ("RIDLEY_ENVIRONMENT", "RIDLEY_DEBUG")


def needed() -> dict[str, str]:
    """What `ridley run` gives its processes where nothing is set; stand-ins for what is secret."""
    return {
        "RIDLEY_ENVIRONMENT": "development",
        "RIDLEY_SECRET_KEY": "not-shown",
        "RIDLEY_JWT_PRIVATE_KEY": "not-shown",
        "DATABASE_URL": "postgresql://ridley_app:not-shown@127.0.0.1/ridley",
    }


def shown(env: Environment, name: str, *, hidden: bool) -> str:
    """A value as it may be seen by whoever looks over a shoulder."""
    value = env.text(name, env.asked[name] or "")
    if value and (hidden or SECRET.search(name)):
        return "********"
    return PASSWORD.sub(r"\1********@", value)
