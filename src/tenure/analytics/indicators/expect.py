"""What was to be expected of a figure, and whether it is out of line. Pure.

    expected = median of the comparable values before
    spread   = the largest of: 1.4826 * median absolute deviation from it,
               the noise of counting, and the least spread of policy
    band     = expected -/+ threshold * factor * spread

A daily figure is compared with the same weekday of the weeks before, others with the periods right
before. 1.4826 makes the median absolute deviation of a normal distribution its standard deviation
(Rousseeuw and Croux, JASA 88, 1993).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt
from statistics import median
from typing import Literal

from tenure.analytics.indicators.periods import shifted
from tenure.analytics.indicators.policy import SHARES, Indicator

MAD_TO_SIGMA = 1.4826
Status = Literal["fine", "low", "high", "unknown"]


@dataclass(frozen=True)
class Figure:
    """A value and how many things it rests on; None: too few to tell."""

    value: float | None
    base: int = 0


@dataclass(frozen=True)
class Band:
    """What was expected, from how many values before."""

    expected: float
    low: float
    high: float
    of: int


def comparable(
    of: Indicator, start: date, before: Mapping[date, Figure], holidays: Collection[date]
) -> list[float]:
    """The values that the period from ``start`` is compared with, newest first."""
    step = 7 if of.cadence == "daily" else 1
    found = []
    for back in range(1, of.history + 1):
        day = shifted(of.cadence, start, -step * back)
        kept = before.get(day)
        if kept is None or kept.value is None or (of.cadence == "daily" and day in holidays):
            continue
        found.append(kept.value)
    return found


def band(of: Indicator, values: Sequence[float], base: int, factor: float = 1.0) -> Band | None:
    """The band around what is expected; None with too few values to compare with.

    ``base`` is what the judged figure rests on (for the noise of a share); ``factor`` is what marks
    have taught. Shares stay within 0 and 1, counts above 0.
    """
    if len(values) < of.least_history:
        return None
    middle = median(values)
    reach = of.threshold * factor * spread(of, values, middle, base)
    low, high = middle - reach, middle + reach
    if of.unit in ("people", "tickets", "hours", "share"):
        low = max(0.0, low)
    if of.unit == "share":
        high = min(1.0, high)
    return Band(middle, low, high, len(values))


def spread(of: Indicator, values: Sequence[float], middle: float, base: int) -> float:
    """How far the figure usually lies from what is expected."""
    usual = MAD_TO_SIGMA * median(abs(v - middle) for v in values)
    return max(
        usual, _noise(of, middle, base), of.least_spread, of.least_spread_share * abs(middle)
    )


def _noise(of: Indicator, middle: float, base: int) -> float:
    """Standard deviation that counting alone gives: of Poisson for counts, binomial for shares."""
    if of.counts:
        return sqrt(max(middle, 0.0))
    if of.measure in SHARES and base:
        share = min(max(middle, 0.0), 1.0)
        return sqrt(share * (1 - share) / base)
    return 0.0


def judge(figure: Figure, expected: Band | None) -> Status:
    """Where a figure lies against its band."""
    if figure.value is None or expected is None:
        return "unknown"
    if figure.value < expected.low:
        return "low"
    return "high" if figure.value > expected.high else "fine"


def bad(of: Indicator) -> Status:
    """The status that is worth telling."""
    return "low" if of.better == "up" else "high"


def in_a_row(of: Indicator, statuses: Sequence[Status]) -> int:
    """How many of the last judged periods (oldest first) are out of line the bad way, unbroken;
    what could not be judged neither breaks nor counts.

    >>> from tenure.analytics.indicators.policy import packaged
    >>> in_a_row(packaged().indicators["active_people"], ["low", "fine", "low", "unknown", "low"])
    2
    """
    count = 0
    for status in reversed(statuses):
        if status == bad(of):
            count += 1
        elif status != "unknown":
            break
    return count


def is_alarm(of: Indicator, statuses: Sequence[Status]) -> bool:
    """Whether the newest periods call for an alert; the very newest must be judged bad itself."""
    return bool(statuses) and statuses[-1] == bad(of) and in_a_row(of, statuses) >= of.periods
