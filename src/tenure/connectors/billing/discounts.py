"""Discounts of a subscription, as rows of ``subscriptions`` carry them. Pure.

The property ``discounts`` lists them; ``coupon`` holds the deepest per cent, which is what files
and the audit of practice know.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tenure.analytics.moments import months_on


@dataclass(frozen=True)
class Discount:
    """So much off: per cent, or an amount a bill in minor units. ``until`` None: for good;
    ``once``: off one bill, which is no discount on what recurs. ``key`` names the act that gave it,
    and ``mrr_before`` is the MRR from before it, where the ledger gave it."""

    percent: float = 0.0
    amount_minor: int = 0
    until: datetime | None = None
    once: bool = False
    key: str = ""
    mrr_before: int | None = None

    def runs_at(self, now: datetime) -> bool:
        """Whether it is taken off what is billed at ``now``."""
        return self.until is None or self.until > now

    def given_by(self, key: str) -> bool:
        """Whether the act under ``key`` gave it, at whichever try."""
        return bool(self.key) and self.key.partition("#")[0] == key.partition("#")[0]

    def to_json(self) -> dict[str, Any]:
        """For the property."""
        told: dict[str, Any] = {
            "percent": self.percent,
            "amount_minor": self.amount_minor,
            "once": self.once,
            "until": self.until.isoformat() if self.until else None,
            "key": self.key,
            "mrr_before": self.mrr_before,
        }
        return {name: value for name, value in told.items() if value}


def read(properties: str | Mapping[str, Any] | None) -> tuple[Discount, ...]:
    """The discounts in a row's properties; what cannot be read is none.

    >>> read('{"discounts": [{"percent": 25, "until": "2026-06-01T00:00:00+00:00"}]}')[0].percent
    25.0
    >>> read(None), read('{"discounts": "much"}')
    ((), ())
    """
    try:
        held = json.loads(properties or "{}") if isinstance(properties, str) else properties or {}
        if "discounts" in held:
            return tuple(_one(entry) for entry in held["discounts"] or [])
        return _coupon(held.get("coupon"))
    except (ValueError, TypeError, AttributeError):
        return ()


def _coupon(held: Mapping[str, Any] | None) -> tuple[Discount, ...]:
    """What is known of a coupon alone: its end only if it says when it began, and for how long."""
    if not held or not held.get("percent"):
        return ()
    began, months = _moment(held.get("from")), held.get("months")
    until = months_on(began, int(months)) if began and months else None
    return (Discount(float(held["percent"]), until=until),)


def _moment(text: str | None) -> datetime | None:
    moment = datetime.fromisoformat(text) if text else None
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def _one(entry: Mapping[str, Any]) -> Discount:
    before = entry.get("mrr_before")
    return Discount(
        float(entry.get("percent") or 0),
        int(entry.get("amount_minor") or 0),
        _moment(entry.get("until")),
        bool(entry.get("once")),
        str(entry.get("key") or ""),
        None if before is None else int(before),
    )


def written(discounts: Iterable[Discount]) -> dict[str, Any]:
    """The properties that hold them."""
    listed = list(discounts)
    deepest = max((d.percent for d in listed), default=0.0)
    return {
        "discounts": [d.to_json() for d in listed] or None,
        "coupon": {"percent": deepest} if deepest else None,
    }
