"""What an import comes to for the business, in sentences for the command and the page."""

from __future__ import annotations

from datetime import datetime

from tenure.accounts import recurring
from tenure.accounts.recurring import Recurring
from tenure.analytics.money import written

_OF_MONEY = ("subscriptions", "plans")


def notes(table: str, now: datetime) -> list[str]:
    """What there is to say after an import into ``table``."""
    if table not in _OF_MONEY:
        return []
    found = recurring.by_currency(now)
    return [text for one in found for text in _mrr(one)]


def _mrr(one: Recurring) -> list[str]:
    """The MRR of one currency.

    >>> for text in _mrr(Recurring("USD", 70000, 3, 1, ("x3",))):
    ...     print(text)
    MRR is now 700.00 USD a month, from 2 active subscriptions.
    1 active subscription has no amount (x3): map it (mrr=COLUMN), or import plans with price, \
currency and interval. Until then its MRR is unknown, not 0.
    """
    priced, out = one.subscriptions - one.missing, []
    if priced:
        amount = written(one.mrr_minor, one.currency)
        out.append(f"MRR is now {amount} a month, from {_active(priced)}.")
    if one.missing:
        many = one.missing > 1
        names = ", ".join(one.without) + (", ..." if one.missing > len(one.without) else "")
        out.append(
            f"{_active(one.missing)} {'have' if many else 'has'} no amount ({names}): map it"
            " (mrr=COLUMN), or import plans with price, currency and interval."
            f" Until then {'their' if many else 'its'} MRR is unknown, not 0."
        )
    return out


def _active(count: int) -> str:
    return f"{count:,} active subscription{'' if count == 1 else 's'}"
