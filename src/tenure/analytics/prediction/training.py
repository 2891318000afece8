"""Learning, and proving it on dates that were not seen.

The dates are parted in time. Each test block is judged by a model that was taught only with
outcomes decided before the block begins; what is reported is of these predictions alone. The model
that is kept is then taught with everything decided.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt

from tenure.analytics.errors import SpecError
from tenure.analytics.prediction import booster
from tenure.analytics.prediction.features import Feature
from tenure.analytics.prediction.policy import PredictionPolicy
from tenure.analytics.validation import calibration
from tenure.analytics.validation.outcomes import DAY
from tenure.analytics.validation.policy import ValidationPolicy, default_validation
from tenure.analytics.validation.ranking import rank
from tenure.analytics.validation.report import code_of
from tenure.analytics.validation.roc import auc, auc_difference, auc_interval

Floats = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Report = dict[str, Any]
SURVIVAL = "survival"


@dataclass(frozen=True)
class Panel:
    """Accounts on dates: ``rows`` by ``features``, whose row it is, its date (microseconds), days
    to the next churn (inf: none known), the risk by the rules (NaN: not scored). Outcomes are
    decided up to ``end`` (microseconds)."""

    features: Sequence[Feature]
    rows: Matrix
    account: Ints
    as_of: Ints
    churn_days: Floats
    rules: Floats
    end: int

    def __len__(self) -> int:
        return len(self.account)

    def take(self, kept: Bools) -> Panel:
        """The rows where ``kept`` holds."""
        return Panel(
            self.features,
            self.rows[kept],
            self.account[kept],
            self.as_of[kept],
            self.churn_days[kept],
            self.rules[kept],
            self.end,
        )

    def only(self, columns: Sequence[int]) -> Panel:
        """These columns."""
        features = [self.features[i] for i in columns]
        return Panel(
            features,
            self.rows[:, list(columns)],
            self.account,
            self.as_of,
            self.churn_days,
            self.rules,
            self.end,
        )

    def decided(self, days: int, by: int | None = None) -> Bools:
        """Rows whose next ``days`` days are over at ``by`` (default: the end)."""
        return np.asarray(self.as_of + days * DAY <= (self.end if by is None else by))


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
    survival = _survival(panel, policy, rng)
    steps.next()
    boosters[SURVIVAL] = _fit_hazard(panel, panel.end, policy, rng)
    steps.next()
    shares = booster.importance(boosters[str(policy.verdict_days)])
    report: Report = {
        "verdict": verdict(horizons, policy, floors or default_validation()),
        "horizons": horizons,
        "survival": survival,
        "observations": len(panel),
        "accounts": len(np.unique(panel.account)),
        "churned": _churned_accounts(panel, max(policy.horizons)),
        "dates": len(np.unique(panel.as_of)),
        "first": _day(panel.as_of.min()),
        "last": _day(panel.as_of.max()),
        "end": _day(panel.end),
        "features": len(panel.features),
        "left_out": {"leaks": leaks, "unknown": unknown},
        "importance": [
            {"feature": panel.features[i].name, "share": round(float(shares[i]), 4)}
            for i in np.argsort(-shares)[:20]
            if shares[i] > 0
        ],
    }
    return Learned(panel.features, boosters, curves, report)


class _Steps:
    def __init__(self, tell: Callable[[int, int], None] | None, total: int) -> None:
        self.tell, self.total, self.done = tell, total, 0

    def next(self) -> None:
        self.done += 1
        if self.tell:
            self.tell(self.done, self.total)


def _churned_accounts(panel: Panel, days: int) -> int:
    return len(np.unique(panel.account[panel.churn_days < days]))


def _enough(panel: Panel, policy: PredictionPolicy) -> None:
    churned = _churned_accounts(panel, max(policy.horizons))
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


@dataclass(frozen=True)
class Seen:
    """Predictions of rows by models that had not seen them; ``block`` numbers the blocks,
    ``late`` marks churn within the lead days, for which a warning comes too late.

    Each block has a model of its own: accounts are compared within their date (``as_of``) alone,
    or the season would be taken for foresight.
    """

    chance: Floats
    churned: Bools
    late: Bools
    account: Ints
    as_of: Ints
    block: Ints
    rules: Floats

    def take(self, kept: Bools) -> Seen:
        """The rows where ``kept`` holds."""
        return Seen(*(getattr(self, f.name)[kept] for f in fields(self)))


def blocks(panel: Panel, days: int, policy: PredictionPolicy) -> list[tuple[int, int]]:
    """First and last moment of each test block."""
    dates = np.unique(panel.as_of[panel.decided(days)])
    first = int(np.ceil(len(dates) * policy.first_share))
    parts = np.array_split(dates[first:], policy.blocks)
    return [(int(p[0]), int(p[-1])) for p in parts if len(p)]


def unseen(panel: Panel, days: int, policy: PredictionPolicy, rng: np.random.Generator) -> Seen:
    """Every test block, judged by a model that saw only what was decided before it."""
    parts = []
    for number, (first, last) in enumerate(blocks(panel, days, policy)):
        before = panel.take(panel.decided(days, first))
        if _churned_accounts(before, days) < policy.block_min_churned:
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


def judged(seen: Seen, days: int, policy: PredictionPolicy, rng: np.random.Generator) -> Report:
    both = seen.take(~np.isnan(seen.rules))
    churned, account = both.churned, both.account
    sides = {}
    for name, risk in (("learned", both.chance), ("rules", both.rules)):
        top = rank(risk, churned, account, rng, top=policy.top_share, draws=policy.draws)
        sides[name] = {
            "auc": auc_interval(risk, churned, account, both.as_of).to_dict(),
            "pr_auc": top.pr_auc.to_dict(),
            "lift_top": top.lift_top.to_dict(),
        }
    return {
        "days": days,
        "observations": len(churned),
        "churned_accounts": len(np.unique(account[churned])),
        "base_rate": round(float(churned.mean()), 4),
        **sides,
        "difference": _difference(both),
        "in_time": _in_time(both.take(~both.late)),
        **_calibrated(seen, policy),
    }


def _difference(seen: Seen) -> Report:
    return auc_difference(seen.rules, seen.chance, seen.churned, seen.account, seen.as_of).to_dict()


def _in_time(seen: Seen) -> Report:
    """How both order the accounts when those that a warning would have reached too late are out."""
    return {
        "churned_accounts": len(np.unique(seen.account[seen.churned])),
        "learned": auc_interval(seen.chance, seen.churned, seen.account, seen.as_of).to_dict(),
        "rules": auc_interval(seen.rules, seen.churned, seen.account, seen.as_of).to_dict(),
        "difference": _difference(seen),
    }


def _calibrated(seen: Seen, policy: PredictionPolicy) -> Report:
    """The last block's chances, by a curve drawn on the blocks before it."""
    last = seen.block == seen.block.max()
    if last.all() or not seen.churned[~last].any() or not seen.churned[last].any():
        return {"calibration": [], "calibration_error": None}
    curve = curve_of(seen.chance[~last], seen.churned[~last], policy)
    rows = calibration.table(curve(seen.chance[last]), seen.churned[last], policy.calibration_bins)
    told = calibration.error(rows)
    return {"calibration": rows, "calibration_error": None if told is None else round(told, 4)}


