"""The mark a mail carries, by which what comes back is known to be about a mail of ours.

Bounces come from anywhere and can be forged; a mark cannot: it is signed with the workspace's key.
"""

from __future__ import annotations

import re

from django.utils.crypto import constant_time_compare, salted_hmac

_SALT = "tenure.mail"
_LENGTH = 16
_MARK = re.compile(r"\b(msg_(\d{1,18})_(\d{14}))\.([0-9a-f]{16})\b")


def mark(identity: str) -> str:
    """``identity`` of a parcel, signed: ``msg_12_20260311120000.90ab…``."""
    return f"{identity}.{_sign(identity)}"


def _sign(identity: str) -> str:
    return salted_hmac(_SALT, identity, algorithm="sha256").hexdigest()[:_LENGTH]


def find(text: str) -> tuple[int, str] | None:
    """The first mark of ours in ``text``: the message's number and its identity."""
    for found in _MARK.finditer(text):
        identity, number, _, sign = found.groups()
        if constant_time_compare(sign, _sign(identity)):
            return int(number), identity
    return None
