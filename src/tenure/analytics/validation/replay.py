"""A changed model beside the one in force, both on the same history, before it is adopted.

Both score the same accounts on the same dates from the same signals. What differs is told four
ways: who stands in another band, which churned accounts each had flagged in time, how well each
orders accounts (with the interval of the *difference*), and how many alarms each would have raised
for nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tenure.analytics.validation.intervals import wilson
from tenure.analytics.validation.outcomes import (
    DAY,
    Churns,
    Observations,
    churned_within,
    decided,
    micros,
    observe,
    standing,
)
from tenure.analytics.validation.policy import ValidationPolicy, default_validation
from tenure.analytics.validation.roc import auc_difference, auc_interval

Bools = npt.NDArray[np.bool_]
WEEK = 7


@dataclass(frozen=True)
class Side:
    """One of the two models: its scores (``account_id, as_of, health, risk, band, risk_level``, a
    row per account and date), and which of its bands say that all is well."""

    scores: pa.Table
    green: frozenset[str]


@dataclass(frozen=True)
class Replay:
    """What the change would have done; see docs/rules/validation.md.

    ``horizons``: per horizon both areas, their difference, and the churned accounts flagged by
    both, by one or by neither; ``moves``: accounts by band before and after, on the last date;
    ``alarms``: of each side; ``gained`` and ``lost``: churned accounts that only the new or only
    the old one had flagged at the nearest horizon.
    """

    period: dict[str, str]
    verdict: dict[str, Any]
    dates: int
    observations: int
    accounts: int
    churned: int
    horizons: list[dict[str, Any]]
    moves: list[dict[str, Any]]
    moved: int
    moved_share: float | None
    alarms: dict[str, dict[str, Any]]
    gained: list[dict[str, Any]]
    lost: list[dict[str, Any]]

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


@dataclass(frozen=True)
class _Pair:
    """Both sides, row by row the same account and date."""

    old: Observations
    new: Observations
    churns: Churns
    end: datetime
    policy: ValidationPolicy


def replay(
    old: Side,
    new: Side,
    churned: pa.Table,
    period: tuple[datetime, datetime],
    *,
    policy: ValidationPolicy | None = None,
    people: int = 0,
) -> Replay:
    """Hold ``new`` against ``old``. ``churned`` are all churns known; ``people`` look after the
    accounts (0: not known, and alarms are not shared out). The rows of both sides must be the same
    accounts on the same dates, in the same order.
    """
    policy = policy or default_validation()
    start, end = period
    pair = _pair(old, new, churned, start, end, policy)
    horizons = [_horizon(pair, days, (old.green, new.green)) for days in policy.horizons]
    moves = _moves(pair)
    gained, lost = _gained_and_lost(pair)
    changed = pair.old.band != pair.new.band
    return Replay(
        {"start": start.date().isoformat(), "end": end.date().isoformat()},
        verdict(horizons, policy),
        len(np.unique(pair.old.as_of)),
        len(pair.old),
        len(np.unique(pair.old.account)),
        len(pair.churns),
        horizons,
        moves,
        sum(m["accounts"] for m in moves if m["before"] != m["after"]),
        round(float(changed.mean()), 4) if len(changed) else None,
        {"old": _alarms(pair, pair.old, people), "new": _alarms(pair, pair.new, people)},
        gained[: policy.green_limit],
        lost[: policy.green_limit],
    )


def _pair(
    old: Side,
    new: Side,
    churned: pa.Table,
    start: datetime,
    end: datetime,
    policy: ValidationPolicy,
) -> _Pair:
    if not old.scores.select(["account_id", "as_of"]).equals(
        new.scores.select(["account_id", "as_of"])
    ):
        raise ValueError("both sides need the same accounts on the same dates, in the same order")
    a, churns = observe(old.scores, churned)
    b, _ = observe(new.scores, churned)
    inside = (a.as_of >= micros(start)) & (a.as_of <= micros(end))
    kept = (churns.at >= micros(start)) & (churns.at < micros(end))
    inner = Churns(churns.account[kept], churns.at[kept], churns.kind[kept])
    return _Pair(a.take(inside), b.take(inside), inner, end, policy)


def verdict(horizons: Sequence[dict[str, Any]], policy: ValidationPolicy) -> dict[str, Any]:
    """Whether the change orders accounts better, on the horizon that verdicts rest on."""
    row = next(h for h in horizons if h["days"] == policy.verdict_horizon)
    told, code = row["difference"], "no_difference"
    if row["churned_accounts"] < policy.min_churned or told["low"] is None:
        code = "too_little_churn"
    elif told["low"] > 0:
        code = "better"
    elif told["high"] < 0:
        code = "worse"
    words = policy.replays[code]
    numbers = {k: "-" if v is None else f"{100 * v:+.1f}" for k, v in told.items()}
    text = words.text.format(
        days=row["days"],
        difference=numbers["value"],
        low=numbers["low"],
        high=numbers["high"],
        churned=row["churned_accounts"],
        min_churned=policy.min_churned,
    )
    return {"code": code, "headline": words.headline, "text": text, "days": row["days"]}


def _horizon(pair: _Pair, days: int, greens: tuple[frozenset[str], ...]) -> dict[str, Any]:
    both = ~np.isnan(pair.old.health) & ~np.isnan(pair.new.health)
    rows = decided(pair.old, days, pair.end) & both
    old, new = pair.old.take(rows), pair.new.take(rows)
    churned = churned_within(old, days)
    stood = standing(pair.old, pair.churns, days, pair.policy.standing_days)
    stood = stood[stood >= 0]
    flags = [_flagged(side, pair.policy)[stood] for side in (pair.old, pair.new)]
    green = [
        wilson(int(np.isin(side.band[stood].astype(str), list(names)).sum()), len(stood)).to_dict()
        for side, names in zip((pair.old, pair.new), greens, strict=True)
    ]
    return {
        "days": days,
        "observations": len(old),
        "churned_accounts": len(np.unique(old.account[churned])),
        "old": auc_interval(100 - old.health, churned, old.account).to_dict(),
        "new": auc_interval(100 - new.health, churned, new.account).to_dict(),
        "difference": auc_difference(
            100 - old.health, 100 - new.health, churned, old.account
        ).to_dict(),
        "scored_before": len(stood),
        "caught_by_both": int((flags[0] & flags[1]).sum()),
        "caught_only_before": int((flags[0] & ~flags[1]).sum()),
        "caught_only_after": int((~flags[0] & flags[1]).sum()),
        "missed_by_both": int((~flags[0] & ~flags[1]).sum()),
        "green_before": green[0],
        "green_after": green[1],
    }


def _flagged(side: Observations, policy: ValidationPolicy) -> Bools:
    return np.isin(side.risk_level.astype(str), list(policy.flagged_levels))


def _moves(pair: _Pair) -> list[dict[str, Any]]:
    """How many accounts went from which band to which, on the last date."""
    if not len(pair.old):
        return []
    last = pair.old.as_of == pair.old.as_of.max()
    counted = Counter(zip(pair.old.band[last], pair.new.band[last], strict=True))
    listed = sorted(counted.items(), key=lambda x: (-x[1], str(x[0])))
    return [{"before": a, "after": b, "accounts": n} for (a, b), n in listed]


def _alarms(pair: _Pair, side: Observations, people: int) -> dict[str, Any]:
    """Alarms: an account's risk reaches a flagged level, and had not at the date before.

    One is false if the account did not churn within the longest horizon; where that is not over
    yet, it is not counted. Between two dates nothing is seen: these are the fewest there were.
    """
    days = max(pair.policy.horizons)
    order = np.lexsort((side.as_of, side.account))
    flagged, account = _flagged(side, pair.policy)[order], side.account[order]
    before = np.r_[False, flagged[:-1] & (account[1:] == account[:-1])]
    raised = np.zeros(len(side), dtype=bool)
    raised[order] = flagged & ~before
    told = decided(side, days, pair.end)
    dates = np.unique(side.as_of[told])
    counted = raised & told
    # The first date raises all alarms that stand already: they belong to no week.
    if len(dates):
        counted &= side.as_of > dates[0]
    weeks = float(dates[-1] - dates[0]) / DAY / WEEK if len(dates) > 1 else 0.0
    total, true = int(counted.sum()), int((counted & churned_within(side, days)).sum())
    false = total - true
    return {
        "alarms": total,
        "false": false,
        "precision": wilson(true, total).to_dict(),
        "weeks": round(weeks, 1),
        "false_per_week": round(false / weeks, 2) if weeks else None,
        "false_per_week_and_person": round(false / weeks / people, 2) if weeks and people else None,
        "people": people,
    }


def _gained_and_lost(pair: _Pair) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Churned accounts that one side alone had flagged at the nearest horizon, latest first."""
    nearest = min(pair.policy.horizons)
    stood = standing(pair.old, pair.churns, nearest, pair.policy.standing_days)
    old, new = _flagged(pair.old, pair.policy), _flagged(pair.new, pair.policy)
    found: tuple[list[dict[str, Any]], list[dict[str, Any]]] = ([], [])
    for index in np.argsort(-pair.churns.at, kind="stable"):
        row = int(stood[index])
        if row < 0 or old[row] == new[row]:
            continue
        found[0 if new[row] else 1].append(
            {
                "account_id": pair.old.names[pair.churns.account[index]],
                "churned_at": str(np.datetime64(int(pair.churns.at[index]) // DAY, "D")),
                "band_before": pair.old.band[row],
                "band_after": pair.new.band[row],
                "risk_before": _number(pair.old.risk[row]),
                "risk_after": _number(pair.new.risk[row]),
            }
        )
    return found


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 2)
