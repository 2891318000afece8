"""Learning, and proving it on dates that were not seen.

The dates are parted in time. Each test block is judged by a model that was taught only with
outcomes decided before the block begins; what is reported is of these predictions alone. The model
that is kept is then taught with everything decided.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tenure.analytics.errors import SpecError
from tenure.analytics.prediction import contest, hazards, opponents, predictors, suspects
from tenure.analytics.prediction.features import Feature
from tenure.analytics.prediction.judging import Report, Seen, area, curve_of, judged, verdict
from tenure.analytics.prediction.panel import Bools, Floats, Matrix, Panel
from tenure.analytics.prediction.policy import PredictionPolicy
from tenure.analytics.validation import calibration
from tenure.analytics.validation.policy import ValidationPolicy, default_validation
from tenure.analytics.validation.roc import auc

SURVIVAL = "survival"


@dataclass(frozen=True)
class Learned:
    """What is kept: the features, a predictor per horizon (see ``predictors``) with its curve to
    chances, the booster of the hazards, and the report."""

    features: Sequence[Feature]
    boosters: dict[str, str]
    curves: dict[str, calibration.Isotonic]
    report: Report

    def chance(self, days: int, rows: Matrix) -> Floats:
        """The calibrated chance of each row to churn within ``days``, one of its horizons."""
        raw = predictors.read(self.boosters[str(days)]).predict(rows)
        return self.curves[str(days)](raw)


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
    alone = opponents.columns(panel.features, policy.opponents)
    boosters, curves, horizons = {}, {}, []
    for days in policy.horizons:
        held = contest.hold(panel, days, policy, rng, alone)
        steps.next()
        seen = held.seen(panel, days, policy)
        if days == policy.verdict_days:
            main_seen = seen
        curves[str(days)] = curve_of(held.of_way(held.way), seen.churned, policy)
        horizons.append(
            {
                **judged(seen, days, policy, rng),
                "way": held.way,
                "ways": opponents.ways(held, seen),
                "opponents": opponents.beaten(held, seen, policy.opponents),
                "contract": opponents.contract(panel, held, seen, days, policy.opponents),
            }
        )
        ways = contest.learn(panel, days, panel.end, policy, rng)
        boosters[str(days)] = predictors.to_text(ways[held.way])
        steps.next()
    survival = hazards.judged(panel, policy, rng)
    steps.next()
    boosters[SURVIVAL] = hazards.fit(panel, panel.end, policy, rng)
    steps.next()
    main = predictors.read(boosters[str(policy.verdict_days)])
    shares = main.importance(len(panel.features))
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
            "values": values[: policy.suspects.shown],
            "heavy": _without_the_heaviest(panel, shares, main_seen, policy, rng),
        },
        "importance": [
            {"feature": panel.features[i].name, "share": round(float(shares[i]), 4)}
            for i in np.argsort(-shares)[:20]
            if shares[i] > 0
        ],
    }
    return Learned(panel.features, boosters, curves, report)


def _without_the_heaviest(
    panel: Panel,
    shares: Floats,
    whole: Seen,
    policy: PredictionPolicy,
    rng: np.random.Generator,
) -> Report | None:
    """How accounts are ordered with the signal that takes most of the gain, and without it; None
    where none takes too much."""
    top = suspects.too_heavy(shares, policy.suspects)
    if top is None:
        return None
    days, others = policy.verdict_days, [i for i in range(len(panel.features)) if i != top]
    ground = panel.only(others)
    less = contest.hold(ground, days, policy, rng).seen(ground, days, policy)
    return {
        "feature": panel.features[top].name,
        "share": round(float(shares[top]), 4),
        "with": area(whole.chance, whole).to_dict(),
        "without": area(less.chance, less).to_dict(),
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
    every = int(np.ceil(told.sum() / policy.most_rows))
    if every > 1:  # what is as clear as a leak is as clear among every n-th account
        told &= panel.account % every == 0
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


def _day(moment: int) -> str:
    return str(np.datetime64(int(moment), "us").astype("datetime64[D]"))