def curve_of(chance: Floats, churned: Bools, policy: PredictionPolicy) -> calibration.Isotonic:
    """The curve from raw chance to chance; see ``isotonic_from``."""
    if churned.sum() >= policy.isotonic_from:
        return calibration.isotonic(chance, churned)
    return calibration.sigmoid(chance, churned)


def verdict(
    horizons: Sequence[Report], policy: PredictionPolicy, floors: ValidationPolicy
) -> Report:
    """Whether it predicts at all, by the floors that rules have to clear, and if it does, whether
    it is shown to be better than the rules."""
    row = next(h for h in horizons if h["days"] == policy.verdict_days)
    area, told, churned = row["learned"]["auc"], row["difference"], row["churned_accounts"]
    code = code_of(area, churned, floors)
    if code in ("predicts", "weak"):
        if told["high"] is not None and told["high"] < 0:
            code = "worse"
        elif told["low"] is None or told["low"] <= 0:
            code = "no_difference"
        elif code == "predicts":
            code = "better"
    words = policy.verdicts[code]

    def pairs(of: Mapping[str, float | None], sign: str = "") -> dict[str, str]:
        return {k: "-" if v is None else f"{100 * v:{sign}.1f}" for k, v in of.items()}

    difference, alone = pairs(told, "+"), pairs(area)
    text = words.text.format(
        days=row["days"],
        difference=difference["value"],
        low=difference["low"],
        high=difference["high"],
        auc=alone["value"],
        auc_low=alone["low"],
        auc_high=alone["high"],
        churned=churned,
        min_churned=floors.min_churned,
    )
    return {"code": code, "headline": words.headline, "text": text, "days": row["days"]}


