"""What the lake says of invoices and the attempts to collect them: whatever has landed, whatever
order it came in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import pyarrow as pa

from tenure.analytics.moments import micros
from tenure.analytics.subscriptions import LAPSED, OVER
from tenure.facts import reading
from tenure.facts.casts import literal


@dataclass(frozen=True)
class Attempt:
    """An attempt to collect, as a row of ``payments`` told it. Card, network and advice are read
    from its properties (``card``, ``network``, ``advice_code``, ``network_code``)."""

    at: datetime
    succeeded: bool
    code: str = ""
    card: str = ""
    network: str = ""
    advice: str = ""
    network_code: str = ""


@dataclass(frozen=True)
class Invoice:
    """An invoice with its attempts, oldest first."""

    invoice_id: str
    account_id: str
    subscription_id: str
    amount_minor: int
    currency: str
    paid_at: datetime | None
    voided_at: datetime | None
    attempts: tuple[Attempt, ...]

    @property
    def settled_at(self) -> datetime | None:
        """When it was paid: by its own word, or by the first attempt that went through."""
        won = [a.at for a in self.attempts if a.succeeded]
        return min([*won, *([self.paid_at] if self.paid_at else [])], default=None)


def invoices(ids: Sequence[str], now: datetime) -> list[Invoice]:
    """These invoices as the latest facts tell."""
    if not ids:
        return []
    o = reading.holding("invoices")
    query = f"""
        SELECT invoice_id, arg_max(account_id, {o}) AS account_id,
            arg_max(subscription_id, {o}) AS subscription_id,
            arg_max(amount_minor, {o}) AS amount_minor, arg_max(currency, {o}) AS currency,
            max(paid_at) AS paid_at, max(voided_at) AS voided_at
        FROM raw_invoices WHERE invoice_id IN (SELECT id FROM dunned) GROUP BY invoice_id"""
    dunned = {"dunned": reading.ids(ids)}
    rows = reading.dated(reading.latest(query, now, "invoices", extra=dunned))
    tried = _attempts(dunned, now)
    return [
        Invoice(
            r["invoice_id"],
            r["account_id"],
            r["subscription_id"] or "",
            r["amount_minor"],
            r["currency"] or "",
            r["paid_at"],
            r["voided_at"],
            tuple(tried.get(r["invoice_id"], [])),
        )
        for r in rows
    ]


def _attempts(dunned: Mapping[str, pa.Table], now: datetime) -> dict[str, list[Attempt]]:
    found: dict[str, list[Attempt]] = {}
    query = (
        f"{_TRIED} WHERE invoice_id IN (SELECT id FROM dunned) ORDER BY attempted_at, payment_id"
    )
    for row in reading.dated(reading.latest(query, now, "payments", extra=dunned)):
        found.setdefault(row["invoice_id"], []).append(_attempt(row))
    return found


def elsewhere(card: str, invoice_id: str, since: datetime, now: datetime) -> list[datetime]:
    """When a card was tried for other invoices, whoever's, from ``since`` on. Of a card whose name
    is not known nobody can say."""
    if not card:
        return []
    query = (
        f"{_TRIED} WHERE properties ->> '$.card' = {literal(card)}"
        f" AND invoice_id IS DISTINCT FROM {literal(invoice_id)}"
        f" AND attempted_at >= {micros(since)} ORDER BY attempted_at"
    )
    rows = reading.dated(reading.latest(query, now, "payments", since=since))
    return [row["attempted_at"] for row in rows]


Whereabouts = Literal["here", "left", "tried"]


def whereabouts(account_id: str, now: datetime) -> Whereabouts:
    """Whether an account has left: each of its subscriptions is over or has an end. ``tried``: all
    are over and none was ever paid for. ``here`` as well if nothing is known of any."""
    query = (
        "SELECT state, ends_at IS NOT NULL AS ends FROM subscriptions"
        f" WHERE account_id = {literal(account_id)}"
    )
    rows = reading.latest(query, now, "subscriptions", about=[account_id]).to_pylist()
    if not rows or any(r["state"] not in OVER and not r["ends"] for r in rows):
        return "here"
    return "left" if any(r["state"] != LAPSED for r in rows) else "tried"


_TRIED = (
    "SELECT payment_id, invoice_id, attempted_at, status, decline_code, properties FROM payments"
)


def _attempt(row: dict[str, Any]) -> Attempt:
    try:
        more = json.loads(row["properties"] or "{}")
    except ValueError:
        more = {}
    names = ("card", "network", "advice_code", "network_code")
    card, network, advice, network_code = (str(more.get(n) or "") for n in names)
    won = row["status"] == "succeeded"
    return Attempt(
        row["attempted_at"],
        won,
        "" if won else row["decline_code"] or "",
        card,
        network.lower(),
        advice,
        network_code,
    )
