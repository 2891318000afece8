"""The figures of the Revenue page in the words and units in which they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from tenure.accounts import segments
from tenure.analytics.revenue.figures import MonthFigures, figures
from tenure.analytics.revenue.policy import Targets
from tenure.analytics.revenue.yearly import YearlyRetention, yearly
from tenure.kit.pages import formats
from tenure.metrics.revenue import policy, queries, scope
from tenure.metrics.revenue.definitions import Definition, definitions
from tenure.metrics.revenue.pages.charts import COLORS
from tenure.metrics.revenue.pages.query import RevenueQuery

ROW = ("start", *COLORS, "end", "nrr", "grr", "logo_churn")
SPLIT_ROW = (
    "end",
    "accounts_end",
    "nrr",
    "grr",
    "logo_churn",
    "net_churn",
    "arpa_minor",
    "quick_ratio",
)


@dataclass(frozen=True)
class FigureRow:
    """A figure: its definition, its value as text, the change to the month before, its status."""

    name: str
    definition: Definition
    text: str
    url: str
    target: str = ""
    role: str = ""
    words: str = ""


def value_of(month: MonthFigures, name: str) -> float | None:
    """A figure of a month by its name in ``definitions``."""
    found = getattr(month, name) if hasattr(month, name) else getattr(month, f"{name}_minor")
    return None if found is None else float(found)


def text_of(definition: Definition, value: float | None, currency: str) -> str:
    """A value in its unit."""
    if value is None:
        return formats.NOTHING
    if definition.unit == "money":
        return formats.rounded_money(round(value), currency)
    if definition.unit == "share":
        return formats.number(100 * value, 1) + " %"
    return formats.number(value, 2)


def accounts_url(asked: RevenueQuery, name: str, month: date) -> str:
    """Where the accounts behind a figure are listed."""
    return f"accounts?{asked.query(month=month)}&figure={name}"


def months_table(asked: RevenueQuery, months: Sequence[MonthFigures]) -> list[dict[str, Any]]:
    """One row a month, newest first, with cells that open."""
    return [
        {
            "month": m.month,
            "query": asked.query(month=m.month),
            "cells": _cells(asked, m, ROW),
            "now": m.month == months[-1].month,
        }
        for m in reversed(months)
    ]


def _cells(asked: RevenueQuery, month: MonthFigures, names: Sequence[str]) -> list[FigureRow]:
    known = definitions()
    return [
        FigureRow(
            n,
            known[n],
            text_of(known[n], value_of(month, n), asked.currency),
            accounts_url(asked, n, month.month),
        )
        for n in names
    ]


def tiles(
    asked: RevenueQuery, month: MonthFigures | None, moves: pa.Table, only: Any
) -> list[FigureRow]:
    """Every figure of the month with its definition, target and status."""
    year = {y.currency: y for y in yearly(moves, asked.month, only)}.get(asked.currency)
    targets = policy.revenue_policy().targets
    return [_tile(asked, n, d, month, year, targets) for n, d in definitions().items()]


def _tile(
    asked: RevenueQuery,
    name: str,
    definition: Definition,
    month: MonthFigures | None,
    year: YearlyRetention | None,
    targets: Targets,
) -> FigureRow:
    if definition.year:
        value = getattr(year, name.removesuffix("_year")) if year else None
    else:
        value = value_of(month, name) if month else None
    target, role, words = status(name, definition, value, targets)
    text = text_of(definition, value, asked.currency)
    return FigureRow(
        name, definition, text, accounts_url(asked, name, asked.month), target, role, words
    )


def status(
    name: str, definition: Definition, value: float | None, targets: Targets
) -> tuple[str, str, str]:
    """Target in words, colour, and whether it is met."""
    if not definition.target:
        return "", "", ""
    if name == "logo_churn":
        return _logo_status(value, targets.logo_churn_b2b, targets.logo_churn_b2c)
    wanted = getattr(targets, definition.target)
    sign = "above" if definition.better == "up" else "below"
    text = f"{sign} {formats.number(100 * wanted, 1)} %"
    if value is None:
        return text, "none", "no data"
    met = value > wanted if definition.better == "up" else value < wanted
    return text, "good" if met else "bad", "on target" if met else "off target"


def _logo_status(value: float | None, b2b: float, b2c: float) -> tuple[str, str, str]:
    low, high = (formats.number(100 * share, 1) for share in (b2b, b2c))
    text = f"below {low} % a month (B2B), {high} % (B2C)"
    if value is None:
        return text, "none", "no data"
    if value < b2b:
        return text, "good", "on target"
    return (text, "warn", "on target for B2C only") if value < b2c else (text, "bad", "off target")


def split(asked: RevenueQuery, moves: pa.Table, only: Any) -> list[dict[str, Any]]:
    """The month by the split asked for; segments may share accounts."""
    if asked.by == scope.SEGMENT:
        found = _by_segment(asked, moves, only)
    else:
        groups = queries.groups(asked.by, asked.known_at)
        found = [(m.group, m.group, m) for m in figures(moves, groups, only=only) if _of(m, asked)]
    found.sort(key=lambda row: -row[2].end_minor)
    return [
        {"title": title, "cells": _cells(_within(asked, name), month, SPLIT_ROW)}
        for name, title, month in found
    ]


def _of(month: MonthFigures, asked: RevenueQuery) -> bool:
    return month.month == asked.month and month.currency == asked.currency


def _within(asked: RevenueQuery, name: str) -> RevenueQuery:
    from dataclasses import replace

    return replace(asked, of=scope.Scope(asked.by, name))


def _by_segment(
    asked: RevenueQuery, moves: pa.Table, only: Any
) -> list[tuple[str, str, MonthFigures]]:
    found = []
    for name, title in segments.titles().items():
        inside = scope.members(scope.Scope(scope.SEGMENT, name), asked.known_at)
        inside = set(inside or ()) & set(only) if only is not None else inside
        found += [(name, title, m) for m in figures(moves, only=inside) if _of(m, asked)]
    return found
