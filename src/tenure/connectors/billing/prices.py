"""What a subscription costs on another plan, by the list prices that are known."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from tenure.facts import lake, sql
from tenure.facts.casts import literal
from tenure.facts.list_prices import MONTHS


@dataclass(frozen=True)
class Price:
    """A plan's list price a month, in minor units; None: not known."""

    monthly: Decimal | None
    currency: str


def of_plans(plan_ids: list[str]) -> dict[str, Price]:
    """The latest list prices of these plans; those nobody told of are left out."""
    here = lake.current()
    paths = here.files("plans")["path"].to_pylist() if here.exists("plans") else []
    if not paths or not plan_ids:
        return {}
    found: list[tuple[Any, ...]] = (
        sql.connection()
        .sql(
            "SELECT plan_id, price_minor, currency, interval FROM read_parquet("
            f"[{', '.join(literal(str(p)) for p in paths)}], union_by_name = true)"
            f" WHERE plan_id IN ({', '.join(literal(p) for p in plan_ids)})"
            " QUALIFY row_number() OVER (PARTITION BY plan_id"
            " ORDER BY updated_at DESC, received_at DESC, message_id DESC) = 1"
        )
        .fetchall()
    )
    return {
        plan: Price(
            Decimal(price) / MONTHS[every] if price is not None and every in MONTHS else None,
            currency or "",
        )
        for plan, price, currency, every in found
    }


def after_change(
    mrr_minor: int, quantity: int | None, old: Price | None, new: Price | None
) -> int | None:
    """MRR on the new plan: as the two prices are to each other, so that seats and discounts stay as
    they are; by the seats where the old price is not known. None where nothing can be said.

    >>> pro, basic = Price(Decimal(4900), "EUR"), Price(Decimal(1900), "EUR")
    >>> after_change(49_000, None, pro, basic), after_change(3675, 1, pro, basic)
    (19000, 1425)
    >>> after_change(100, 10, None, basic), after_change(100, None, None, basic)
    (19000, None)
    """
    if new is None or new.monthly is None:
        return None
    if old is not None and old.monthly and old.currency == new.currency and mrr_minor:
        return rounded(mrr_minor * new.monthly / old.monthly)
    return rounded(quantity * new.monthly) if quantity else None


def rounded(amount: Decimal) -> int:
    """Whole minor units, half to even."""
    return int(amount.quantize(Decimal(1), ROUND_HALF_EVEN))
