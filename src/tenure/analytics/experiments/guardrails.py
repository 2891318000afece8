"""What must not get worse while the metric gets better."""

from __future__ import annotations

from dataclasses import dataclass

from tenure.analytics.experiments.difference import Difference
from tenure.analytics.experiments.estimate import estimate
from tenure.analytics.experiments.sample import Sample


@dataclass(frozen=True)
class Guardrail:
    """A metric to be guarded, in both arms."""

    name: str
    control: Sample
    treated: Sample
    higher_is_better: bool = True


@dataclass(frozen=True)
class GuardrailVerdict:
    """``safe``, ``harmed`` or ``unsure``, and the interval it was judged by."""

    name: str
    verdict: str
    difference: Difference


def judge(
    guard: Guardrail, margin: float, alpha: float, watched: int | None = None
) -> GuardrailVerdict:
    """``harmed`` if all of the interval is worse, ``safe`` if none of it is by the margin.

    ``margin`` is relative to control's mean: a test of non-inferiority (Piaggio and others, JAMA
    308, 2012). Anything else is ``unsure``, which is not safe. The alpha is not divided among
    guardrails: a guardrail should sound too early rather than too late. Where an effect is so
    exactly known that it is both worse and within the margin, it is safe: the margin says that so
    much does not matter.

    >>> from tenure.analytics.experiments.sample import of_counts
    >>> def verdict(hits: int, n: int) -> str:
    ...     guard = Guardrail("stays", of_counts(n // 2, n), of_counts(hits, n))
    ...     return judge(guard, margin=0.02, alpha=0.05).verdict
    >>> verdict(500_000, 1_000_000), verdict(400, 1_000), verdict(500, 1_000)
    ('safe', 'harmed', 'unsure')
    """
    found = estimate(guard.control, guard.treated, alpha, watched)
    worst, best = (found.low, found.high) if guard.higher_is_better else (-found.high, -found.low)
    if worst > -margin * abs(guard.control.mean):
        return GuardrailVerdict(guard.name, "safe", found)
    return GuardrailVerdict(guard.name, "harmed" if best < 0 else "unsure", found)
