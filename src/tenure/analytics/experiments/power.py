"""How large, and how long, before the start: power, sample, and the smallest effect to be seen.

``ratio`` is treated units for each control unit throughout (9 with a hold-out of a tenth).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

from scipy import stats
from scipy.optimize import brentq

_NORMAL = NormalDist()
_MOST = 1e12


@dataclass(frozen=True)
class Size:
    """Whole units needed in control and in treated."""

    control: int
    treated: int

    @property
    def total(self) -> int:
        """Both arms."""
        return self.control + self.treated


def power_of_proportions(
    control: float, treated: float, n: float, alpha: float, ratio: float = 1.0
) -> float:
    """Chance to find ``treated`` against ``control`` (shares) with ``n`` control units.

    Normal approximation, pooled under no effect, without correction (Fleiss, Levin and Paik,
    *Statistical Methods for Rates and Proportions*, 3rd ed. 2003, ch. 4). R's ``power.prop.test(n =
    50, p1 = .50, p2 = .75)`` gives 0.740:

    >>> round(power_of_proportions(0.5, 0.75, 50, 0.05), 3)
    0.74
    """
    pooled = (control + ratio * treated) / (ratio + 1)
    none = math.sqrt((ratio + 1) * pooled * (1 - pooled))
    some = math.sqrt(ratio * control * (1 - control) + treated * (1 - treated))
    z = _NORMAL.inv_cdf(1 - alpha / 2)
    reach = math.sqrt(n * ratio) * abs(treated - control)
    if some == 0:
        return 1.0 if reach > z * none else 0.0
    return _NORMAL.cdf((reach - z * none) / some)


def power_of_means(effect: float, sd: float, n: float, alpha: float, ratio: float = 1.0) -> float:
    """Chance to find a difference of ``effect`` between means that vary by ``sd`` in both arms.

    Noncentral t (J. Cohen, *Statistical Power Analysis*, 1988, ch. 2). R's ``power.t.test(n = 20,
    delta = 1, sd = 1)`` gives 0.8690:

    >>> round(power_of_means(1, 1, 20, 0.05), 4)
    0.869
    """
    free = n * (1 + ratio) - 2
    shift = abs(effect) / (sd * math.sqrt(1 / n + 1 / (n * ratio)))
    return float(stats.nct.sf(stats.t.ppf(1 - alpha / 2, free), free, shift))


def size_for_proportions(
    control: float, treated: float, alpha: float, power: float, ratio: float = 1.0
) -> Size:
    """Units needed to find ``treated`` against ``control``, both shares.

    R's ``power.prop.test(p1 = .50, p2 = .75, power = .90)`` gives n = 76.7 in each arm:

    >>> size_for_proportions(0.5, 0.75, 0.05, 0.9)
    Size(control=77, treated=77)
    """
    _must(0 < control < 1 and 0 < treated < 1, "shares must lie between 0 and 1")
    _must(control != treated, "an effect of nothing cannot be found")
    return _size(lambda n: power_of_proportions(control, treated, n, alpha, ratio), power, ratio)


def size_for_means(
    effect: float, sd: float, alpha: float, power: float, ratio: float = 1.0
) -> Size:
    """Units needed to find a difference of ``effect`` between means.

    R's ``power.t.test(power = .90, delta = 1)`` gives n = 22.02 in each arm:

    >>> size_for_means(1, 1, 0.05, 0.9)
    Size(control=23, treated=23)
    """
    _must(sd > 0, "the standard deviation must be above 0")
    _must(effect != 0, "an effect of nothing cannot be found")
    return _size(lambda n: power_of_means(effect, sd, n, alpha, ratio), power, ratio)


def smallest_proportion_effect(
    control: float, n: float, alpha: float, power: float, ratio: float = 1.0
) -> float | None:
    """The smallest rise of a share that ``n`` control units find; None if no rise is large enough.

    >>> round(smallest_proportion_effect(0.5, 76.65, 0.05, 0.9), 3)
    0.25
    """
    _must(0 < control < 1, "shares must lie between 0 and 1")

    def short(rise: float) -> float:
        return power_of_proportions(control, control + rise, n, alpha, ratio) - power

    most = (1 - control) * (1 - 1e-9)
    return float(brentq(short, 1e-12, most)) if short(most) > 0 else None


def smallest_mean_effect(
    sd: float, n: float, alpha: float, power: float, ratio: float = 1.0
) -> float:
    """The smallest difference of means that ``n`` control units find.

    >>> round(smallest_mean_effect(1, 22.021, 0.05, 0.9), 3)
    1.0
    """
    _must(sd > 0 and n >= 2, "needs a standard deviation above 0 and two units")
    far = 20 * sd * math.sqrt(1 / n + 1 / (n * ratio))
    return float(brentq(lambda e: power_of_means(e, sd, n, alpha, ratio) - power, 1e-12, far))


def days_needed(total: int, per_day: float, settle_days: int = 0) -> int:
    """Whole weeks, in days, to enrol ``total`` units and wait until the last outcome has settled.

    Weekdays differ, so a run covers each of them equally often.

    >>> days_needed(1000, 50), days_needed(1000, 50, settle_days=30)
    (21, 51)
    """
    _must(per_day > 0, "somebody must arrive each day")
    return 7 * math.ceil(math.ceil(total / per_day) / 7) + settle_days


def _size(power_at: Callable[[float], float], power: float, ratio: float) -> Size:
    """The smallest size whose power suffices; power grows with size."""
    _must(ratio > 0, "the ratio of the arms must be above 0")
    low = max(1.0 + 1e-6, 2.0 / ratio if ratio < 1 else 0.0)
    high = 2 * low
    while power_at(high) < power:
        low, high = high, 2 * high
        _must(high < _MOST, "the effect is too small for any experiment")
    need = (
        high if power_at(low) >= power else float(brentq(lambda n: power_at(n) - power, low, high))
    )
    return Size(math.ceil(need), math.ceil(need * ratio))


def _must(well: bool, otherwise: str) -> None:
    if not well:
        raise ValueError(otherwise)
