"""Revenue questions asked of the workspace; every answer is as it was known at ``known_at``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from tenure.analytics.dataset import Dataset
from tenure.analytics.errors import SpecError
from tenure.analytics.revenue.cohorts import CohortAge
from tenure.analytics.revenue.cohorts import cohorts as cohorts_of
from tenure.analytics.revenue.figures import MonthFigures, ratio
from tenure.analytics.revenue.leaving import with_leaving
from tenure.analytics.revenue.lives import lives
from tenure.analytics.revenue.ltv import Economics, cac_of, levers, predictive_ltv
from tenure.analytics.revenue.months import months
from tenure.analytics.revenue.movements import movements
from tenure.analytics.revenue.projection import Projection, project
from tenure.analytics.signals.compute import compute_signals
from tenure.facts import lake
from tenure.health import policy as health
from tenure.health import validation_inputs
from tenure.metrics.revenue import policy
from tenure.metrics.revenue.begun import HAPPENED, begun

SPLITS: dict[str, str] = {
    "plan": "plan_id",
    "channel": "channel",
    "industry": "industry",
    "country": "country",
}
"""What figures can be split by, and the signal that tells it."""

LEAVING = "leaving"
"""A split by how the account left last: voluntary, involuntary, unknown, or still a customer."""

STAYED = "still a customer"

TABLES = ("accounts", "subscriptions", "plans")


def monthly(
    first: date,
    last: date,
    *,
    known_at: datetime,
    by: str | None = None,
    only: Collection[str] | None = None,
) -> list[MonthFigures]:
    """A month's figures for each month from ``first`` to ``last``, split by ``by`` if given, of
    the accounts in ``only`` if given."""
    return months(
        _dataset(),
        first,
        last,
        **_rules(),
        known_at=known_at,
        churned=validation_inputs.churn(known_at, health.churn_policy()),
        groups=groups(by, known_at),
        only=only,
    )


def account_movements(first: date, last: date, *, known_at: datetime) -> pa.Table:
    """The movements behind the figures, one row per account and month; a churn says in ``leaving``
    whether it was voluntary, involuntary or unknown."""
    moves = movements(_dataset(), first, last, **_rules(), known_at=known_at)
    return (
        with_leaving(moves, validation_inputs.churn(known_at, health.churn_policy()))
        if moves.num_rows
        else moves
    )


def cohorts(
    first: date,
    last: date,
    *,
    known_at: datetime,
    by: str | None = None,
    only: Collection[str] | None = None,
) -> list[CohortAge]:
    """Cohorts of the accounts won from ``first`` to ``last``, at every age; by offer, reason or
    tenure (``begun.HAPPENED``) of those to whom it happened then."""
    if by in HAPPENED:
        start = datetime(first.year, first.month, 1, tzinfo=UTC)
        what = begun(by, _dataset(), start, known_at)
        split: Mapping[str, str] | None = what.groups
        since: Mapping[str, datetime] | None = what.since
    else:
        split, since = groups(by, known_at), None
    return cohorts_of(
        _dataset(),
        first,
        last,
        **_rules(),
        known_at=known_at,
        groups=split,
        only=only,
        since=since,
    )


def lifetime_value(
    *, known_at: datetime, by: str | None = None, only: Collection[str] | None = None
) -> list[dict[str, Any]]:
    """Lifetime value by currency (and group): by the equation, by survival, and its levers.

    The churn of the equation is the share of account months that ended in a loss.
    """
    rows = _grouped(known_at, by, only)
    channels = groups("channel", known_at) or {}
    return [
        {"currency": currency, "group": group} | _value(members, currency, channels)
        for (currency, group), members in sorted(rows.items())
    ]


def groups(by: str | None, known_at: datetime) -> Mapping[str, str] | None:
    """The group of each account for a split; None without one. SpecError for an unknown split."""
    if by is None:
        return None
    if by == LEAVING:
        return leavings(known_at)
    if by not in SPLITS:
        known = ", ".join((*SPLITS, LEAVING))
        raise SpecError("metrics", by, "is nothing to split by", f"use {known}")
    signal = SPLITS[by]
    table = compute_signals(_dataset(), health.registry(), known_at, names=[signal])
    pairs = zip(table["account_id"].to_pylist(), table[signal].to_pylist(), strict=True)
    return {account: value for account, value in pairs if value}


def leavings(known_at: datetime) -> Mapping[str, str]:
    """How each account left last, as known then; ``STAYED`` where it did not, or came back."""
    found = dict.fromkeys(told_lives(known_at)["account_id"].to_pylist(), STAYED)
    churned = validation_inputs.churn(known_at, health.churn_policy())
    for row in churned.sort_by("churned_at").to_pylist():
        back = row["reactivated_at"] is not None
        found[row["account_id"]] = STAYED if back else row["kind"]
    return found


def told_lives(known_at: datetime) -> pa.Table:
    """How long each account has paid, and whether it was lost (``analytics.revenue.lives``)."""
    return lives(_dataset(), **_rules(), known_at=known_at)


def survival(
    *, known_at: datetime, by: str | None = None, only: Collection[str] | None = None
) -> dict[tuple[str, str], tuple[list[float], list[bool]]]:
    """Months lived and whether lost, of each account, by currency and group."""
    found: dict[tuple[str, str], tuple[list[float], list[bool]]] = {}
    for key, members in _grouped(known_at, by, only).items():
        found[key] = [m["months"] for m in members], [m["lost"] for m in members]
    return found


def _grouped(
    known_at: datetime, by: str | None, only: Collection[str] | None
) -> dict[tuple[str, str], list[dict[str, Any]]]:
    split = groups(by, known_at)
    rows: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for life in told_lives(known_at).to_pylist():
        if only is not None and life["account_id"] not in only:
            continue
        group = "" if split is None else split.get(life["account_id"], "other")
        rows.setdefault((life["currency"], group), []).append(life)
    return rows


def _value(
    members: list[dict[str, Any]], currency: str, channels: Mapping[str, str]
) -> dict[str, Any]:
    rules = policy.ltv_policy()
    lived = [life["months"] for life in members]
    lost = [life["lost"] for life in members]
    names = {life["account_id"]: channels.get(life["account_id"], "") for life in members}
    economics = Economics(
        sum(life["mrr_minor"] for life in members) / len(members),
        ratio(sum(lost), sum(lived)) or 0.0,
        cac_of(rules, names, currency),
        rules.gross_margin,
    )
    predicted = predictive_ltv(lived, lost, economics, rules.horizon_months)
    projected = project(lived, lost, economics, rules.horizon_months)
    return {
        "accounts": len(members),
        "arpa_minor": economics.arpa_minor,
        "monthly_churn": economics.monthly_churn,
        "lifespan_months": economics.lifespan_months,
        "cac_minor": economics.cac_minor,
        "ltv_minor": economics.ltv_minor,
        "ltv_to_cac": economics.ltv_to_cac,
        "payback_months": economics.payback_months,
        "predictive": predicted.to_dict() if predicted else None,
        "projected": projected.to_dict() if projected else None,
        "lost": sum(lost),
        "caution": _caution(sum(lost), projected, rules.no_churn_below),
        "levers": levers(economics, rules.lever_step),
        "lever_step": rules.lever_step,
    }


def _caution(lost: int, projected: Projection | None, below: float) -> str:
    """What has to be known to read the values; empty where nothing stands out."""
    if not lost:
        return "Nobody has left yet: churn is not known, and no lifespan follows from it."
    if projected is not None and projected.later_churn < below:
        return (
            f"After month {projected.fitted_months} the fit sees no churn: it takes those who are"
            " left for customers who never leave, so its value grows with the horizon."
        )
    return ""


def _dataset() -> Dataset:
    return lake.current().dataset(TABLES)


def _rules() -> dict[str, Any]:
    return {"grace_days": health.churn_policy().grace_days}
