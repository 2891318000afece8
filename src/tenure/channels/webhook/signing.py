"""Signatures of outgoing webhooks: Standard Webhooks 1.0 (symmetric, ``v1``)."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Sequence
from hashlib import sha256

PREFIX = "whsec_"
_BYTES = 24  # the specification asks for 24 to 64


def new_secret() -> str:
    """A fresh signing secret, as it is shown to the receiver."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def signature(secret: str, identity: str, timestamp: int, body: bytes) -> str:
    """``v1,`` and the HMAC-SHA256 of ``id.timestamp.body`` in base64.

    The specification's own example:

    >>> signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek",
    ...           1614265330, b'{"test": 2432232314}')
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
    """
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{identity}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, sha256)).decode()


def headers(keys: Sequence[str], identity: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers. With several secrets (while receivers change over) every one signs."""
    signed = " ".join(signature(key, identity, timestamp, body) for key in keys)
    return {
        "webhook-id": identity,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signed,
    }
