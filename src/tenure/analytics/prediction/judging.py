"""How well chances foretold what came, beside the rules on the same accounts and dates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from tenure.analytics.prediction.panel import Bools, Floats, Ints
from tenure.analytics.prediction.policy import PredictionPolicy
from tenure.analytics.validation import calibration
from tenure.analytics.validation.intervals import Estimate
from tenure.analytics.validation.policy import ValidationPolicy
from tenure.analytics.validation.ranking import rank
from tenure.analytics.validation.report import code_of
from tenure.analytics.validation.roc import auc_difference, auc_interval

Report = dict[str, Any]


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


def area(risk: Floats, seen: Seen) -> Estimate:
    """How ``risk`` orders the accounts of ``seen``, each among those of its date."""
    return auc_interval(risk, seen.churned, seen.account, seen.as_of)


def judged(seen: Seen, days: int, policy: PredictionPolicy, rng: np.random.Generator) -> Report:
    both = seen.take(~np.isnan(seen.rules))
    churned, account = both.churned, both.account
    sides = {}
    for name, risk in (("learned", both.chance), ("rules", both.rules)):
        top = rank(risk, churned, account, rng, top=policy.top_share, draws=policy.draws)
        sides[name] = {
            "auc": area(risk, both).to_dict(),
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
        "learned": area(seen.chance, seen).to_dict(),
        "rules": area(seen.rules, seen).to_dict(),
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


_NOBODY: Report = {
    "alone": "-",
    "auc": {"value": None},
    "difference": {"value": None, "low": None, "high": None},
}


def verdict(
    horizons: Sequence[Report], policy: PredictionPolicy, floors: ValidationPolicy
) -> Report:
    """Whether it predicts at all, by the floors that rules have to clear, and if it does, whether
    it is shown to be better than the rules."""
    row = next(h for h in horizons if h["days"] == policy.verdict_days)
    area_, told, churned = row["learned"]["auc"], row["difference"], row["churned_accounts"]
    strongest = max(row.get("opponents", []), key=lambda o: o["auc"]["value"] or 0, default=_NOBODY)
    code = code_of(area_, churned, floors)
    if code in ("predicts", "weak"):
        if told["high"] is not None and told["high"] < 0:
            code = "worse"
        elif told["low"] is None or told["low"] <= 0:
            code = "no_difference"
        elif strongest["difference"]["low"] is not None and strongest["difference"]["low"] <= 0:
            code = "one_signal"
        elif code == "predicts":
            code = "better"
    words = policy.verdicts[code]

    def pairs(of: Mapping[str, float | None], sign: str = "") -> dict[str, str]:
        return {k: "-" if v is None else f"{100 * v:{sign}.1f}" for k, v in of.items()}

    difference, alone, above = pairs(told, "+"), pairs(area_), pairs(strongest["difference"], "+")
    text = words.text.format(
        days=row["days"],
        difference=difference["value"],
        low=difference["low"],
        high=difference["high"],
        auc=alone["value"],
        auc_low=alone["low"],
        auc_high=alone["high"],
        opponent=strongest["alone"],
        above=above["value"],
        above_low=above["low"],
        above_high=above["high"],
        churned=churned,
        min_churned=floors.min_churned,
    )
    return {"code": code, "headline": words.headline, "text": text, "days": row["days"]}
