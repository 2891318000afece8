"""Stripe's amounts and prices in our terms. Pure.

Stripe gives amounts in a currency's smallest unit, with exceptions of its own (docs: currencies,
"Special cases"); a price recurs each so many days, weeks, months or years.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
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


def monthly(item: Mapping[str, Any], tiers: Sequence[Mapping[str, Any]] = ()) -> Decimal:
    """What an item of a subscription brings a month, in Stripe's units; 0 for metered prices, whose
    amount is not known before it is billed, and for tiers that are not known.

    >>> year = {"price": {"unit_amount": 12000, "recurring": {"interval": "year"}}, "quantity": 3}
    >>> monthly(year)
    Decimal('3000')
    """
    price = price_of(item)
    recurring = price.get("recurring") or price
    interval = recurring.get("interval")
    if recurring.get("usage_type") == "metered" or interval not in A_MONTH:
        return Decimal(0)
    quantity = item.get("quantity")
    units = _packages(Decimal(1 if quantity is None else quantity), price)
    if is_tiered(price):
        bill = tiered(units, tiers or price.get("tiers") or (), str(price.get("tiers_mode")))
    else:
        bill = units * (_amount(price, "unit_amount", "amount") or 0)
    return _tidy(bill * A_MONTH[interval] / Decimal(recurring.get("interval_count") or 1))


def price_of(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """The price of an item; in older shapes its plan."""
    found: Mapping[str, Any] = item.get("price") or item.get("plan") or {}
    return found


def is_tiered(price: Mapping[str, Any]) -> bool:
    """Whether what it costs depends on how many, and is not in the price itself."""
    metered = (price.get("recurring") or price).get("usage_type") == "metered"
    return price.get("billing_scheme") == "tiered" and not metered


def _amount(of: Mapping[str, Any], *names: str) -> Decimal | None:
    for name in names:
        for value in (of.get(f"{name}_decimal"), of.get(name)):
            if value is not None:
                return Decimal(str(value))
    return None


def _packages(quantity: Decimal, price: Mapping[str, Any]) -> Decimal:
    """How many units are billed, where they are sold in packages (``transform_quantity``).

    >>> tens = {"transform_quantity": {"divide_by": 10, "round": "up"}}
    >>> _packages(Decimal(21), tens), _packages(Decimal(21), {})
    (Decimal('3'), Decimal('21'))
    """
    packed = price.get("transform_quantity") or {}
    if not packed.get("divide_by"):
        return quantity
    way = ROUND_CEILING if packed.get("round") == "up" else ROUND_FLOOR
    return (quantity / Decimal(packed["divide_by"])).to_integral_value(way)


def tiered(quantity: Decimal, tiers: Sequence[Mapping[str, Any]], mode: str) -> Decimal:
    """The bill of so many units: each by its own tier (``graduated``), or all by the one that they
    reach (``volume``); a tier may have a flat amount.

    >>> tiers = [{"up_to": 5, "unit_amount": 1000}, {"up_to": None, "unit_amount": 800}]
    >>> tiered(Decimal(7), tiers, "graduated"), tiered(Decimal(7), tiers, "volume")
    (Decimal('6600'), Decimal('5600'))
    """
    bill, before = Decimal(0), Decimal(0)
    for tier in tiers:
        top = None if tier.get("up_to") in (None, "inf") else Decimal(tier["up_to"])
        last = top is None or quantity <= top
        inside = quantity - before if last or top is None else top - before
        flat = _amount(tier, "flat_amount") or Decimal(0)
        each = _amount(tier, "unit_amount") or Decimal(0)
        if mode == "volume" and last:
            return flat + quantity * each
        if mode != "volume":
            bill += flat + inside * each
        if last:
            return bill
        before = top if top is not None else before
    return bill


def _tidy(value: Decimal) -> Decimal:
    """Without the dust of dividing: a twelfth times twelve is one again."""
    return value.quantize(Decimal("0.000001"), ROUND_HALF_EVEN).normalize() + 0


@dataclass(frozen=True)
class Line:
    """An item as MRR sees it: what it brings a month (Stripe's units), the product it sells, and
    the coupons on it alone."""

    monthly: Decimal
    product: str = ""
    coupons: tuple[Mapping[str, Any], ...] = ()


def mrr(
    lines: Sequence[Line], coupons: Sequence[Mapping[str, Any]], rhythm: Decimal, currency: str
) -> int:
    """MRR of a subscription in minor units: its items a month, less coupons that recur.

    A coupon for one invoice (``once``) is no discount on what recurs. Those of an item come first,
    then those of the subscription, one after the other; ``applies_to`` names the products that a
    coupon is for. Per cent are taken off each line, amounts off all of them in their proportion, as
    often a month as the subscription is billed (``rhythm``).

    >>> two = [Line(Decimal(10_000))]
    >>> mrr(two, [{"percent_off": 25, "duration": "repeating"}], Decimal(1), "EUR")
    7500
    >>> mrr(two, [{"amount_off": 1000, "duration": "forever"}], Decimal(1), "EUR")
    9000
    >>> mrr(two, [{"percent_off": 50, "duration": "once"}], Decimal(1), "EUR")
    10000
    >>> seats, extra = Line(Decimal(9000), "prod_seats"), Line(Decimal(1000), "prod_extra")
    >>> half = {"percent_off": 50, "applies_to": {"products": ["prod_extra"]}}
    >>> mrr([seats, extra], [half], Decimal(1), "EUR")
    9500
    """
    left = [line.monthly for line in lines]
    for place, line in enumerate(lines):
        for coupon in line.coupons:
            _take_off(left, lines, coupon, [place], rhythm)
    for coupon in coupons:
        _take_off(left, lines, coupon, range(len(lines)), rhythm)
    return max(minor(sum(left, Decimal(0)), currency), 0)


def _take_off(
    left: list[Decimal],
    lines: Sequence[Line],
    coupon: Mapping[str, Any],
    among: Iterable[int],
    rhythm: Decimal,
) -> None:
    products = (coupon.get("applies_to") or {}).get("products")
    meant = [n for n in among if not products or lines[n].product in products]
    whole = sum((left[n] for n in meant), Decimal(0))
    if coupon.get("duration") == "once" or not whole:
        return
    if coupon.get("percent_off"):
        off = Decimal(str(coupon["percent_off"])) / 100
    else:
        off = min(Decimal(1), Decimal(coupon.get("amount_off") or 0) * rhythm / whole)
    for n in meant:
        left[n] -= left[n] * off


def rhythm_of(items: Sequence[Mapping[str, Any]]) -> Decimal:
    """How many times a month a subscription of these items is billed."""
    found = []
    for item in items:
        price = price_of(item)
        recurring = price.get("recurring") or price
        if recurring.get("interval") in A_MONTH:
            count = Decimal(recurring.get("interval_count") or 1)
            found.append(A_MONTH[recurring["interval"]] / count)
    return max(found, default=Decimal(1))
