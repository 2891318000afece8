"""The whole validation of one model over one period: did its scores foretell the churn?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tenure.analytics.validation.horizon import auc_of, horizon
from tenure.analytics.validation.outcomes import (
    DAY,
    Churns,
    Observations,
    micros,
    observe,
    standing,
)
from tenure.analytics.validation.policy import ValidationPolicy, default_validation
from tenure.analytics.validation.warning import lead_time

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Subject:
    """What is validated: a model's version, and which of its bands say that all is well."""

    model: str
    model_version: str
    green: frozenset[str]


@dataclass(frozen=True)
class ValidationReport:
    """See docs/rules/validation.md for what each part means."""

    model: str
    model_version: str
    period: dict[str, str]
    verdict: dict[str, Any]
    churned: int
    churn_kinds: dict[str, int]
    observations: int
    accounts: int
    dates: int
    horizons: list[dict[str, Any]]
    lead_time: dict[str, Any]
    segments: list[dict[str, Any]]
    by_date: list[dict[str, Any]]
    green_churned: list[dict[str, Any]]
    green_churned_total: int
    backfilled_share: float | None

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def validate(
    scores: pa.Table,
    churned: pa.Table,
    subject: Subject,
    period: tuple[datetime, datetime],
    rng: np.random.Generator,
    *,
    segments: Mapping[str, Bools] | None = None,
    policy: ValidationPolicy | None = None,
    backfilled_share: float | None = None,
) -> ValidationReport:
    """The report on ``scores`` (one row per account and date scored while it was a customer).

    ``churned`` are all churns known today; only those inside ``period`` count, and a score counts
    for a horizon only if that horizon ends inside it. ``segments`` give membership per row of
    ``scores``, as it was on its date.
    """
    policy = policy or default_validation()
    found, all_churns = observe(scores, churned)
    start, end = period
    inside = (found.as_of >= micros(start)) & (found.as_of <= micros(end))
    churns = _inside(all_churns, start, end)
    members = {name: rows[inside] for name, rows in (segments or {}).items()}
    found = found.take(inside)
    horizons = [horizon(found, churns, d, end, subject.green, policy, rng) for d in policy.horizons]
    green = _green_churned(found, churns, subject.green, policy)
    return ValidationReport(
        model=subject.model,
        model_version=subject.model_version,
        period={"start": start.date().isoformat(), "end": end.date().isoformat()},
        verdict=verdict(horizons, policy),
        churned=len(churns),
        churn_kinds=_kinds(churns),
        observations=len(found),
        accounts=len(np.unique(found.account)),
        dates=len(np.unique(found.as_of)),
        horizons=horizons,
        lead_time=lead_time(found, churns, policy),
        segments=[_segment(n, found.take(rows), end, policy) for n, rows in members.items()],
        by_date=_by_date(found, end, policy),
        green_churned=green[: policy.green_limit],
        green_churned_total=len(green),
        backfilled_share=backfilled_share,
    )


def verdict(horizons: list[dict[str, Any]], policy: ValidationPolicy) -> dict[str, Any]:
    """What is to be said about the score, loudly where it does not predict."""
    row = next(h for h in horizons if h["days"] == policy.verdict_horizon)
    area, churned = row["auc"], row["churned_accounts"]
    code = code_of(area, churned, policy)
    words = policy.verdicts[code]
    numbers = {k: "-" if v is None else f"{100 * v:.0f}" for k, v in area.items()}
    text = words.text.format(
        days=row["days"],
        auc=numbers["value"],
        low=numbers["low"],
        high=numbers["high"],
        churned=churned,
        min_churned=policy.min_churned,
    )
    return {"code": code, "headline": words.headline, "text": text, "days": row["days"]}


def code_of(area: Mapping[str, float | None], churned: int, policy: ValidationPolicy) -> str:
    """The verdict on an area (``value``, ``low``, ``high``) seen on so many churned accounts: what
    every predictor has to clear, rules and learned models alike."""
    value, low, high = area["value"], area["low"], area["high"]
    if churned < policy.min_churned or value is None:
        return "too_little_churn"
    low, high = (value, value) if low is None or high is None else (low, high)
    if high - low > policy.max_interval and low < 0.5 < high:
        return "too_little_churn"
    if high < 0.5:
        return "inverted"
    if low <= 0.5 or value < policy.weak_from:
        return "does_not_predict"
    return "predicts" if value >= policy.predicts_from else "weak"


def _inside(churns: Churns, start: datetime, end: datetime) -> Churns:
    rows = (churns.at >= micros(start)) & (churns.at < micros(end))
    return Churns(churns.account[rows], churns.at[rows], churns.kind[rows])


def _kinds(churns: Churns) -> dict[str, int]:
    names, counts = np.unique(churns.kind.astype(str), return_counts=True)
    return {str(n): int(c) for n, c in zip(names, counts, strict=True)}


def _segment(
    name: str, found: Observations, end: datetime, policy: ValidationPolicy
) -> dict[str, Any]:
    area, seen, churned = auc_of(found, policy.verdict_horizon, end)
    accounts = len(np.unique(seen.account[churned]))
    enough = accounts >= policy.segment_min_churned
    return {
        "segment": name,
        "n": len(seen),
        "accounts": len(np.unique(seen.account)),
        "churned": accounts,
        "base_rate": round(float(churned.mean()), 4) if len(seen) else None,
        "auc": area.to_dict() if enough else None,
    }


def _by_date(found: Observations, end: datetime, policy: ValidationPolicy) -> list[dict[str, Any]]:
    rows = []
    for moment in np.unique(found.as_of):
        area, seen, churned = auc_of(found.take(found.as_of == moment), policy.verdict_horizon, end)
        if len(seen):
            rows.append(
                {
                    "as_of": _day(int(moment)),
                    "n": len(seen),
                    "churned": int(churned.sum()),
                    "auc": area.to_dict()["value"],
                }
            )
    return rows


def _green_churned(
    found: Observations, churns: Churns, green: frozenset[str], policy: ValidationPolicy
) -> list[dict[str, Any]]:
    """Churned accounts that looked well at the nearest horizon, healthiest first."""
    nearest = min(policy.horizons)
    standings = {d: standing(found, churns, d, policy.standing_days) for d in policy.horizons}
    listed = []
    for index, row in enumerate(standings[nearest]):
        if row < 0 or found.band[row] not in green:
            continue
        entry = {
            "account_id": found.names[churns.account[index]],
            "churned_at": _day(int(churns.at[index])),
            "kind": churns.kind[index],
            "scored_at": _moment(int(found.as_of[row])),
            f"band_{nearest}": found.band[row],
            "risk": float(found.risk[row]),
            "risk_level": found.risk_level[row],
        }
        for days, rows in standings.items():
            entry[f"health_{days}"] = _health(found, int(rows[index]))
        listed.append(entry)
    return sorted(listed, key=lambda e: -(e[f"health_{nearest}"] or 0))


def _health(found: Observations, row: int) -> float | None:
    return None if row < 0 or np.isnan(found.health[row]) else float(found.health[row])


def _day(value: int) -> str:
    return str(np.datetime64(value // DAY, "D"))


def _moment(value: int) -> str:
    return f"{np.datetime64(value, 'us')}+00:00"
