"""What a subscription of Stripe's brings a month, and what is off: its items with their tiers, and
the discounts on it and on its items. Pure.

Stripe's objects name what they stand on. A notice says ``discounts: ["di_1"]``; a discount names
its coupon, a coupon keeps to itself which products it is for, and a price its tiers. ``parts`` are
those that were learned, by name (see ``objects.Known``); ``needed`` is told of one that is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tenure.connectors.billing.discounts import Discount
from tenure.connectors.stripe import money
from tenure.connectors.stripe.money import Line

Object = Mapping[str, Any]
Parts = Mapping[str, Object]
Needed = Callable[[str, bool], None]
"""Told of a part that is missing, and whether nothing can be said without it."""


def mrr(
    thing: Object,
    items: Sequence[Object],
    currency: str,
    at: datetime,
    parts: Parts,
    needed: Needed,
) -> int:
    """MRR of a subscription as of ``at``, in minor units."""
    lines = [
        Line(
            money.monthly(item, _tiers(item, parts, needed)),
            _id(money.price_of(item).get("product")),
            tuple(_coupons(item, currency, at, parts, needed)),
        )
        for item in items
    ]
    coupons = list(_coupons(thing, currency, at, parts, needed))
    return money.mrr(lines, coupons, money.rhythm_of(items), currency)


def discounts(
    thing: Object, items: Sequence[Object], currency: str, at: datetime, parts: Parts
) -> list[Discount]:
    """What is off the subscription and its items, as rows of ``subscriptions`` carry it."""
    found = []
    for holder in (thing, *items):
        for discount, coupon in _running(holder, at, parts, lambda *_: None):
            ends, off = discount.get("end"), _in_currency(coupon, currency).get("amount_off")
            found.append(
                Discount(
                    float(coupon.get("percent_off") or 0),
                    money.minor(off or 0, currency),
                    datetime.fromtimestamp(int(ends), UTC) if ends else None,
                    coupon.get("duration") == "once",
                    _id(coupon),
                )
            )
    return found


def parts_in(thing: Object) -> dict[str, Object]:
    """The parts that stand opened within a subscription."""
    found: dict[str, Object] = {}
    for holder in (thing, *((thing.get("items") or {}).get("data") or [])):
        for discount in _listed(holder):
            if isinstance(discount, Mapping) and discount.get("id"):
                found[f"di:{discount['id']}"] = discount
    return found


def changes_of(thing: Object, parts: Parts) -> list[int]:
    """When discounts on a subscription began and ended, as moments of Stripe's."""
    found = set()
    for holder in (thing, *((thing.get("items") or {}).get("data") or [])):
        for named in _listed(holder):
            discount = named if isinstance(named, Mapping) else parts.get(f"di:{named}") or {}
            found |= {int(at) for at in (discount.get("start"), discount.get("end")) if at}
    return sorted(found)


def names_in(thing: Object) -> set[str]:
    """The parts that a subscription names: those it cannot be understood without, and more."""
    items = (thing.get("items") or {}).get("data") or []
    found = set()
    for holder in (thing, *items):
        for named in _listed(holder):
            found |= coupons_of(named) if isinstance(named, Mapping) else {f"di:{named}"}
    prices = [money.price_of(item) for item in items]
    return found | {f"price:{_id(p)}" for p in prices if money.is_tiered(p) and not p.get("tiers")}


def coupons_of(discount: Object) -> set[str]:
    """The name of a discount's coupon, as that of a part."""
    name = _id((discount.get("source") or {}).get("coupon") or discount.get("coupon"))
    return {f"coupon:{name}"} if name else set()


def _listed(holder: Object) -> list[Any]:
    old = holder.get("discount")
    return list(holder.get("discounts") or ([old] if old else []))


def _running(
    holder: Object, at: datetime, parts: Parts, needed: Needed
) -> Iterator[tuple[Object, Object]]:
    """The discounts in force at ``at``, each with its coupon."""
    for named in _listed(holder):
        discount = named if isinstance(named, Mapping) else parts.get(f"di:{named}")
        if discount is None:
            needed(f"di:{named}", True)
            continue
        starts, ends = discount.get("start"), discount.get("end")
        over = ends and int(ends) <= at.timestamp()
        if discount.get("gone") or over or (starts and int(starts) > at.timestamp()):
            continue
        coupon = _coupon(discount, parts, needed)
        if coupon is not None:
            yield discount, coupon


def _coupon(discount: Object, parts: Parts, needed: Needed) -> Object | None:
    """The coupon of a discount, with the products it is for. One without an id (older shapes, own
    tests of others) is taken as it is."""
    told = (discount.get("source") or {}).get("coupon") or discount.get("coupon")
    name = _id(told)
    if name and f"coupon:{name}" in parts:
        found = parts[f"coupon:{name}"]
        return None if found.get("gone") and not isinstance(told, Mapping) else _merged(told, found)
    if name and not (isinstance(told, Mapping) and "applies_to" in told):
        needed(f"coupon:{name}", not isinstance(told, Mapping))
    return told if isinstance(told, Mapping) else None


def _merged(told: Any, kept: Object) -> Object:
    return {**kept, **told} if isinstance(told, Mapping) else kept


def _coupons(
    holder: Object, currency: str, at: datetime, parts: Parts, needed: Needed
) -> Iterable[Object]:
    for _, coupon in _running(holder, at, parts, needed):
        yield _in_currency(coupon, currency)


def _in_currency(coupon: Object, currency: str) -> Object:
    """An amount off is one in the coupon's own currency, or in another that it names."""
    own = str(coupon.get("currency") or currency).upper()
    if not coupon.get("amount_off") or own == currency:
        return coupon
    other = (coupon.get("currency_options") or {}).get(currency.lower()) or {}
    return {**coupon, "amount_off": other.get("amount_off") or 0}


def _tiers(item: Object, parts: Parts, needed: Needed) -> Sequence[Object]:
    price = money.price_of(item)
    if not money.is_tiered(price) or price.get("tiers"):
        return price.get("tiers") or ()
    kept = parts.get(f"price:{_id(price)}")
    if kept is None:
        needed(f"price:{_id(price)}", True)
    return (kept or {}).get("tiers") or ()


def _id(thing: Any) -> str:
    return str((thing.get("id") if isinstance(thing, Mapping) else thing) or "")
