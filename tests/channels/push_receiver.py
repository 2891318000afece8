"""A browser's end of web push, written from the RFCs and sharing nothing with the sender.

Opens what was sealed (RFC 8188, 8291) and checks who sent it (RFC 8292).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import struct
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVE = ec.SECP256R1()


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def raw(given: str) -> bytes:
    return base64.urlsafe_b64decode(given + "=" * (-len(given) % 4))


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _expand(key: bytes, info: bytes, length: int) -> bytes:
    return hmac.digest(key, info + b"\x01", hashlib.sha256)[:length]


def open_sealed(private: ec.EllipticCurvePrivateKey, auth: bytes, sealed: bytes) -> bytes:
    """RFC 8291, 3.4, step by step, with HKDF as two HMACs."""
    salt, (size, length) = sealed[:16], struct.unpack("!IB", sealed[16:21])
    sender, cipher = sealed[21 : 21 + length], sealed[21 + length :]
    assert len(cipher) <= size
    shared = private.exchange(
        ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, sender)
    )
    info = b"WebPush: info\x00" + point(private.public_key()) + sender
    secret = _expand(hmac.digest(auth, shared, hashlib.sha256), info, 32)
    prk = hmac.digest(salt, secret, hashlib.sha256)
    key = _expand(prk, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _expand(prk, b"Content-Encoding: nonce\x00", 12)
    plain = AESGCM(key).decrypt(nonce, cipher, None).rstrip(b"\x00")
    assert plain[-1:] == b"\x02"  # the last record
    return plain[:-1]


def sender_of(authorization: str) -> tuple[dict[str, Any], str]:
    """Claims and public key of a VAPID header whose ES256 signature holds."""
    assert authorization.startswith("vapid ")
    parts = dict(p.strip().split("=", 1) for p in authorization.removeprefix("vapid ").split(","))
    signed, _, mark = parts["t"].rpartition(".")
    header, claims = (json.loads(raw(p)) for p in signed.split("."))
    assert header["alg"] == "ES256"
    key = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, raw(parts["k"]))
    r, s = raw(mark)[:32], raw(mark)[32:]
    der = utils.encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
    key.verify(der, signed.encode(), ec.ECDSA(SHA256()))
    return claims, parts["k"]


@dataclass
class Device:
    """A browser with a subscription at ``endpoint``."""

    endpoint: str
    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(CURVE)
    )
    auth: bytes = b"0123456789abcdef"

    def subscription(self) -> dict[str, Any]:
        """As ``PushSubscription.toJSON()``."""
        keys = {"p256dh": text(point(self.private.public_key())), "auth": text(self.auth)}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}

    def reads(self, sealed: bytes) -> dict[str, Any]:
        """What was pushed."""
        found: dict[str, Any] = json.loads(open_sealed(self.private, self.auth, sealed))
        return found
