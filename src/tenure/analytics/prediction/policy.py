"""The numbers and texts of learned models (``prediction.toml``)."""

from __future__ import annotations

import tomllib
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from tenure.analytics import toml
from tenure.analytics.errors import SpecError
from tenure.analytics.validation.policy import VerdictText

WAYS = ("boosting", "few", "scorecard", "blend")
VERDICTS = ("better", "worse", "no_difference")
FLOORS = ("one_signal", "weak", "does_not_predict", "inverted", "too_little_churn")
"""What a learned model is called that does not clear the floors of rules; a document written before
they were asked of it may lack the words: the packaged ones stand in."""
LATER = ("habits", "scorecard", "choice", "opponents", "told_once", "suspects")
"""Sections that a document written before there were any may lack, likewise."""


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Events(_Spec):
    """Which product events become signals."""

    most: int = Field(ge=0, le=200)
    least_accounts: float = Field(ge=0, le=1)
    days: int = Field(ge=1)
    back_days: int = Field(ge=1)


class Habits(_Spec):
    """Spans of the features that hold an account's use against its own habits."""

    week: int = Field(ge=1)
    span: int = Field(ge=1)
    back_days: int = Field(ge=2)


class Boosting(_Spec):
    """Parameters of LightGBM."""

    num_leaves: int = Field(ge=2)
    learning_rate: float = Field(gt=0, le=1)
    rounds: int = Field(ge=1)
    min_data_in_leaf: int = Field(ge=1)
    feature_fraction: float = Field(gt=0, le=1)
    bagging_fraction: float = Field(gt=0, le=1)
    lambda_l2: float = Field(ge=0)
    num_threads: int = Field(ge=1, le=256)


class Scorecards(_Spec):
    """How a scorecard is made: see ``prediction.toml``."""

    bins: int = Field(ge=2, le=100)
    smooth: float = Field(gt=0)
    most_signals: int = Field(ge=1)
    most_rows: int = Field(ge=1000)
    inner_share: float = Field(gt=0, lt=1)
    penalties: tuple[float, ...] = Field(min_length=1)
    least_weight: float = Field(ge=0)


class Choice(_Spec):
    """How the way of learning is chosen: see ``prediction.toml``."""

    usual: str
    errors: float = Field(ge=0)
    min_churned: int = Field(ge=2)
    sure_churned: int = Field(ge=2)
    few: int = Field(ge=1)
    alike: float = Field(gt=0, le=1)
    alike_rows: int = Field(ge=100)
    short_dates: int = Field(ge=0)


class Opponents(_Spec):
    """Signals that the learned model is held against one by one, and those of the contract."""

    alone: dict[str, tuple[str, ...]]
    plan: str
    term: str
    term_days: tuple[int, ...]


class Drift(_Spec):
    """When a signal has drifted."""

    bins: int = Field(ge=2, le=100)
    dates: int = Field(ge=1, le=60)
    watch: float = Field(gt=0)
    drifted: float = Field(gt=0)
    floor: float = Field(gt=0, lt=0.1)


class ToldOnce(_Spec):
    """Which attributes are set apart because history was told them once: see
    ``prediction.toml``."""

    tables: tuple[str, ...]
    properties_of: tuple[str, ...]
    least_again: float = Field(ge=0, le=1)
    trusted: tuple[str, ...] = ()


class Suspects(_Spec):
    """What looks as if it knew what came after: see ``prediction.toml``."""

    least_expected: float = Field(gt=0)
    most_values: int = Field(ge=2)
    shown: int = Field(ge=1)
    most_gain: float = Field(gt=0, le=1)


class PredictionPolicy(_Spec):
    """See ``prediction.toml`` for what each number is."""

    horizons: tuple[int, ...] = Field(min_length=1)
    verdict_days: int
    lead_days: int = Field(ge=0)
    min_churned: int = Field(ge=2)
    min_dates: int = Field(ge=3)
    first_share: float = Field(gt=0, lt=1)
    blocks: int = Field(ge=1)
    block_min_churned: int = Field(ge=2)
    most_rows: int = Field(ge=1000)
    leak_auc: float = Field(gt=0.5, le=1)
    least_coverage: float = Field(ge=0, le=1)
    most_categories: int = Field(ge=2)
    intervals: tuple[int, ...] = Field(min_length=1)
    isotonic_from: int = Field(ge=2)
    reasons: int = Field(ge=1)
    least_reason: float = Field(ge=0)
    calibration_bins: int = Field(ge=2, le=100)
    draws: int = Field(ge=50)
    top_share: float = Field(gt=0, lt=1)
    events: Events
    habits: Habits
    boosting: Boosting
    scorecard: Scorecards
    choice: Choice
    opponents: Opponents
    drift: Drift
    told_once: ToldOnce
    suspects: Suspects
    verdicts: dict[str, VerdictText]


def parse_prediction(source: str, text: str) -> PredictionPolicy:
    """The policy in the TOML ``text``; SpecError if it is not sound."""
    given = toml.read(source, text)
    for section in set(LATER) - set(given):
        given[section] = _packaged()[section]
    words = given.get("verdicts")
    if isinstance(words, dict):
        given["verdicts"] = {**{name: _packaged()["verdicts"][name] for name in FLOORS}, **words}
    policy = toml.parse(PredictionPolicy, source, given)
    if policy.verdict_days not in policy.horizons:
        raise SpecError(
            source, "verdict_days", "is not one of the horizons", f"choose of {policy.horizons}"
        )
    if policy.lead_days >= min(policy.horizons):
        raise SpecError(source, "lead_days", "leaves nothing of the shortest horizon", "lower it")
    if policy.choice.usual not in WAYS:
        raise SpecError(source, "choice.usual", "is no way of learning", f"choose of {WAYS}")
    for name in VERDICTS:
        if name not in policy.verdicts:
            raise SpecError(source, f"verdicts.{name}", "is missing", "say what it means")
    return policy


@cache
def _packaged() -> dict[str, Any]:
    return tomllib.loads(_packaged_text())


def _packaged_text() -> str:
    return (files("tenure.analytics.prediction") / "prediction.toml").read_text("utf-8")


@lru_cache
def default_prediction() -> PredictionPolicy:
    """The packaged policy."""
    return parse_prediction("prediction", _packaged_text())
