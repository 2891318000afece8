"""Learning, and proving it on dates that were not seen.

The dates are parted in time. Each test block is judged by a model that was taught only with
outcomes decided before the block begins; what is reported is of these predictions alone. The model
that is kept is then taught with everything decided.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np

from tenure.analytics.errors import SpecError
from tenure.analytics.prediction import booster, hazards, suspects
from tenure.analytics.prediction.features import Feature
from tenure.analytics.prediction.judging import Report, Seen, area, curve_of, judged, verdict
from tenure.analytics.prediction.panel import Bools, Floats, Matrix, Panel, blocks
from tenure.analytics.prediction.policy import PredictionPolicy
from tenure.analytics.validation import calibration
from tenure.analytics.validation.policy import ValidationPolicy, default_validation
from tenure.analytics.validation.roc import auc

SURVIVAL = "survival"


@dataclass(frozen=True)
class Learned:
    """What is kept: the features, a booster per horizon with its curve to chances, the booster of
    the hazards, and the report."""

    features: Sequence[Feature]
    boosters: dict[str, str]
    curves: dict[str, calibration.Isotonic]
    report: Report


def train(
    panel: Panel,
    policy: PredictionPolicy,
    rng: np.random.Generator,
    progress: Callable[[int, int], None] | None = None,
    floors: ValidationPolicy | None = None,
) -> Learned:
    """Learn from ``panel``; SpecError where there is too little to learn from.

    ``floors`` are what rules have to clear to be believed, and the learned model before it is held
    against them.
    """
    steps = _Steps(progress, 2 * len(policy.horizons) + 2)
    _enough(panel, policy)
    panel, leaks, unknown = sound(panel, policy)
    boosters, curves, horizons = {}, {}, []
    for days in policy.horizons:
        seen = unseen(panel, days, policy, rng)
        steps.next()
        curves[str(days)] = curve_of(seen.chance, seen.churned, policy)
        horizons.append(judged(seen, days, policy, rng))
        boosters[str(days)] = fit_within(panel, days, policy, rng)
        steps.next()
    survival = hazards.judged(panel, policy, rng)
    steps.next()
    boosters[SURVIVAL] = hazards.fit(panel, panel.end, policy, rng)
    steps.next()
    shares = booster.importance(boosters[str(policy.verdict_days)])
    values = suspects.values_without_contrast(panel, policy.verdict_days, policy.suspects)
    report: Report = {
        "verdict": verdict(horizons, policy, floors or default_validation()),
        "horizons": horizons,
        "survival": survival,
        "observations": len(panel),
        "accounts": len(np.unique(panel.account)),
        "churned": panel.churned_accounts(max(policy.horizons)),
        "dates": len(np.unique(panel.as_of)),
        "first": _day(panel.as_of.min()),
        "last": _day(panel.as_of.max()),
        "end": _day(panel.end),
        "features": len(panel.features),
        "left_out": {"leaks": leaks, "unknown": unknown},
        "suspects": {
            "values": values[: policy.suspects.most_values],
            "heavy": _without_the_heaviest(panel, shares, policy, rng),
        },
        "importance": [
            {"feature": panel.features[i].name, "share": round(float(shares[i]), 4)}
            for i in np.argsort(-shares)[:20]
            if shares[i] > 0
        ],
    }
    return Learned(panel.features, boosters, curves, report)


def _without_the_heaviest(
    panel: Panel, shares: Floats, policy: PredictionPolicy, rng: np.random.Generator
) -> Report | None:
    """How accounts are ordered with the signal that takes most of the gain, and without it; None
    where none takes too much."""
    top = suspects.too_heavy(shares, policy.suspects)
    if top is None:
        return None
    days, others = policy.verdict_days, [i for i in range(len(panel.features)) if i != top]
    whole = unseen(panel, days, policy, rng)
    less = unseen(panel.only(others), days, policy, rng)
    return {
        "feature": panel.features[top].name,
        "share": round(float(shares[top]), 4),
        "with": area(whole.chance, whole).to_dict(),
        "without": area(less.chance, whole).to_dict(),
    }


class _Steps:
    def __init__(self, tell: Callable[[int, int], None] | None, total: int) -> None:
        self.tell, self.total, self.done = tell, total, 0

    def next(self) -> None:
        self.done += 1
        if self.tell:
            self.tell(self.done, self.total)


def _enough(panel: Panel, policy: PredictionPolicy) -> None:
    churned = panel.churned_accounts(max(policy.horizons))
    dates = len(np.unique(panel.as_of))
    if churned < policy.min_churned:
        raise SpecError(
            "learned model",
            "churn",
            f"{churned} accounts churned: too few to learn from",
            f"stay with the rules, which need none; from {policy.min_churned} on it is tried",
        )
    if dates < policy.min_dates:
        raise SpecError(
            "learned model",
            "dates",
            f"there are {dates} dates: too few to test on later ones",
            f"stay with the rules until facts reach over {policy.min_dates} dates",
        )


def sound(panel: Panel, policy: PredictionPolicy) -> tuple[Panel, list[Report], list[str]]:
    """The panel without signals that know too much, or are hardly known; and which those are.

    A leak is a signal that alone puts churned and stayed in order almost always: it was made from
    what happened later, or states what is known already (a subscription that was given notice).
    """
    days = policy.verdict_days
    told = panel.decided(days)
    churned = panel.churn_days[told] < days
    kept, leaks, unknown = [], [], []
    for index, feature in enumerate(panel.features):
        column = panel.rows[told, index]
        known = ~np.isnan(column)
        if known.mean() < policy.least_coverage:
            unknown.append(feature.name)
            continue
        area = _alone(column, known, churned, bool(feature.categories))
        if area > policy.leak_auc:
            leaks.append({"feature": feature.name, "auc": round(area, 4)})
            continue
        kept.append(index)
    return panel.only(kept), leaks, unknown


def _alone(column: Matrix, known: Bools, churned: Bools, of_text: bool) -> float:
    """How well a column alone tells, in whichever direction; that it is known counts too."""
    values = column.astype(np.float64)
    if of_text:  # the share that churned stands for each text
        codes = np.where(known, values, -1).astype(np.int64) + 1
        total = np.bincount(codes)
        values = (np.bincount(codes, churned) / np.maximum(total, 1))[codes]
    else:
        low = float(values[known].min()) - 1 if known.any() else 0.0
        values = np.where(known, values, low)
    area = auc(values, churned)
    return 0.5 if area is None else max(area, 1 - area)


def unseen(panel: Panel, days: int, policy: PredictionPolicy, rng: np.random.Generator) -> Seen:
    """Every test block, judged by a model that saw only what was decided before it."""
    parts = []
    for number, (first, last) in enumerate(blocks(panel, days, policy)):
        before = panel.take(panel.decided(days, first))
        if before.churned_accounts(days) < policy.block_min_churned:
            continue
        text = fit_within(before, days, policy, rng)
        test = panel.take((panel.as_of >= first) & (panel.as_of <= last) & panel.decided(days))
        chance = booster.predict(text, test.rows)
        block = np.full(len(test), number)
        churned, late = test.churn_days < days, test.churn_days < policy.lead_days
        parts.append(Seen(chance, churned, late, test.account, test.as_of, block, test.rules))
    if not parts:
        raise SpecError(
            "learned model",
            "dates",
            "no block of dates has enough churn before it to learn from",
            "stay with the rules until there is more history",
        )
    return Seen(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Seen)))


def fit_within(panel: Panel, days: int, policy: PredictionPolicy, rng: np.random.Generator) -> str:
    """A booster of churn within ``days``, all of it.

    Rows whose churn comes within the lead days stay in: to leave them out by their outcome while
    those who stayed remain would teach that a renewal in a few days is a safe place to be.
    """
    kept = panel.decided(days)
    kept, weights = _drawn(panel, kept, days, policy.most_rows, rng)
    return booster.fit(
        panel.rows[kept],
        panel.churn_days[kept] < days,
        policy.boosting,
        directions=[f.direction for f in panel.features],
        categorical=[i for i, f in enumerate(panel.features) if f.categories],
        weights=weights,
    )


def _drawn(
    panel: Panel, kept: Bools, days: int, most: int, rng: np.random.Generator
) -> tuple[Bools, Floats | None]:
    """At most about ``most`` rows: all that were followed by churn; the others of accounts that
    were drawn, and weigh more."""
    total = int(kept.sum())
    if total <= most:
        return kept, None
    left = kept & (panel.churn_days < days)
    share = max((most - int(left.sum())) / (total - int(left.sum())), 0.01)
    chosen = (rng.random(int(panel.account.max()) + 1) < share)[panel.account]
    kept = left | (kept & chosen)
    return kept, np.where(left[kept], 1.0, 1 / share)


def _day(moment: int) -> str:
    return str(np.datetime64(int(moment), "us").astype("datetime64[D]"))
