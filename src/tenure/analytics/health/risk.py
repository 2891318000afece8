"""Churn risk, 0 to 100: what is wrong with the health, and the warnings that fired.

    base = share * (100 - health)                          (neutral_health where there is no score)
    risk = 100 - (100 - base) * product over fired warnings of (1 - weight of its level)

Each warning takes a share of the distance that is left to certain churn, so that warnings add up
with falling effect and never exceed 100. A warning's floor (critical: at least *high*) holds
however healthy the account looks. All numbers are policy (``risk.toml``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from tenure.analytics import toml
from tenure.analytics.errors import SpecError
from tenure.analytics.health import bands as bands_of
from tenure.analytics.health.bands import Band

Floats = npt.NDArray[np.float64]


class Effect(BaseModel):
    """What one fired warning of a level does; ``floor`` is the least risk it leaves."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    weight: float = Field(ge=0, lt=1)
    floor: float = Field(default=0, ge=0, le=100)


class RiskPolicy(BaseModel):
    """The numbers of the rule, and the levels with their actions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    health_share: float = Field(ge=0, le=1)
    neutral_health: float = Field(ge=0, le=100)
    effects: dict[str, Effect]
    levels: tuple[Band, ...]


def parse_risk(source: str, text: str) -> RiskPolicy:
    """The risk policy declared by the TOML ``text``; SpecError if it is not sound."""
    policy = toml.parse(RiskPolicy, source, toml.read(source, text))
    if fault := bands_of.problem(policy.levels):
        raise SpecError(source, "levels", fault, "let each level begin where the one below ends")
    for level in ("medium", "high", "critical"):
        if level not in policy.effects:
            raise SpecError(
                source, f"effects.{level}", "is missing", "say what such a warning does"
            )
    return policy


@lru_cache
def default_risk() -> RiskPolicy:
    """The packaged risk policy."""
    text = (files("tenure.analytics.health") / "risk.toml").read_text()
    return parse_risk("health/risk", text)


def risk(
    health: Floats,
    fired: Sequence[Sequence[str]],
    levels: Mapping[str, str],
    policy: RiskPolicy,
    *,
    known: npt.NDArray[np.bool_] | None = None,
) -> Floats:
    """Risk of every account, to two decimals.

    ``health`` may hold NaN; ``fired`` are the names of the warnings per account and ``levels``
    gives each warning's level. Where there is neither a score nor a warning (nor ``known``), there
    is no risk either: NaN.
    """
    counts = count_levels(fired, levels, policy)
    return combine(health, counts, policy, known=known)


def count_levels(
    fired: Sequence[Sequence[str]], levels: Mapping[str, str], policy: RiskPolicy
) -> dict[str, npt.NDArray[np.int64]]:
    """How many warnings of each level fired, per account."""
    counts = {level: np.zeros(len(fired), dtype=np.int64) for level in policy.effects}
    for row, names in enumerate(fired):
        for name in names:
            counts[levels[name]][row] += 1
    return counts


def combine(
    health: Floats,
    counts: Mapping[str, npt.NDArray[np.int64]],
    policy: RiskPolicy,
    *,
    known: npt.NDArray[np.bool_] | None = None,
) -> Floats:
    """The rule itself; see the module.

    >>> policy = default_risk()
    >>> one = {"high": np.array([0, 1, 0]), "critical": np.array([0, 0, 1])}
    >>> combine(np.array([90.0, 90.0, 90.0]), one, policy).tolist()
    [8.0, 31.0, 54.0]
    """
    missing = np.isnan(health)
    base = policy.health_share * (100 - np.where(missing, policy.neutral_health, health))
    left, floor = 100 - base, np.zeros(len(health))
    any_fired = np.zeros(len(health), dtype=bool)
    for level, number in counts.items():
        effect = policy.effects[level]
        left = left * (1 - effect.weight) ** number
        floor = np.maximum(floor, np.where(number > 0, effect.floor, 0))
        any_fired |= number > 0
    value = np.round(np.maximum(100 - left, floor), 2)
    silent = missing & ~any_fired
    if known is not None:
        silent &= ~known
    return np.where(silent, np.nan, value)


def level_names(policy: RiskPolicy, values: Floats) -> npt.NDArray[np.object_]:
    """Level of every risk; None where there is none."""
    return bands_of.names(policy.levels, values)
