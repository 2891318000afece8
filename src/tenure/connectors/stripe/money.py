"""Stripe's amounts and prices in our terms. Pure.

Stripe gives amounts in a currency's smallest unit, with exceptions of its own (docs: currencies,
"Special cases"); a price recurs each so many days, weeks, months or years.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from tenure.analytics.money import exponent

# Currencies whose amounts Stripe takes without decimals, and with three.
_NONE = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "JPY",
        "KMF",
        "KRW",
        "MGA",
        "PYG",
        "RWF",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
_THREE = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])
_MONTHS_A_YEAR = Decimal(12)
_DAYS_A_MONTH = Decimal(365) / 12
A_MONTH = {
    "day": _DAYS_A_MONTH,
    "week": _DAYS_A_MONTH / 7,
    "month": Decimal(1),
    "year": 1 / _MONTHS_A_YEAR,
}
"""How many of each interval a month has."""


def minor(amount: int | str | Decimal, currency: str) -> int:
    """An amount of Stripe's in minor units as ISO 4217 has them.

    Stripe has two decimals for ISK and UGX, which have none, and none for MGA, which has two:

    >>> minor(1999, "USD"), minor(500, "JPY"), minor(50_000, "ISK"), minor(7, "MGA")
    (1999, 500, 500, 700)
    """
    code = currency.upper()
    theirs = 0 if code in _NONE else 3 if code in _THREE else 2
    moved = Decimal(amount).scaleb(exponent(code) - theirs)
    return int(moved.quantize(Decimal(1), ROUND_HALF_EVEN))


def monthly(item: Mapping[str, Any]) -> Decimal:
    """What an item of a subscription brings a month, in Stripe's units; 0 for metered and tiered
    prices, whose amount is not known before it is billed.

    >>> year = {"price": {"unit_amount": 12000, "recurring": {"interval": "year"}}, "quantity": 3}
    >>> monthly(year)
    Decimal('3000')
    """
    price = item.get("price") or item.get("plan") or {}
    recurring = price.get("recurring") or price
    interval = recurring.get("interval")
    unit = price.get("unit_amount_decimal") or price.get("amount_decimal")
    if unit is None:
        unit = price.get("unit_amount", price.get("amount"))
    if unit is None or recurring.get("usage_type") == "metered" or interval not in A_MONTH:
        return Decimal(0)
    quantity = item.get("quantity")
    each = Decimal(str(unit)) * (1 if quantity is None else quantity)
    times = A_MONTH[interval] / Decimal(recurring.get("interval_count") or 1)
    return _tidy(each * times)


def _tidy(value: Decimal) -> Decimal:
    """Without the dust of dividing: a twelfth times twelve is one again."""
    return value.quantize(Decimal("0.000001"), ROUND_HALF_EVEN).normalize() + 0


def mrr(items: Sequence[Mapping[str, Any]], coupons: Sequence[Mapping[str, Any]],
        currency: str) -> int:  # fmt: skip
    """MRR of a subscription in minor units: its items a month, less coupons that recur.

    A coupon for one invoice (``once``) is no discount on what recurs. Per cent are taken off one
    after the other, amounts at the price's own rhythm (the smallest of its items).

    >>> item = {"price": {"unit_amount": 5000, "recurring": {"interval": "month"}}, "quantity": 2}
    >>> mrr([item], [{"percent_off": 25, "duration": "repeating"}], "EUR")
    7500
    >>> mrr([item], [{"amount_off": 1000, "duration": "forever"}], "EUR")
    9000
    >>> mrr([item], [{"percent_off": 50, "duration": "once"}], "EUR")
    10000
    """
    whole = sum((monthly(item) for item in items), Decimal(0))
    for coupon in coupons:
        if coupon.get("duration") == "once":
            continue
        if coupon.get("percent_off"):
            whole -= whole * Decimal(str(coupon["percent_off"])) / 100
        elif coupon.get("amount_off"):
            whole -= Decimal(coupon["amount_off"]) * _rhythm(items)
    return max(minor(whole, currency), 0)


def _rhythm(items: Sequence[Mapping[str, Any]]) -> Decimal:
    """How many times a month the subscription is billed."""
    found = []
    for item in items:
        price = item.get("price") or item.get("plan") or {}
        recurring = price.get("recurring") or price
        if recurring.get("interval") in A_MONTH:
            count = Decimal(recurring.get("interval_count") or 1)
            found.append(A_MONTH[recurring["interval"]] / count)
    return max(found, default=Decimal(1))
