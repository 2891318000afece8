"""The numbers and texts of validation (``validation.toml``)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field

from tenure.analytics import toml
from tenure.analytics.errors import SpecError

VERDICTS = ("predicts", "weak", "does_not_predict", "too_little_churn")
LATER_VERDICTS = ("inverted",)
"""Those that a document written before they were told may lack: the packaged words stand in."""
REPLAYS = ("better", "worse", "no_difference", "too_little_churn")


class VerdictText(BaseModel):
    """What a verdict is called and says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    headline: str
    text: str


class ProposalPolicy(BaseModel):
    """How weights are learned: see ``validation.toml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    train_share: float = Field(gt=0, lt=1)
    inner_share: float = Field(gt=0, lt=1)
    min_churned: int = Field(ge=2)
    penalties: tuple[float, ...] = Field(min_length=1)
    give_up: float = Field(ge=0, lt=0.5)
    most_signals: int = Field(ge=1)
    least_share: float = Field(gt=0, lt=0.5)
    least_coverage: float = Field(ge=0, le=1)
    most_candidates: int = Field(ge=1)
    shown: int = Field(ge=1)
    usage_groups: tuple[str, ...] = ()
    outcome_groups: tuple[str, ...] = ()
    most_usage: float = Field(gt=0, le=1)


class ValidationPolicy(BaseModel):
    """See ``validation.toml`` for what each number is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    horizons: tuple[int, ...] = Field(min_length=1)
    verdict_horizon: int
    min_churned: int = Field(ge=2)
    max_interval: float = Field(gt=0, le=1)
    predicts_from: float = Field(gt=0.5, le=1)
    weak_from: float = Field(ge=0.5, le=1)
    top_share: float = Field(gt=0, lt=1)
    calibration_bins: int = Field(ge=2, le=100)
    bootstrap_draws: int = Field(ge=50, le=10_000)
    calibration_min_churned: int = Field(ge=2)
    standing_days: int = Field(ge=1)
    flagged_levels: tuple[str, ...]
    lookback_days: int = Field(ge=1)
    segment_min_churned: int = Field(ge=2)
    green_limit: int = Field(ge=0)
    warm_up_days: int = Field(ge=0)
    step_months: int = Field(ge=1, le=12)
    max_dates: int = Field(ge=1, le=120)
    min_dates: int = Field(ge=1)
    proposals: ProposalPolicy
    verdicts: dict[str, VerdictText]
    replays: dict[str, VerdictText]


def nearest(horizons: Sequence[int], days: int) -> int:
    """The horizon that is closest to ``days``, the shorter one where two are.

    >>> nearest((14, 30, 90), 60)
    30
    """
    return min(sorted(horizons), key=lambda h: abs(h - days))


def parse_validation(source: str, text: str) -> ValidationPolicy:
    """The validation policy in the TOML ``text``; SpecError if it is not sound."""
    policy = toml.parse(ValidationPolicy, source, toml.read(source, text))
    if policy.verdict_horizon not in policy.horizons:
        raise SpecError(
            source, "verdict_horizon", "is not one of the horizons", f"choose of {policy.horizons}"
        )
    if policy.weak_from > policy.predicts_from:
        raise SpecError(source, "weak_from", "lies above predicts_from", "lower it")
    for where, names, said in (
        ("verdicts", VERDICTS, policy.verdicts),
        ("replays", REPLAYS, policy.replays),
    ):
        for name in names:
            if name not in said:
                raise SpecError(source, f"{where}.{name}", "is missing", "say what it means")
    if lacking := [name for name in LATER_VERDICTS if name not in policy.verdicts]:
        packaged = default_validation().verdicts
        said = {**policy.verdicts, **{name: packaged[name] for name in lacking}}
        return policy.model_copy(update={"verdicts": said})
    return policy


@lru_cache
def default_validation() -> ValidationPolicy:
    """The packaged policy."""
    text = (files("tenure.analytics.validation") / "validation.toml").read_text()
    return parse_validation("validation", text)
