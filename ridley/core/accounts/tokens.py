"""Tokens of people who signed in, for front ends on other origins: JSON web tokens, as django-allauth hands them out.

An access token is good for five minutes and only as long as its session: signing out, taking the session back, another
password and switching the account off end it with the next request. A refresh token is good once. Each one that it is
exchanged for belongs to the same family, which is that of the session. One that comes a second time was copied, and
nobody can tell which of the two is the thief: it ends the session and everything that was given out for it. There is no
time of grace: a front end sends one refresh at a time, and one whose answer was lost signs in again.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import jwt
from allauth.headless.tokens.strategies.jwt import JWTTokenStrategy
from allauth.headless.tokens.strategies.jwt.internal import session_key_from_sid, session_key_to_sid
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from ridley.core.accounts.models import Kind, RefreshFamily, User

logger = logging.getLogger(__name__)

ISSUER, AUDIENCE, ALGORITHM = "ridley", "ridley-api", "RS256"
ACCESS, REFRESH = "access", "refresh"
CLAIMS = ("aud", "exp", "iat", "iss", "jti", "sid", "sub", "token_use")
TYPES = {"exp": int, "iat": int, "jti": str, "sid": str, "sub": str}
LEEWAY_SECONDS = 5  # by which the clocks of two web servers may differ
LONGEST = 4096  # characters; ours have about a thousand
SEGMENT = re.compile(r"[A-Za-z0-9_-]+")
KEPT_DAYS = 30  # for so long it is known of a session that its refresh token was used twice

PERSON_FIELDS = [field.attname for field in User._meta.concrete_fields]
# The session and its person in one statement: this is asked at every request.
SIGNED_IN = f"""
SELECT s.session_data, {", ".join(f'u."{name}"' for name in PERSON_FIELDS)}
  FROM django_session s JOIN accounts_user u ON u.id = %s AND u.is_active AND u.kind = '{Kind.PERSON.value}'
 WHERE s.session_key = %s AND s.expire_date > statement_timestamp()
"""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a request's `auth` is when a person came by a session: the session's contents, and a token's claims."""

    session: Mapping[str, Any]
    claims: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Keys:
    """What tokens are signed with. Every token of ours begins with the same `header`, so that any other is refused."""

    private: RSAPrivateKey
    public: RSAPublicKey
    headers: Mapping[str, str]
    header: str


def keys() -> Keys:
    return keys_of(settings.HEADLESS_JWT_PRIVATE_KEY)


@cache
def keys_of(pem: str) -> Keys:
    private = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(private, RSAPrivateKey):
        raise ValueError("RIDLEY_JWT_PRIVATE_KEY: wanted an RSA key.")
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
    thumb = hashlib.sha256(json.dumps({k: jwk[k] for k in ("e", "kty", "n")}, separators=(",", ":")).encode()).digest()
    headers = {"kid": base64.urlsafe_b64encode(thumb).rstrip(b"=").decode()}  # RFC 7638
    header = jwt.encode({}, private, algorithm=ALGORITHM, headers=headers).partition(".")[0]
    return Keys(private, private.public_key(), headers, header)


def lifetime(use: str) -> int:
    """Seconds."""
    if use == ACCESS:
        return int(settings.HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN)
    return int(settings.HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN)


def signed(use: str, *, user_id: UUID, session_key: str, id: UUID | None = None) -> str:
    """A token of this use for a session."""
    now = int(time.time())
    claims = {
        "iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + lifetime(use), "sub": str(user_id),
        "sid": session_key_to_sid(session_key), "jti": str(id or uuid4()), "token_use": use,
    }  # fmt: skip
    known = keys()
    return jwt.encode(claims, known.private, algorithm=ALGORITHM, headers=dict(known.headers))


def claims_of(token: str, use: str) -> dict[str, Any] | None:
    """The claims of a token that we signed for this use and that is good now; None for any other text."""
    known = keys()
    header, _, rest = token.partition(".")
    if len(token) > LONGEST or header != known.header or not is_canonical(rest.partition(".")[2]):
        return None
    try:
        claims: dict[str, Any] = jwt.decode(
            token, known.public, algorithms=[ALGORITHM], audience=AUDIENCE, issuer=ISSUER, leeway=LEEWAY_SECONDS,
            options={"require": list(CLAIMS), "strict_aud": True},
        )  # fmt: skip
    except jwt.PyJWTError:
        return None
    if claims["token_use"] != use or any(type(claims[name]) is not wanted for name, wanted in TYPES.items()):
        return None
    return claims if claims["exp"] - claims["iat"] <= lifetime(use) else None