# --- Survival: the hazard of each interval, learned as one question ("survival stacking": Craig,
# Zhong and Tibshirani, arXiv 2107.13480, 2021; discrete-time hazards after Singer and Willett,
# Journal of Educational Statistics 18, 1993).


def hazard_rows(panel: Panel, by: int, policy: PredictionPolicy) -> tuple[Ints, Ints, Bools]:
    """For each interval the rows at risk whose interval is over at ``by``: index of the row, number
    of the interval, whether the account churned in it."""
    ends = list(accumulate(policy.intervals))
    rows, numbers, churned = [], [], []
    for number, (begin, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
        at = np.flatnonzero((panel.churn_days >= begin) & panel.decided(end, by))
        rows.append(at)
        numbers.append(np.full(len(at), number))
        churned.append(panel.churn_days[at] < end)
    return np.concatenate(rows), np.concatenate(numbers), np.concatenate(churned)


def _fit_hazard(panel: Panel, by: int, policy: PredictionPolicy, rng: np.random.Generator) -> str:
    at, number, churned = hazard_rows(panel, by, policy)
    kept, weights = np.ones(len(at), dtype=bool), None
    if len(at) > policy.most_rows:
        share = max((policy.most_rows - churned.sum()) / max((~churned).sum(), 1), 0.01)
        kept = churned | (rng.random(len(at)) < share)
        weights = np.where(churned[kept], 1.0, 1 / share)
    at, number, churned = at[kept], number[kept], churned[kept]
    rows = np.column_stack([panel.rows[at], number.astype(np.float32)])
    return booster.fit(
        rows,
        churned,
        policy.boosting,
        directions=[*(f.direction for f in panel.features), 0],
        categorical=[i for i, f in enumerate(panel.features) if f.categories],
        weights=weights,
    )


def survival(text: str, rows: Matrix, policy: PredictionPolicy) -> Floats:
    """Chance to be still a customer at the end of each interval: rows by intervals."""
    alive = np.ones(len(rows))
    columns = []
    for number in range(len(policy.intervals)):
        asked = np.column_stack([rows, np.full(len(rows), number, dtype=np.float32)])
        alive = alive * (1 - booster.predict(text, asked))
        columns.append(alive)
    return np.column_stack(columns)


def _survival(panel: Panel, policy: PredictionPolicy, rng: np.random.Generator) -> Report:
    """The survival model on the last block, by a model taught before it: how it orders accounts,
    and how many it expected to lose against how many were lost."""
    days = policy.verdict_days
    first, last = blocks(panel, days, policy)[-1]
    text = _fit_hazard(panel, first, policy, rng)
    test = panel.take((panel.as_of >= first) & (panel.as_of <= last) & panel.decided(days))
    ends = list(accumulate(policy.intervals))
    column = next((i for i, end in enumerate(ends) if end >= days), len(ends) - 1)
    gone = 1 - survival(text, test.rows, policy)[:, column]
    within = test.decided(ends[column])
    churned = test.churn_days < ends[column]
    return {
        "days": ends[column],
        "auc": auc_interval(
            gone[within], churned[within], test.account[within], test.as_of[within]
        ).to_dict(),
        "expected": round(float(gone[within].mean()), 4) if within.any() else None,
        "observed": round(float(churned[within].mean()), 4) if within.any() else None,
        "observations": int(within.sum()),
    }


def _day(moment: int) -> str:
    return str(np.datetime64(int(moment), "us").astype("datetime64[D]"))
