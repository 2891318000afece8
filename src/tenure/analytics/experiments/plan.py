"""Before the start: how many, how long, or what can be seen with those there are."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tenure.analytics.experiments.policy import ExperimentPolicy
from tenure.analytics.experiments.power import (
    Size,
    days_needed,
    size_for_means,
    size_for_proportions,
    smallest_mean_effect,
    smallest_proportion_effect,
)
from tenure.analytics.experiments.sequential import single_look_alpha


@dataclass(frozen=True)
class Plan:
    """An experiment of ``control`` and ``treated`` units that finds ``effect`` with ``power``.

    ``effect`` is in the metric's own unit, and None where these units can find no rise at all.
    ``days`` is None where nobody said how many arrive; ``too_long`` if policy would not wait so.
    """

    control: int
    treated: int
    effect: float | None
    alpha: float
    power: float
    watched: bool
    days: int | None
    too_long: bool

    @property
    def total(self) -> int:
        """Both arms."""
        return self.control + self.treated


@dataclass(frozen=True)
class Expected:
    """The metric in control: a share ``baseline``, or a mean that varies by ``sd``."""

    baseline: float
    sd: float | None = None


def plan(
    expected: Expected,
    policy: ExperimentPolicy,
    *,
    effect: float | None = None,
    units: int | None = None,
    held_out: float = 0.5,
    watched: bool = False,
    per_day: float | None = None,
    settle_days: int = 0,
) -> Plan:
    """The size that finds ``effect``, or the effect that ``units`` in both arms find: give one.

    ``held_out`` is control's share of the units. ``watched`` sizes for an interval that holds at
    every look. ``per_day`` units arrive each day, and an outcome is known ``settle_days`` after.

    >>> from tenure.analytics.experiments.policy import default_experiments
    >>> told = plan(Expected(0.8), default_experiments(), effect=0.05, per_day=60)
    >>> told.control, told.treated, told.days
    (906, 906, 35)
    """
    if (effect is None) == (units is None):
        raise ValueError("give either the effect to be found or the units there are")
    if not 0 < held_out < 1:
        raise ValueError("the share held out must lie between 0 and 1")
    alpha = single_look_alpha(policy.alpha) if watched else policy.alpha
    ratio = (1 - held_out) / held_out
    if units is not None:
        size = Size(round(units * held_out), units - round(units * held_out))
        effect = _visible(expected, size.control, alpha, policy.power, ratio)
    else:
        size = _needed(expected, effect or 0.0, alpha, policy.power, ratio)
    days = None if per_day is None else days_needed(size.total, per_day, settle_days)
    return Plan(
        size.control,
        size.treated,
        effect,
        policy.alpha,
        policy.power,
        watched,
        days,
        (days or 0) > policy.max_days,
    )


def _needed(expected: Expected, effect: float, alpha: float, power: float, ratio: float) -> Size:
    if expected.sd is not None:
        return size_for_means(effect, expected.sd, alpha, power, ratio)
    return size_for_proportions(expected.baseline, expected.baseline + effect, alpha, power, ratio)


def _visible(expected: Expected, n: int, alpha: float, power: float, ratio: float) -> float | None:
    if n < 2 or math.floor(n * ratio) < 2:
        raise ValueError("each arm needs at least two units")
    if expected.sd is not None:
        return smallest_mean_effect(expected.sd, n, alpha, power, ratio)
    return smallest_proportion_effect(expected.baseline, n, alpha, power, ratio)
