"""Who is in which arm, and who is held out: by a salted hash, so that nothing need be stored.

The same account gets the same arm for the same experiment whenever and wherever it is asked, and
its arms in two experiments have nothing to do with each other (Kohavi, Tang and Xu, *Trustworthy
Online Controlled Experiments*, 2020, ch. 4). The salt belongs to the workspace, so that two
workspaces do not share their draws.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

_SPAN = 2**53  # as many equal steps as a float between 0 and 1 tells apart


def draw(account_id: str, key: str, salt: str) -> float:
    """A number in [0, 1), uniform over accounts, fixed for (account, key, salt).

    The first 53 bits of SHA-256. Each part is preceded by its length, so that ("a", "bc") and
    ("ab", "c") differ.

    >>> draw("acme", "cancel-offer", "s") == draw("acme", "cancel-offer", "s")
    True
    >>> 0 <= draw("acme", "cancel-offer", "s") < 1
    True
    """
    parts = (part.encode() for part in (salt, key, account_id))
    digest = sha256(b"".join(len(p).to_bytes(8, "big") + p for p in parts)).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / _SPAN


def arm(account_id: str, experiment: str, weights: Mapping[str, float], salt: str) -> str:
    """The arm of an account; ``weights`` gives arms in order, and their share (any positive scale).

    Changing weights or order moves accounts: a changed split is a new experiment, under a new key.

    >>> arm("acme", "cancel-offer", {"control": 1, "offer": 1}, "s") in ("control", "offer")
    True
    """
    if not weights or any(weight <= 0 for weight in weights.values()):
        raise ValueError("every arm needs a weight above 0")
    left = draw(account_id, f"arm:{experiment}", salt) * sum(weights.values())
    name = ""
    for name, weight in weights.items():
        if left < weight:
            return name
        left -= weight
    return name  # only a rounding error away from the last boundary


def held_out_of_all(account_id: str, share: float, salt: str) -> bool:
    """Whether an account is in the global hold-out, which no play touches.

    A larger ``share`` keeps everybody who was held out under a smaller one.

    >>> held_out_of_all("acme", 0.0, "s"), held_out_of_all("acme", 1.0, "s")
    (False, True)
    """
    return draw(account_id, "holdout:global", salt) < share


def held_out_of_play(account_id: str, play: str, share: float, salt: str) -> bool:
    """Whether an account is held out of one play; independent of all other draws.

    >>> held_out_of_play("acme", "onboarding-nudge", 1.0, "s")
    True
    """
    return draw(account_id, f"holdout:play:{play}", salt) < share
