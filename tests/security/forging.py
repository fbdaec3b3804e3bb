"""What a forger may try with a web token: each makes, of a good one, one that must be refused."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import jwt
from allauth.headless.tokens.strategies.jwt.internal import session_key_to_sid
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.contrib.sessions.models import Session
from django.test import Client

from ridley.core.accounts.models import User
from ridley.core.accounts.tokens import keys

HOUR = 3600
Forge = Callable[["Good"], str]


@dataclass(frozen=True)
class Good:
    """A token that is accepted, whose it is, and whose session another one would be."""

    token: str
    user: User
    session_key: str
    other: User
    other_session_key: str

    @property
    def parts(self) -> list[str]:
        return self.token.split(".")

    @property
    def header(self) -> dict[str, Any]:
        return json.loads(plain(self.parts[0]))

    @property
    def claims(self) -> dict[str, Any]:
        return json.loads(plain(self.parts[1]))


def plain(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def coded(content: bytes | dict[str, Any]) -> str:
    content = content if isinstance(content, bytes) else json.dumps(content, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@cache
def another_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def signed(header: str | dict[str, Any], payload: bytes | dict[str, Any], key: Any = None, alg: str = "RS256") -> str:
    """A token with this header and payload, signed by our key unless another is given."""
    begun = f"{header if isinstance(header, str) else coded(header)}.{coded(payload)}"
    algorithm = jwt.get_algorithm_by_name(alg)
    return f"{begun}.{coded(algorithm.sign(begun.encode(), key or keys().private))}"


def resigned(good: Good, **claims: Any) -> str:
    """Signed by our own key, under our own header: what only its holder could make. None takes a claim away."""
    found = {**good.claims, **claims}
    return signed(good.parts[0], {name: value for name, value in found.items() if value is not None})


def with_header(good: Good, key: Any = None, alg: str = "RS256", **more: Any) -> str:
    found = {**good.header, **more}
    return signed({name: value for name, value in found.items() if value is not None}, good.claims, key, alg)


def unsigned(good: Good, alg: str) -> str:
    return f"{coded({**good.header, 'alg': alg})}.{good.parts[1]}."


def confused(good: Good, key: bytes) -> str:
    """HMAC with what everybody may know of our key, in the hope that it is taken for a secret."""
    begun = f"{coded({**good.header, 'alg': 'HS256'})}.{good.parts[1]}"
    return f"{begun}.{coded(hmac.new(key, begun.encode(), hashlib.sha256).digest())}"


def public(encoding: Encoding) -> bytes:
    return keys().public.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)


def jwk(key: rsa.RSAPrivateKey) -> dict[str, Any]:
    return jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)


def signature(good: Good, change: Callable[[str], str]) -> str:
    return ".".join([*good.parts[:2], change(good.parts[2])])


def spelled_otherwise(part: str) -> str:
    """The same bytes: the last character has bits that do not count."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    other = part[:-1] + alphabet[alphabet.index(part[-1]) ^ 1]
    assert plain(other) == plain(part)
    return other


def flipped(part: str) -> str:
    content = bytearray(plain(part))
    content[7] ^= 1
    return coded(bytes(content))


def after(deed: Callable[[Good], Any]) -> Forge:
    """The good token itself, after something that ended it."""

    def too_late(good: Good) -> str:
        deed(good)
        return good.token

    return too_late


def sign_out(good: Good) -> None:
    client = Client()
    client.cookies["sessionid"] = good.session_key
    assert client.delete("/_allauth/browser/v1/auth/session").status_code == 401  # its way to say: signed out


def change_password(good: Good) -> None:
    good.user.set_password("another-horse-10")
    good.user.save()


