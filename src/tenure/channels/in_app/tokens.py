"""Who a customer's browser is: a short-lived token made by the customer's backend. Pure.

The token is a JSON Web Token (RFC 7519) signed with HMAC-SHA256 (``HS256``) by the secret of an
in-app key. The string that is signed is ``base64url(header) + "." + base64url(claims)``; header
``{"alg": "HS256", "typ": "JWT", "kid": <key id>}``, claims ``sub`` (person id), ``account``
(account id), ``exp`` (Unix seconds) and, where the person may do more than see their messages,
``may`` (a list; ``["cancel"]``: cancel the account's subscriptions). Any JWT library makes one; no
other algorithm is taken.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from tenure.channels.in_app.numbers import InApp

_MOST = 2048  # characters of a token
_MOST_ID = 255


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

    key: str
    person_id: str
    account_id: str
    expires: float
    signed: bytes
    signature: bytes
    may: frozenset[str] = frozenset()


def make(
    secret: str, key: str, person_id: str, account_id: str, expires: int, may: Sequence[str] = ()
) -> str:
    """A token, as the customer's backend makes it."""
    header = _encoded({"alg": "HS256", "typ": "JWT", "kid": key})
    more = {"may": list(may)} if may else {}
    claims = _encoded({"sub": person_id, "account": account_id, "exp": expires, **more})
    signed = f"{header}.{claims}"
    return f"{signed}.{_text(hmac.digest(secret.encode(), signed.encode(), sha256))}"


def take_apart(token: str) -> Token:
    """The parts of ``token``; BadToken if it is none."""
    try:
        signed, _, signature = token.rpartition(".")
        first, _, second = signed.partition(".")
        if len(token) > _MOST or "." in second:
            raise ValueError("too long, or not three parts")
        header, claims = _decoded(first), _decoded(second)
        if header["alg"] != "HS256" or "crit" in header:
            raise BadToken("the token must be signed with HS256")
        person, account = _identifier(claims, "sub"), _identifier(claims, "account")
        expires = claims["exp"]
        if isinstance(expires, bool) or not math.isfinite(expires):
            raise ValueError("exp is no moment")
        may = claims.get("may", [])
        if not isinstance(may, list):
            raise ValueError("may is no list")
        return Token(
            str(header["kid"]), person, account, float(expires), signed.encode(),
            _bytes(signature), frozenset(str(one) for one in may),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as fault:
        raise BadToken("this is no token of an in-app key") from fault


def believe(token: Token, secrets: Sequence[str], numbers: InApp, now: datetime) -> Holder:
    """Whose token it is, if one of ``secrets`` signed it and it is in force at ``now``."""
    good = [
        hmac.compare_digest(hmac.digest(s.encode(), token.signed, sha256), token.signature)
        for s in secrets
    ]
    if not any(good):
        raise BadToken("the signature does not fit the key")
    left = token.expires - now.timestamp()
    if left < -numbers.leeway_seconds:
        raise BadToken("the token has expired")
    if left > numbers.token_most_hours * 3600 + numbers.leeway_seconds:
        raise BadToken(f"the token is good for more than {numbers.token_most_hours} hours")
    return Holder(token.key, token.person_id, token.account_id, token.may)


def _identifier(claims: Mapping[str, Any], name: str) -> str:
    value = claims[name]
    if not isinstance(value, str) or not value or len(value) > _MOST_ID or "\x00" in value:
        raise ValueError(f"{name} is no id")
    return value


def _encoded(value: Mapping[str, Any]) -> str:
    return _text(json.dumps(value, separators=(",", ":")).encode())


def _decoded(text: str) -> dict[str, Any]:
    found = json.loads(_bytes(text))
    if not isinstance(found, dict):
        raise TypeError("not an object")
    return found


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except binascii.Error as fault:
        raise ValueError("not base64url") from fault
