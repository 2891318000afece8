"""The heat map of cohorts and the curves of survival: rows, cells and geometry. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from tenure.analytics.revenue.cohorts import CohortAge
from tenure.analytics.revenue.survival import SurvivalPoint, kaplan_meier

COLORS = ("accent", "good", "warn", "bad", "ok", "none")
WIDTH, HEIGHT, LEFT, FOOT = 720.0, 240.0, 34.0, 22.0
AGES = (1, 3, 6, 12, 24, 36)
"""Months at which the table beside the curves tells survival."""
STEPS = 10


@dataclass(frozen=True)
class Cell:
    """A share at an age, with the shade it is shown in (0 to 10) and its interval in words."""

    age: int
    share: float
    shade: int
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Row:
    """A cohort: when it was won or what it has in common, and its share at every age."""

    month: date
    group: str
    size: int
    start_minor: int
    cells: tuple[Cell, ...]


def rows(ages: Sequence[CohortAge], of_revenue: bool) -> list[Row]:
    """One row a cohort, in the order given; the size is that of age 0."""
    found: dict[tuple[date, str], list[CohortAge]] = {}
    for one in ages:
        found.setdefault((one.month, one.group), []).append(one)
    return [
        Row(m, g, many[0].size, many[0].start_minor, tuple(_cell(a, of_revenue) for a in many))
        for (m, g), many in found.items()
    ]


def _cell(one: CohortAge, of_revenue: bool) -> Cell:
    if of_revenue:
        share = one.revenue_retention
        return Cell(one.age, share, _shade(share))
    low, high = one.logo_interval
    return Cell(one.age, one.logo_retention, _shade(one.logo_retention), low, high)


def _shade(share: float) -> int:
    return min(max(round(share * STEPS), 0), STEPS)


@dataclass(frozen=True)
class Curve:
    """Survival of a group: its line, the band of its interval, and shares at ``AGES``."""

    name: str
    color: str
    accounts: int
    lost: int
    line: str
    band: str
    shares: tuple[SurvivalPoint | None, ...]


@dataclass(frozen=True)
class Curves:
    """Curves on one scale, with the marks of the axis in months."""

    items: tuple[Curve, ...]
    months: float
    marks: tuple[tuple[float, str], ...]


def curves(lives: Mapping[str, tuple[Sequence[float], Sequence[bool]]]) -> Curves:
    """Kaplan-Meier curves of the largest groups, as many as there are colours."""
    largest = sorted(lives.items(), key=lambda item: -len(item[1][0]))[: len(COLORS)]
    end = max((max(months) for _, (months, _) in largest), default=0.0) or 1.0
    step = next(s for s in (1, 3, 6, 12, 24, 60, 120, 1200) if end / s <= 8)
    marks = tuple((_x(n, end), str(n)) for n in range(0, int(end) + 1, step))
    items = (_curve(n, m, lost, c, end) for (n, (m, lost)), c in zip(largest, COLORS, strict=False))
    return Curves(tuple(items), end, marks)


def _curve(
    name: str, months: Sequence[float], lost: Sequence[bool], color: str, end: float
) -> Curve:
    points, last = kaplan_meier(months, lost), max(months)
    line = _steps([(p.time, p.survival) for p in points], last, end)
    high = _steps([(p.time, p.high) for p in points], last, end)
    low = _steps([(p.time, p.low) for p in points], last, end)
    band = "M" + "L".join(high + low[::-1]) + "Z" if points else ""
    shares = tuple(_at(points, age, last) for age in AGES)
    return Curve(name, color, len(months), sum(lost), "M" + "L".join(line), band, shares)


def _at(points: Sequence[SurvivalPoint], age: float, last: float) -> SurvivalPoint | None:
    """Survival at an age; None where nobody was observed for so long."""
    if age > last:
        return None
    before = [p for p in points if p.time <= age]
    return before[-1] if before else SurvivalPoint(age, 0, 0, 1.0, 1.0, 1.0)


def _steps(points: Sequence[tuple[float, float]], last: float, end: float) -> list[str]:
    level, path = 1.0, [_xy(0, 1.0, end)]
    for time, share in points:
        path += [_xy(time, level, end), _xy(time, share, end)]
        level = share
    return [*path, _xy(last, level, end)]


def _x(month: float, end: float) -> float:
    return round(LEFT + (WIDTH - LEFT - 10) * month / end, 1)


def _xy(month: float, share: float, end: float) -> str:
    return f"{_x(month, end)} {10 + (HEIGHT - FOOT - 10) * (1 - share):.1f}"
