"""What to say before a payment can fail: cards that expire, one card alone, a yearly bill. Pure."""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from tenure.programs.dunning.settings import Ahead

What = Literal["expiry", "backup", "yearly"]
Month = tuple[int | None, int | None]
"""Year and month in which a card expires."""


@dataclass(frozen=True)
class Card:
    """A card on file. It is valid through the last day of its month."""

    card_id: str
    account_id: str
    network: str = ""
    last4: str = ""
    exp_month: int | None = None
    exp_year: int | None = None
    is_default: bool = False
    self_updating: bool = False
    fingerprint: str = ""  # the same for the same number, where the processor tells it
    told_at: datetime | None = None  # when it came, or last changed

    @property
    def expires_at(self) -> datetime | None:
        """When it is valid no more; None where that is not known.

        >>> Card("c", "a", exp_month=2, exp_year=2028).expires_at.isoformat()
        '2028-03-01T00:00:00+00:00'
        """
        if self.exp_month is None or self.exp_year is None or not 1 <= self.exp_month <= 12:
            return None
        last = calendar.monthrange(self.exp_year, self.exp_month)[1]
        day = datetime(self.exp_year, self.exp_month, last, tzinfo=UTC)
        return day + timedelta(days=1)


@dataclass(frozen=True)
class Paying:
    """A subscription in force that costs something and is not to end."""

    subscription_id: str
    account_id: str
    began_at: datetime
    renews_at: datetime | None
    yearly: bool
    amount_minor: int
    currency: str


@dataclass(frozen=True)
class Said:
    """One thing to say, once: ``key`` tells it from all others. ``at``: the day it is about."""

    key: str
    what: What
    account_id: str
    at: datetime
    days: int
    card: Card | None = None
    paying: Paying | None = None


def due(
    cards: Iterable[Card], paying: Iterable[Paying], policy: Ahead, now: datetime
) -> list[Said]:
    """What is to be said at ``now``, soonest first; the same again until it is out of date, so
    whoever says it looks at the key."""
    by_account: dict[str, list[Card]] = defaultdict(list)
    for card in cards:
        by_account[card.account_id].append(card)
    subscriptions: dict[str, list[Paying]] = defaultdict(list)
    for one in paying:
        subscriptions[one.account_id].append(one)
    found: list[Said] = []
    for account, here in subscriptions.items():
        held = by_account.get(account, [])
        if (said := expiring(held, policy, now)) is not None:
            found.append(said)
        if (said := alone(held, here, policy, now)) is not None:
            found.append(said)
        found += [s for s in (renewing(p, policy, now) for p in here) if s is not None]
    return sorted(found, key=lambda s: (s.at, s.key))


def charged(cards: Iterable[Card]) -> Card | None:
    """The card that will be charged: the default; where none is known as such, the one that is
    valid longest."""
    listed = list(cards)
    named = [c for c in listed if c.is_default]
    dated = [c for c in named or listed if c.expires_at is not None]
    return max(dated, key=lambda c: (c.expires_at, c.card_id), default=None)


def expiring(cards: Iterable[Card], policy: Ahead, now: datetime) -> Said | None:
    """The alert that is due for the card that is charged: that of the nearest step reached.

    None where a card updater replaces it, or where it has expired already (then the decline says
    so, and dunning begins).
    """
    card = charged(cards)
    if card is None or card.expires_at is None:
        return None
    if card.self_updating or card.network.lower() in policy.updaters:
        return None
    left = card.expires_at - now
    if left <= timedelta():
        return None
    reached = [d for d in policy.expiry_days if left <= timedelta(days=d)]
    if not reached:
        return None
    step, month = min(reached), f"{card.exp_year}-{card.exp_month:02}"
    key = f"ahead:expiry:{card.card_id}:{month}:{step}"
    return Said(key, "expiry", card.account_id, card.expires_at, step, card=card)


def alone(
    cards: Iterable[Card], paying: Iterable[Paying], policy: Ahead, now: datetime
) -> Said | None:
    """The prompt for a second card, some days after an account began to pay with one alone."""
    listed, here = list(cards), list(paying)
    if policy.backup_days == 0 or len(listed) != 1 or not here:
        return None
    at = min(p.began_at for p in here) + timedelta(days=policy.backup_days)
    if not at <= now < at + timedelta(days=policy.backup_within):
        return None
    account = here[0].account_id
    return Said(f"ahead:backup:{account}", "backup", account, at, 0, card=listed[0])


def renewing(one: Paying, policy: Ahead, now: datetime) -> Said | None:
    """The notice before a yearly bill."""
    if policy.yearly_days == 0 or not one.yearly or one.renews_at is None:
        return None
    left = one.renews_at - now
    if not timedelta() < left <= timedelta(days=policy.yearly_days):
        return None
    key = f"ahead:yearly:{one.subscription_id}:{one.renews_at:%Y-%m-%d}"
    return Said(key, "yearly", one.account_id, one.renews_at, policy.yearly_days, paying=one)


def words_of(said: Said) -> Mapping[str, str]:
    """Places in a mail that come from the card."""
    card = said.card
    if card is None or card.exp_month is None or card.exp_year is None:
        return {"last4": card.last4 if card else "", "brand": "", "expires": ""}
    month = f"{calendar.month_name[card.exp_month]} {card.exp_year}"
    brand = card.network.replace("_", " ").title()
    return {"last4": card.last4 or "****", "brand": brand, "expires": month}
