"""What a provider's claims say, read with care: whoever runs the provider chose every character. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ridley.core.access.errors import Denied

Claims = Mapping[str, Any]
LONGEST = 200
MOST_VALUES = 100
EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9.-]{3,189}\Z")


@dataclass(frozen=True, slots=True)
class Role:
    """A role with its limits, as claims grant it."""

    role: str
    limits: Mapping[str, Sequence[str]]


def text(claims: Claims, name: str) -> str:
    """One claim as a line of text, cut to 200 characters; empty if it is absent or no text."""
    found = claims.get(name)
    if isinstance(found, (int, float)) and not isinstance(found, bool):
        found = str(found)
    if not isinstance(found, str):
        return ""
    printable = "".join(" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in found[:1000])
    return " ".join(printable.split())[:LONGEST].strip()


def texts(claims: Claims, name: str) -> list[str]:
    """One claim as a list: some providers send one value, some several."""
    found = claims.get(name)
    values = found[:MOST_VALUES] if isinstance(found, list) else [found]
    return [value for one in values if (value := text({name: one}, name))]


def verified_email(claims: Claims) -> tuple[str, str]:
    """The e-mail address in small letters, and its domain. Raises Denied unless the provider says it verified it."""
    said = text(claims, "email")
    email = said.lower()
    if not (said.isascii() and EMAIL.match(email)):  # some letters of other scripts turn into ours when made small
        raise Denied("Your identity provider does not tell your e-mail address.", code="email-missing")
    if claims.get("email_verified") is not True:
        raise Denied("Your identity provider has not verified your e-mail address.", code="email-not-verified")
    return email, email.rpartition("@")[2]


def names(claims: Claims) -> tuple[str, str]:
    """First and last name; both empty if the provider tells none."""
    first, last = text(claims, "given_name"), text(claims, "family_name")
    if not (first or last):
        first, _, last = text(claims, "name").partition(" ")
    return first[:150], last[:150]


def roles(claims: Claims, role_claim: str, rules: Mapping[str, Mapping[str, Any]]) -> list[Role]:
    """The roles that the values of the role claim stand for, in the order of the rules, each once."""
    said = set(texts(claims, role_claim)) if role_claim else set()
    found = [Role(rule["role"], rule.get("limits") or {}) for value, rule in rules.items() if value in said]
    return [role for at, role in enumerate(found) if role not in found[:at]]


def key_of(value: str) -> str:
    """The key that a client's or branch's name makes: small letters, digits, dashes; empty if nothing is left."""
    plain = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:62].strip("-")
