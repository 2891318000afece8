"""Who a customer's browser is: a short-lived token made by the customer's backend. Pure.

The token is a JSON Web Token (RFC 7519) signed with HMAC-SHA256 (``HS256``) by the secret of an
in-app key. Its header names the key (``kid``); its claims are ``sub`` (person id), ``account``
(account id), ``exp`` (Unix seconds) and, where the person may do more than see their messages,
``may`` (a list; ``["cancel"]``: cancel the account's subscriptions). Any JWT library makes one; no
other algorithm is taken.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt

from tenure.channels.in_app.settings import InApp

_ALGORITHM = "HS256"
_MOST = 2048  # characters of a token
_MOST_ID = 255
# Claims are checked here: the library would ask the clock, and knows other claims than ours.
_SIGNATURE_ALONE: Any = {
    "verify_signature": True,
    "require": [],
    **{f"verify_{claim}": False for claim in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")},
}


class BadToken(Exception):  # noqa: N818 - says what is so
    """The token names nobody we may believe; the text says why."""


@dataclass(frozen=True)
class Holder:
    """Whose browser asks: everything it may see is about this person in this account. ``may`` is
    what else their backend lets them do."""

    key: str
    person_id: str
    account_id: str
    may: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Token:
    """A token taken apart, believed by nobody yet."""

    text: str
    key: str
    person_id: str
    account_id: str
    expires: float
    may: frozenset[str] = frozenset()


def make(
    secret: str, key: str, person_id: str, account_id: str, expires: int, may: Sequence[str] = ()
) -> str:
    """A token, as the customer's backend makes it."""
    more = {"may": list(may)} if may else {}
    claims = {"sub": person_id, "account": account_id, "exp": expires, **more}
    return jwt.encode(claims, secret, _ALGORITHM, headers={"kid": key})


def take_apart(token: str) -> Token:
    """The parts of ``token``; BadToken if it is none."""
    if len(token) > _MOST:
        raise BadToken("this is no token of an in-app key: it is too long")
    try:
        header = jwt.get_unverified_header(token)
        if header["alg"] != _ALGORITHM or "crit" in header:
            raise BadToken(f"the token must be signed with {_ALGORITHM}")
        claims = jwt.decode(token, options={**_SIGNATURE_ALONE, "verify_signature": False})
        return _token(token, str(header["kid"]), claims)
    except (jwt.PyJWTError, *_BROKEN) as fault:
        raise BadToken("this is no token of an in-app key") from fault


_BROKEN = (ValueError, KeyError, TypeError, RecursionError, OverflowError)


def _token(text: str, key: str, claims: Mapping[str, Any]) -> Token:
    person, account = _identifier(claims, "sub"), _identifier(claims, "account")
    expires, may = claims["exp"], claims.get("may", [])
    if isinstance(expires, bool) or not math.isfinite(expires):
        raise ValueError("exp is no moment")
    if not isinstance(may, list):
        raise TypeError("may is no list")
    return Token(text, key, person, account, float(expires), frozenset(str(one) for one in may))


def believe(token: Token, secrets: Sequence[str], numbers: InApp, now: datetime) -> Holder:
    """Whose token it is, if one of ``secrets`` signed it and it is in force at ``now``."""
    signed = [_signed_by(secret, token) for secret in secrets]  # all: no hint in the time taken
    if not any(signed):
        raise BadToken("the signature does not fit the key")
    left = token.expires - now.timestamp()
    if left < -numbers.leeway_seconds:
        raise BadToken("the token has expired")
    if left > numbers.token_most_hours * 3600 + numbers.leeway_seconds:
        raise BadToken(f"the token is good for more than {numbers.token_most_hours} hours")
    return Holder(token.key, token.person_id, token.account_id, token.may)


def _signed_by(secret: str, token: Token) -> bool:
    try:
        jwt.decode(token.text, secret, algorithms=[_ALGORITHM], options=_SIGNATURE_ALONE)
    except (jwt.PyJWTError, *_BROKEN):
        return False
    return True


def _identifier(claims: Mapping[str, Any], name: str) -> str:
    value = claims[name]
    if not isinstance(value, str) or not value or len(value) > _MOST_ID or "\x00" in value:
        raise ValueError(f"{name} is no id")
    return value
