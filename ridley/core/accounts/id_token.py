"""What an OpenID provider says of somebody, believed only after every check of OpenID Connect Core 1.0, 3.1.3.7.

django-allauth skips the signature of a token that it fetched itself, and knows no nonce. We check all of it always.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Mapping, Sequence
from typing import Any

import jwt
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from requests import RequestException, Session  # noqa: TID251 what callers bring is access/outbound.py's

# Asymmetric only: with HS256 in it, a public key or the client's secret could be used to forge.
ALGORITHMS = [
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
]
LEEWAY_SECONDS = 30
FRESH_SECONDS = 300  # a token that an app hands over, for which we chose no nonce, was made just now
LONGEST_SUBJECT = 191  # what django-allauth's table holds
WELL_KNOWN = "/.well-known/openid-configuration"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
MAY_LACK = ("userinfo_endpoint",)


class BadToken(OAuth2Error):
    """The id token is not to be believed."""


class Unreachable(OAuth2Error):
    """The provider does not answer as an OpenID provider; the message says what is wrong, in words."""


def fetch_json(session: Session, address: str, **options: Any) -> dict[str, Any]:
    """The JSON object at an address. Raises Unreachable."""
    try:
        answer = session.get(address, **options)
        found = answer.json() if answer.ok else None
    except (RequestException, ValueError) as error:
        raise Unreachable(f"{address} cannot be read ({type(error).__name__}).") from error
    if not isinstance(found, dict):
        raise Unreachable(f"{address} answers {answer.status_code} and no JSON object.")
    return found


def discover(session: Session, issuer: str) -> dict[str, Any]:
    """The provider's own description, which must name the issuer that was asked for. Raises Unreachable.

    An issuer on https has all of its addresses there: secret, code and keys never travel in the clear.
    """
    plain = ("http://",) if issuer.startswith("http://") else ()
    found = fetch_json(session, issuer.rstrip("/") + WELL_KNOWN)
    if found.get("issuer") != issuer:
        raise Unreachable(f"The provider names another issuer than {issuer}: {str(found.get('issuer'))[:200]}.")
    for name in ENDPOINTS:
        if not found.get(name):
            raise Unreachable(f"The provider's description has no {name}.")
    for name in (*ENDPOINTS, *MAY_LACK):
        if found.get(name) and not str(found[name]).startswith(("https://", *plain)):
            raise Unreachable(f"The provider's {name} does not begin with https://.")
    return found


def verified_claims(
    token: str, *, keys: Mapping[str, Any], issuers: Sequence[str], client_id: str, nonce: str | None
) -> dict[str, Any]:
    """The claims of an id token: signed by one of these keys, from this issuer, for us, in time, answering our nonce.

    Without a nonce of ours (an app hands over a token that it asked for itself) it must be fresh. Raises BadToken.
    """
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key=_key_for(token, keys),
            algorithms=ALGORITHMS,
            audience=client_id,
            issuer=list(issuers),
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise BadToken(f"The id token is refused: {type(error).__name__}.") from error
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != client_id:
        raise BadToken("The id token is for others too, and was not asked for by us.")
    if not (0 < len(claims["sub"]) <= LONGEST_SUBJECT and claims["sub"].isprintable()):
        raise BadToken("The id token names nobody that could be remembered.")
    if nonce is not None and not (nonce and hmac.compare_digest(str(claims.get("nonce", "")), nonce)):
        raise BadToken("The id token answers another request than ours.")
    if nonce is None and claims["iat"] < time.time() - FRESH_SECONDS:
        raise BadToken("The id token was made too long ago.")
    return claims


def _key_for(token: str, keys: Mapping[str, Any]) -> jwt.PyJWK:
    """The provider's signing key that the token names; the only one, if it names none."""
    named = jwt.get_unverified_header(token).get("kid")
    signing = [key for key in jwt.PyJWKSet.from_dict(dict(keys)).keys if key.public_key_use in (None, "sig")]
    fitting = [key for key in signing if named is None or key.key_id == named]
    if len(fitting) != 1:
        raise BadToken("The id token is signed with a key that its provider does not show.")
    return fitting[0]
