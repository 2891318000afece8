"""The numbers and texts by which experiments are judged (``experiments.toml``)."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field

from tenure.analytics import toml
from tenure.analytics.errors import SpecError

PLACES = (
    "treated",
    "control",
    "metric",
    "difference",
    "low",
    "high",
    "level",
    "margin",
    "harmed",
    "counts",
    "p",
)
"""What a verdict's text may name."""

VERDICTS = ("works", "does_nothing", "harms", "too_few", "assignment_broken")


class VerdictText(BaseModel):
    """What a verdict is called and says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    headline: str
    text: str


class ExperimentPolicy(BaseModel):
    """See ``experiments.toml`` for what each number is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    alpha: float = Field(gt=0, lt=0.5)
    power: float = Field(gt=0.5, lt=1)
    sample_ratio_p: float = Field(gt=0, lt=0.1)
    min_sample: int = Field(ge=2)
    min_events: int = Field(ge=1)
    smallest_effect: float = Field(gt=0, lt=1)
    guardrail_margin: float = Field(gt=0, lt=1)
    control_names: tuple[str, ...]
    max_days: int = Field(ge=7)
    verdicts: dict[str, VerdictText]


def parse_experiments(source: str, text: str) -> ExperimentPolicy:
    """The policy in the TOML ``text`` of ``source``; SpecError if it is not sound.

    >>> parse_experiments("mine.toml", "alpha = 0.05\\nalfa = 1")
    Traceback (most recent call last):
    tenure.analytics.errors.SpecError: mine.toml: alfa: extra inputs are not permitted. \
To fix: remove the key, or correct its spelling
    """
    policy = toml.parse(ExperimentPolicy, source, toml.read(source, text))
    for name in VERDICTS:
        if name not in policy.verdicts:
            raise SpecError(source, f"verdicts.{name}", "is missing", "say what it means")
    for name in policy.verdicts:
        if name not in VERDICTS:
            raise SpecError(
                source, f"verdicts.{name}", "is no verdict", f"use {', '.join(VERDICTS)}"
            )
        _check_places(source, name, policy.verdicts[name].text)
    return policy


def _check_places(source: str, name: str, text: str) -> None:
    try:
        text.format(**dict.fromkeys(PLACES, ""))
    except (KeyError, IndexError, ValueError) as error:
        raise SpecError(
            source,
            f"verdicts.{name}.text",
            f"cannot be filled in: {error}",
            f"use {{{'}, {'.join(PLACES)}}}",
        ) from None


@lru_cache
def default_experiments() -> ExperimentPolicy:
    """The packaged policy."""
    text = (files("tenure.analytics.experiments") / "experiments.toml").read_text("utf-8")
    return parse_experiments("experiments", text)
