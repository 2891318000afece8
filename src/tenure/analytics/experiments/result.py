"""One experiment, one plain verdict.

Works, does nothing, harms, too few to tell, or assignment broken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tenure.analytics.experiments.difference import Difference
from tenure.analytics.experiments.estimate import critical, estimate
from tenure.analytics.experiments.guardrails import Guardrail, GuardrailVerdict, judge
from tenure.analytics.experiments.policy import ExperimentPolicy
from tenure.analytics.experiments.sample import Sample
from tenure.analytics.experiments.sample_ratio import SampleRatio, sample_ratio
from tenure.analytics.experiments.savings import Saved, Worth, saved
from tenure.analytics.experiments.uplift import relative_uplift
from tenure.analytics.experiments.wording import words


@dataclass(frozen=True)
class Question:
    """What was asked before the start: of what metric, between which arms, split how.

    ``weights`` are the planned shares of all arms. ``watched`` is the number of units planned in
    the two arms compared if the experiment is looked at while it runs, None if only once at its
    end. ``smallest_effect`` is the smallest change worth having in the metric's own unit; without
    it, the share of control's mean in policy. ``worth`` says what a unit of the metric brings in
    money.
    """

    metric: str
    control: str
    treated: str
    weights: Mapping[str, float]
    higher_is_better: bool = True
    watched: int | None = None
    smallest_effect: float | None = None
    worth: Worth | None = None


@dataclass(frozen=True)
class Result:
    """What may be said. ``level`` is the level of all intervals; ``difference`` is treated -
    control.

    ``relative`` is None where control is not clearly above 0, ``saved`` without a worth; both and
    the guardrails are empty where the assignment is broken, as nothing can be said then.
    """

    verdict: str
    headline: str
    text: str
    metric: str
    control: str
    treated: str
    n_control: int
    n_treated: int
    control_mean: float
    treated_mean: float
    level: float
    watched: bool
    sample_ratio: SampleRatio
    smallest_effect: float
    difference: Difference | None = None
    relative: Difference | None = None
    saved: Saved | None = None
    guardrails: tuple[GuardrailVerdict, ...] = ()


def result(
    arms: Mapping[str, Sample],
    question: Question,
    policy: ExperimentPolicy,
    *,
    guardrails: Sequence[Guardrail] = (),
    adjusted: Mapping[str, Sample] | None = None,
    assigned: Mapping[str, int] | None = None,
) -> Result:
    """The verdict on ``treated`` against ``control``.

    ``arms`` are the metric in all arms; ``adjusted`` the same after CUPED, which then gives the
    interval; ``assigned`` the units put into each arm, where some have no value of the metric. With
    several treatments alpha is divided by their number (Bonferroni), so that all verdicts hold
    together.

    >>> from tenure.analytics.experiments.policy import default_experiments
    >>> from tenure.analytics.experiments.sample import of_counts
    >>> asked = Question("stayed", "held", "play", {"held": 1, "play": 9}, worth=Worth("USD", 9000))
    >>> arms = {"held": of_counts(820, 1000), "play": of_counts(7830, 9000)}
    >>> told = result(arms, asked, default_experiments())
    >>> told.verdict, told.saved
    ('works', Saved(value_minor=4050000, low_minor=2133117, high_minor=6150107, currency='USD'))
    """
    control, treated = arms[question.control], arms[question.treated]
    alpha = policy.alpha / max(1, len(arms) - 1)
    facts: dict[str, Any] = {
        "metric": question.metric,
        "control": question.control,
        "treated": question.treated,
        "n_control": control.n,
        "n_treated": treated.n,
        "control_mean": control.mean,
        "treated_mean": treated.mean,
        "level": 1 - alpha,
        "watched": question.watched is not None,
    }
    margin = question.smallest_effect
    margin = policy.smallest_effect * abs(control.mean) if margin is None else margin
    ratio = _worst_ratio(arms, assigned, question.weights, policy.sample_ratio_p)
    facts |= {"sample_ratio": ratio, "smallest_effect": margin}
    if not ratio.broken and min(control.n, treated.n) >= 2:
        facts |= _measured(question, policy, alpha, treated.n, adjusted or arms, guardrails)
    verdict = _verdict(question, policy, margin, control, treated, facts)
    said = policy.verdicts[verdict]
    text = said.text.format(**words(facts, control.hits is not None))
    return Result(verdict=verdict, headline=said.headline, text=text, **facts)


def _worst_ratio(
    arms: Mapping[str, Sample],
    assigned: Mapping[str, int] | None,
    weights: Mapping[str, float],
    threshold: float,
) -> SampleRatio:
    """Of those assigned and those with a value: losing units from one arm breaks a split too."""
    measured = {name: arm.n for name, arm in arms.items()}
    found = [
        sample_ratio(counts, weights, threshold) for counts in (assigned or measured, measured)
    ]
    return min(found, key=lambda ratio: ratio.p)


def _measured(
    question: Question,
    policy: ExperimentPolicy,
    alpha: float,
    n_treated: int,
    judged: Mapping[str, Sample],
    guardrails: Sequence[Guardrail],
) -> dict[str, Any]:
    base, other = judged[question.control], judged[question.treated]
    effect = estimate(base, other, alpha, question.watched)
    wide = critical(base, other, alpha, question.watched)
    better, worth = question.higher_is_better, question.worth
    return {
        "difference": effect,
        "relative": relative_uplift(base, other, wide),
        "saved": saved(effect, n_treated, worth, better) if worth else None,
        "guardrails": tuple(
            judge(guard, policy.guardrail_margin, alpha, question.watched) for guard in guardrails
        ),
    }


def _verdict(
    question: Question,
    policy: ExperimentPolicy,
    margin: float,
    control: Sample,
    treated: Sample,
    facts: Mapping[str, Any],
) -> str:
    effect: Difference | None = facts.get("difference")
    if facts["sample_ratio"].broken:
        return "assignment_broken"
    if effect is None or not _enough(control, treated, policy):
        return "too_few"
    low, high = effect.low, effect.high
    if not question.higher_is_better:
        low, high = -high, -low
    if high < 0 or any(guard.verdict == "harmed" for guard in facts["guardrails"]):
        return "harms"
    if low > 0:
        return "works"
    return "does_nothing" if -margin < low and high < margin else "too_few"


def _enough(control: Sample, treated: Sample, policy: ExperimentPolicy) -> bool:
    """Whether normal theory may be trusted: units in each arm, successes and failures in both."""
    if min(control.n, treated.n) < policy.min_sample:
        return False
    if control.hits is None or treated.hits is None:
        return True
    hits, units = control.hits + treated.hits, control.n + treated.n
    return min(hits, units - hits) >= policy.min_events
