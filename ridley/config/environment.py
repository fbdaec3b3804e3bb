"""Settings as typed values, from the environment, a `NAME_FILE`, or a `.env` file, in that order."""

from __future__ import annotations

import os
from collections.abc import Mapping
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import unquote, urlsplit

PERIODS = {"s": 1, "min": 60, "h": 3600}
KEY_LENGTH, KEY_LETTERS = 50, 10


class BadSetting(Exception):
    """A setting is missing or has a value that cannot be used; the message names it and says what was wanted."""


# What tests, benchmarks and compose.yml read of the environment, besides the settings.
NO_SETTINGS = (
    "RIDLEY_TEST_",
    "RIDLEY_CROWD_",
    "RIDLEY_MACHINE_",
    "RIDLEY_SCHEMATHESIS_",
    "RIDLEY_SHARED",
    "RIDLEY_PORT",
)


class Environment:
    """Reads settings by name. A value may also be the content of the file that NAME_FILE points to.

    `asked` keeps every name that was asked for, with its default: these are the settings there are.
    """

    def __init__(self, values: Mapping[str, str], dotenv: Path | None = None) -> None:
        self.from_dotenv = read_dotenv(dotenv)
        self.values = {**self.from_dotenv, **values}
        self.in_process = set(values)
        self.asked: dict[str, str | None] = {}

    def source(self, name: str) -> str:
        """Where the value of a setting comes from."""
        for given, words in ((f"{name}_FILE", "the file of {}_FILE in "), (name, "")):
            if self.values.get(given) or (given == name and given in self.values):
                return words.format(name) + ("the environment" if given in self.in_process else ".env")
        return "default"

    def refuse_unknown(self) -> None:
        """Raise for a RIDLEY_* name that nothing has asked for: a misspelt one would be passed over in silence."""
        known = {*self.asked, *(f"{name}_FILE" for name in self.asked)}
        for name in sorted(self.values):
            if name.startswith("RIDLEY_") and name not in known and not name.startswith(NO_SETTINGS):
                origin = "the environment" if name in self.in_process else ".env"
                near = get_close_matches(name, sorted(known), n=1)
                hint = f" Did you mean {near[0]}?" if near else " .env.example names them all."
                raise BadSetting(f"{name} in {origin} is no setting of Ridley.{hint}")

    def secret_key(self, name: str, *, served: bool) -> str:
        """A key that signs. Where people are served it must be long, and not a word that somebody made up."""
        value = self.text(name)
        if served and (len(value) < KEY_LENGTH or len(set(value)) < KEY_LETTERS or "insecure" in value.lower()):
            raise BadSetting(
                f"{name} is too short or a default: wanted {KEY_LENGTH} random characters or more. One is made by: "
                "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
            )
        return value

    def text(self, name: str, default: str | None = None) -> str:
        self.asked.setdefault(name, default)
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

    def numbers(self, name: str, default: str = "") -> list[int]:
        """Whole numbers, separated by commas."""
        try:
            return [int(word) for word in self.words(name, default)]
        except ValueError:
            raise BadSetting(f"{name}: wanted whole numbers, separated by commas.") from None

    def networks(self, name: str) -> list[str]:
        """Addresses or networks, separated by commas."""
        found = self.words(name)
        for network in found:
            try:
                ip_network(network)
            except ValueError:
                raise BadSetting(f"{name}: got {network!r}, wanted 10.0.0.7 or 10.0.0.0/24.") from None
        return found

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
