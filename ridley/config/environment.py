"""Settings as typed values, from the environment, a `NAME_FILE`, or a `.env` file, in that order."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

PERIODS = {"s": 1, "min": 60, "h": 3600}


class BadSetting(Exception):
    """A setting is missing or has a value that cannot be used; the message names it and says what was wanted."""


class Environment:
    """Reads settings by name. A value may also be the content of the file that NAME_FILE points to."""

    def __init__(self, values: Mapping[str, str], dotenv: Path | None = None) -> None:
        self.values = {**read_dotenv(dotenv), **values}

    def text(self, name: str, default: str | None = None) -> str:
        if file := self.values.get(f"{name}_FILE"):
            try:
                return Path(file).read_text().strip()
            except OSError as error:
                raise BadSetting(f"{name}_FILE: cannot read {file}: {error.strerror}.") from error
        value = self.values.get(name, default)
        if value is None:
            raise BadSetting(f"{name} is not set. Set it in the environment or in .env; see .env.example.")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.text(name, "true" if default else "false").lower()
        if value in ("1", "true", "yes", "on"):
            return True
        if value in ("0", "false", "no", "off", ""):
            return False
        raise BadSetting(f"{name}: got {value!r}, wanted true or false.")

    def number(self, name: str, default: int) -> int:
        value = self.text(name, str(default))
        try:
            return int(value)
        except ValueError:
            raise BadSetting(f"{name}: got {value!r}, wanted a whole number.") from None

    def rate(self, name: str, default: str) -> tuple[int, int] | None:
        """How many in how many seconds, from `600/min`; None for `off`."""
        value = self.text(name, default)
        if value == "off":
            return None
        number, _, unit = value.partition("/")
        if not number.isdecimal() or int(number) < 1 or unit not in PERIODS:
            raise BadSetting(f"{name}: got {value!r}, wanted such as 600/min (or /s, /h), or off.")
        return int(number), PERIODS[unit]

    def words(self, name: str, default: str = "") -> list[str]:
        """A list, separated by commas."""
        return [word.strip() for word in self.text(name, default).split(",") if word.strip()]

    def choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        value = self.text(name, default)
        if value not in choices:
            raise BadSetting(f"{name}: got {value!r}, wanted one of {', '.join(choices)}.")
        return value

    def database(self, name: str) -> dict[str, object]:
        """A postgresql:// address as Django's DATABASES entry, without the engine."""
        url = self.text(name)
        parts = urlsplit(url)
        if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
            raise BadSetting(f"{name}: wanted postgresql://user:password@host:port/database.")
        return {
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": parts.hostname or "",
            "PORT": str(parts.port or 5432),
        }


def read_dotenv(path: Path | None) -> dict[str, str]:
    """The KEY=VALUE lines of a file; comments and blank lines are passed over; quotes around a value are dropped."""
    if path is None or not path.is_file():
        return {}
    values = {}
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        name, separator, value = line.partition("=")
        if not separator:
            raise BadSetting(f"{path.name}, line {number}: wanted NAME=VALUE.")
        values[name.strip()] = value.strip().strip("'\"")
    return values


def from_process(root: Path) -> Environment:
    """The environment of this process, with the .env file beside manage.py under it."""
    return Environment(os.environ, root / ".env")