def is_canonical(segment: str) -> bool:
    """Whether these bytes are spelled the one way that base64url without padding spells them."""
    if not SEGMENT.fullmatch(segment) or len(segment) % 4 == 1:
        return False
    content = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode() == segment


def signed_in(token: str) -> tuple[User, SignedIn] | None:
    """Whose access token this is, if their session lives, with the password it began with."""
    claims = claims_of(token, ACCESS)
    found = person_of(claims) if claims else None
    return None if found is None else (found[0], SignedIn(found[1], claims))


def person_of(claims: Mapping[str, Any]) -> tuple[User, dict[str, Any]] | None:
    """The person whom a token names and what their session holds; None unless both live and fit each other."""
    session_key = session_of(claims)
    try:
        asked: list[Any] = [UUID(claims["sub"]), session_key]
    except ValueError:
        return None
    with connection.cursor() as cursor:
        cursor.execute(SIGNED_IN, asked)
        row = cursor.fetchone()
    if row is None:
        return None
    user = User.from_db("default", PERSON_FIELDS, row[1:])
    session: dict[str, Any] = SessionStore().decode(row[0])
    fits = (
        session.get(SESSION_KEY) == str(user.pk)
        and session.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
        and constant_time_compare(session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())
    )
    return (user, session) if fits else None


def session_of(claims: Mapping[str, Any]) -> str:
    """The key of a token's session; the text of no session if there is none to be read from it."""
    try:
        found = session_key_from_sid(claims["sid"]) or ""
    except ValueError:
        return ""
    return found if found.isascii() and found.isalnum() else ""


def digest(session_key: str) -> str:
    """What a family knows of its session: not what a cookie holds."""
    return hashlib.sha256(session_key.encode()).hexdigest()


def begin_family(user: User, session_key: str) -> str:
    """The first refresh token of a session."""
    id = uuid4()
    RefreshFamily.objects.update_or_create(
        session=digest(session_key), defaults={"user": user, "token_id": id, "reused_at": None}
    )
    forget_old_families(user)
    return signed(REFRESH, user_id=user.pk, session_key=session_key, id=id)


def forget_old_families(user: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM accounts_refreshfamily WHERE user_id = %s AND rotated_at < now() - make_interval(days => %s)",
            [user.pk, KEPT_DAYS],
        )


def exchanged(token: str) -> tuple[str, str] | None:
    """An access and a refresh token for a refresh token, once. A second time ends the session; the answer is None."""
    claims = claims_of(token, REFRESH)
    found = person_of(claims) if claims else None
    if claims is None or found is None:
        return None
    user, session_key = found[0], session_of(claims)
    try:
        used, following = UUID(claims["jti"]), uuid4()
    except ValueError:
        return None
    family = RefreshFamily.objects.filter(session=digest(session_key), user=user, reused_at=None)
    if not family.filter(token_id=used).update(token_id=following, rotated_at=Now()):  # of two at once, one
        end_family(user, session_key)
        return None
    access = signed(ACCESS, user_id=user.pk, session_key=session_key)
    return access, signed(REFRESH, user_id=user.pk, session_key=session_key, id=following)


def end_family(user: User, session_key: str) -> None:
    """End a session whose refresh token was used twice, and keep that it was."""
    with transaction.atomic():
        Session.objects.filter(session_key=session_key).delete()
        RefreshFamily.objects.filter(session=digest(session_key), reused_at=None).update(reused_at=Now())
    logger.warning("A refresh token of %s was used a second time. Their session was ended.", user.pk)


class Strategy(JWTTokenStrategy):
    """How django-allauth makes our tokens and reads them."""

    def create_access_token(self, request: HttpRequest) -> str | None:
        return signed(ACCESS, user_id=self._user(request).pk, session_key=str(request.session.session_key))

    def create_access_token_payload(self, request: HttpRequest) -> dict[str, Any] | None:
        refresh = begin_family(self._user(request), str(request.session.session_key))
        return {
            "access_token": self.create_access_token(request), "refresh_token": refresh,
            "expires_in": lifetime(ACCESS),
        }  # fmt: skip

    def refresh_token(self, refresh_token: str) -> tuple[str, str] | None:
        return exchanged(refresh_token)

    def _get_access_token(self, request: HttpRequest) -> dict[str, Any] | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        found = signed_in(token) if scheme.lower() == "bearer" else None
        return None if found is None else dict(found[1].claims or {})

    @staticmethod
    def _user(request: HttpRequest) -> User:
        user = request.user
        assert isinstance(user._wrapped if hasattr(user, "_wrapped") else user, User)
        assert request.session.session_key
        return user  # type: ignore[return-value]