NONE = {f"alg {alg}": lambda good, alg=alg: unsigned(good, alg) for alg in ("none", "None", "NONE", "nOnE", "")}
CONFUSED = {
    "HS256 with the public key as PEM": lambda good: confused(good, public(Encoding.PEM)),
    "HS256 with the public key as PEM, trimmed": lambda good: confused(good, public(Encoding.PEM).strip()),
    "HS256 with the public key as DER": lambda good: confused(good, public(Encoding.DER)),
    "HS256 with the public key as JWK": lambda good: confused(good, json.dumps(jwk(keys().private)).encode()),
    "HS256 with the key's name": lambda good: confused(good, good.header["kid"].encode()),
    "HS256 with nothing": lambda good: confused(good, b""),
    **{f"{alg} of our key": lambda good, alg=alg: with_header(good, alg=alg) if alg.startswith("RS") else
       signed({**good.header, "alg": alg}, good.claims, alg=alg) for alg in ("RS384", "RS512", "PS256")},
}  # fmt: skip
CLAIMS = {
    **{f"without {name}": lambda good, name=name: resigned(good, **{name: None})
       for name in ("aud", "exp", "iat", "iss", "jti", "sid", "sub", "token_use")},
    "another audience": lambda good: resigned(good, aud="another"),
    "several audiences": lambda good: resigned(good, aud=["ridley-api", "another"]),
    "another issuer": lambda good: resigned(good, iss="https://evil.test"),
    "another person": lambda good: resigned(good, sub=str(good.other.pk)),
    "a person that is no id": lambda good: resigned(good, sub="admin"),
    "a person that is a number": lambda good: resigned(good, sub=1),
    "another's session": lambda good: resigned(good, sid=session_key_to_sid(good.other_session_key)),
    "a session in plain": lambda good: resigned(good, sid=good.session_key),
    "a session that is none": lambda good: resigned(good, sid=session_key_to_sid("a" * 32)),
    "a session of odd bytes": lambda good: resigned(good, sid=session_key_to_sid("\0' OR 1=1 --")),
    "a session that is not text": lambda good: resigned(good, sid="ü"),
    "an id that is a number": lambda good: resigned(good, jti=7),
    "another use": lambda good: resigned(good, token_use={"access": "refresh", "refresh": "access"}[
        good.claims["token_use"]]),
    "a use that is a list": lambda good: resigned(good, token_use=["access", "refresh"]),
    "expired": lambda good: resigned(good, iat=int(time.time()) - HOUR, exp=int(time.time()) - HOUR + 300),
    "not yet issued": lambda good: resigned(good, iat=int(time.time()) + HOUR, exp=int(time.time()) + HOUR + 300),
    "not yet good": lambda good: resigned(good, nbf=int(time.time()) + HOUR),
    "good for a hundred years": lambda good: resigned(good, exp=int(time.time()) + 36525 * 24 * HOUR),
    "an end that is text": lambda good: resigned(good, exp=str(good.claims["exp"])),
    "an end that is a fraction": lambda good: resigned(good, exp=good.claims["exp"] + 0.5),
    "an end without end": lambda good: signed(good.parts[0], json.dumps({**good.claims, "exp": float("inf")}).encode()),
}  # fmt: skip
HEADERS = {
    **{f"kid {kid}": lambda good, kid=kid: with_header(good, another_key(), kid=kid)
       for kid in ("../../../dev/null", "x' UNION SELECT 'key' --", "https://evil.test/key", "", "0")},
    "kid of the key that signed": lambda good: with_header(good, another_key(), kid="another"),
    "our kid on another key": lambda good: with_header(good, another_key()),
    "kid that is a list": lambda good: with_header(good, kid=[good.header["kid"]]),
    "no kid": lambda good: with_header(good, kid=None),
    "a key of its own": lambda good: with_header(good, another_key(), jwk=jwk(another_key())),
    "an address of keys": lambda good: with_header(good, another_key(), jku="https://evil.test/jwks.json"),
    "an address of a certificate": lambda good: with_header(good, another_key(), x5u="https://evil.test/cert.pem"),
    "something critical": lambda good: with_header(good, crit=["exp"]),
    "one header more": lambda good: with_header(good, cty="JWT"),
    "alg twice": lambda good: signed(
        coded(json.dumps(good.header).encode()[:-1] + b',"alg":"none"}'), good.claims),
}  # fmt: skip
SIGNATURES = {
    "another key": lambda good: signed(good.parts[0], good.claims, another_key()),
    "another payload": lambda good: ".".join(
        [good.parts[0], coded({**good.claims, "sub": str(good.other.pk)}), good.parts[2]]),
    "cut off": lambda good: signature(good, lambda part: part[:-4]),
    "longer": lambda good: signature(good, lambda part: part + "AAAA"),
    "none at all": lambda good: signature(good, lambda part: ""),
    "one bit": lambda good: signature(good, flipped),
    "spelled otherwise": lambda good: signature(good, spelled_otherwise),
    "padded": lambda good: signature(good, lambda part: part + "=="),
    "with what base64 passes over": lambda good: signature(good, lambda part: part[:5] + "!" + part[5:]),
    "in capitals": lambda good: signature(good, str.upper),
}  # fmt: skip
SHAPES = {
    "one part": lambda good: good.parts[1],
    "two parts": lambda good: ".".join(good.parts[:2]),
    "four parts": lambda good: f"{good.token}.{good.parts[2]}",
    "five parts, as if encrypted": lambda good: ".".join(
        [coded({"alg": "RSA-OAEP", "enc": "A256GCM"}), *good.parts, "A"]),
    "empty parts": lambda good: "..",
    "an empty payload": lambda good: f"{good.parts[0]}..{good.parts[2]}",
    "a payload that is no JSON": lambda good: signed(good.parts[0], b"not json"),
    "a payload that is a list": lambda good: signed(good.parts[0], json.dumps([good.claims]).encode()),
    "a payload that is null": lambda good: signed(good.parts[0], b"null"),
    "a payload that is deep": lambda good: signed(good.parts[0], b"[" * 900 + b"]" * 900),
    "a padded payload": lambda good: ".".join([good.parts[0], good.parts[1] + "=", good.parts[2]]),
    "huge": lambda good: resigned(good, more="x" * 20_000),
    "a letter of another script": lambda good: good.token[:40] + "ü" + good.token[40:],
    "an unseen letter before it": lambda good: f"\u200b{good.token}",
    "a blank in it": lambda good: good.token[:40] + " " + good.token[40:],
    "twice, with a comma": lambda good: f"{good.token},{good.token}",
    "the key of the session": lambda good: good.session_key,
    "nothing": lambda good: "",
}  # fmt: skip
LATE = {
    "after signing out": after(sign_out),
    "after the session was taken back": after(lambda good: Session.objects.filter(pk=good.session_key).delete()),
    "after the session expired": after(
        lambda good: Session.objects.filter(pk=good.session_key).update(expire_date="2020-01-01T00:00Z")),
    "after another password": after(change_password),
    "after the account was switched off": after(
        lambda good: User.objects.filter(pk=good.user.pk).update(is_active=False)),
    "after the account became a program's": after(
        lambda good: User.objects.filter(pk=good.user.pk).update(kind="service", password="!")),
    "after the session was emptied": after(
        lambda good: Session.objects.filter(pk=good.session_key).update(session_data="")),
}  # fmt: skip
FORGERIES: dict[str, dict[str, Forge]] = {
    "none": NONE, "confused": CONFUSED, "claims": CLAIMS, "headers": HEADERS, "signatures": SIGNATURES,
    "shapes": SHAPES, "late": LATE,
}  # fmt: skip
