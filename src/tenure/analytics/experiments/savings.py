"""What the effect brought in money, with its interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tenure.analytics.experiments.difference import Difference


@dataclass(frozen=True)
class Worth:
    """What one unit of the metric is worth: minor units of ``currency``.

    1 where the metric is an amount of minor units already; an account's value where it is whether
    the account stayed. It is taken as known: its own uncertainty is not in the interval.
    """

    currency: str
    minor_per_unit: float = 1.0


@dataclass(frozen=True)
class Saved:
    """Minor units of ``currency`` gained on the treated units (negative: lost)."""

    value_minor: int
    low_minor: int
    high_minor: int
    currency: str


def saved(difference: Difference, treated: int, worth: Worth, higher_is_better: bool) -> Saved:
    """The improvement for each unit, times the units treated, times what it is worth.

    Only what was treated counts: nothing is said about those held out or yet to come. The ends are
    rounded outwards. Two points more of 1,000 accounts that stay, at $50 each, are $1,000:

    >>> saved(Difference(0.02, 0.005, 0.035), 1000, Worth("USD", 5000), True)
    Saved(value_minor=100000, low_minor=25000, high_minor=175000, currency='USD')
    >>> saved(Difference(0.02, 0.005, 0.035), 1000, Worth("USD", 5000), False).value_minor
    -100000
    """
    low, high, value = difference.low, difference.high, difference.value
    if not higher_is_better:
        low, high, value = -high, -low, -value
    scale = treated * worth.minor_per_unit
    # Without the last bits of binary fractions, which would move an end by a whole minor unit.
    low, high = round(low * scale, 4), round(high * scale, 4)
    return Saved(round(value * scale), math.floor(low), math.ceil(high), worth.currency.upper())
