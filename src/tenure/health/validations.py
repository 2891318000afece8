"""Validating a model against the churn that really happened, and keeping the report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from tenure.accounts.models import Account
from tenure.analytics.errors import SpecError
from tenure.analytics.validation.dates import backtest_dates
from tenure.analytics.validation.policy import ValidationPolicy, nearest
from tenure.analytics.validation.report import Subject, validate
from tenure.analytics.validation.report import ValidationReport as Report
from tenure.core import audit
from tenure.health import policy, scoring, trends, validation_inputs
from tenure.health.lake_scores import run_rows
from tenure.health.models import ScoringRun, ValidationReport
from tenure.health.scoring import Progress

SEED = 20_260_101
"""The bootstrap draws the same every time, so that the same ground gives the same report."""
COLUMNS = "account_id, as_of, health, risk, band, risk_level, segments"


def validate_model(
    model: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    *,
    now: datetime,
    segment: str | None = None,
    by: object = "",
    progress: Progress | None = None,
    horizons: Sequence[int] | None = None,
) -> ValidationReport:
    """Score the missing dates of the period as of then, hold the scores against the churn that
    followed, and keep the report.

    By default the period reaches from when there is enough history to when churn is decided. With
    ``segment`` only accounts that were in it on the date of the score, with ``horizons`` for churn
    within other days than policy's: the verdict is for the one closest to policy's. SpecError when
    there is nothing to validate on.
    """
    numbers, churn_policy = policy.validation_policy(), policy.churn_policy()
    if horizons:
        verdict = nearest(horizons, numbers.verdict_horizon)
        numbers = numbers.model_copy(
            update={"horizons": tuple(horizons), "verdict_horizon": verdict}
        )
    period, known = period_of(start, end, now, numbers)
    dates = dates_of(period, numbers)
    done = scoring.backtest(dates, model, progress, now=now)
    churned = validation_inputs.churn(known, churn_policy)
    report = _report(done, churned, period, numbers, segment)
    result = {**report.to_dict(), "segment": segment, "created_at": now.isoformat()}
    result["green_churned"] = _described(report.green_churned, done)
    return ValidationReport.objects.create(
        model=report.model,
        model_version=report.model_version,
        start=period[0].date(),
        end=period[1].date(),
        created_at=now,
        created_by=audit.actor_name(by) if by else audit.SYSTEM,
        verdict=report.verdict["code"],
        result=result,
    )


def dates_of(period: tuple[datetime, datetime], numbers: ValidationPolicy) -> list[datetime]:
    """The dates to score in the period; SpecError if there is none."""
    dates = backtest_dates(*period, numbers)
    if not dates:
        raise SpecError(
            "validation", "period", "is too short for a single date", "take a longer period"
        )
    return dates


def period_of(
    start: datetime | None, end: datetime | None, now: datetime, numbers: ValidationPolicy
) -> tuple[tuple[datetime, datetime], datetime]:
    """The period, and the moment at which its churn is looked up; SpecError where there are no
    subscriptions, or too little history."""
    reach = validation_inputs.reach(now)
    if reach is None or not validation_inputs.has_subscriptions():
        raise SpecError(
            "validation",
            "facts",
            "there are no subscriptions to tell churn from",
            "import the tables subscriptions and events first",
        )
    decided = reach.last - timedelta(days=policy.churn_policy().grace_days)
    earliest = reach.first + timedelta(days=numbers.warm_up_days)
    begin, stop = start or earliest, min(end or decided, decided)
    if begin >= stop:
        raise SpecError(
            "validation",
            "period",
            f"begins {begin.date()} and ends {stop.date()}",
            f"facts reach from {reach.first.date()} to {reach.last.date()}: import more history, "
            "or give --start and --end inside it",
        )
    return (begin, stop), reach.last


def _report(
    done: Sequence[ScoringRun],
    churned: pa.Table,
    period: tuple[datetime, datetime],
    numbers: ValidationPolicy,
    segment: str | None,
) -> Report:
    scores = run_rows(done, COLUMNS)
    segments = _segments(scores)
    if segment is not None:
        scores, churned = _only(scores, segments, segment, churned)
        segments = {}
    model = policy.model(done[0].model)
    subject = Subject(model.name, done[0].model_version, model.green)
    return validate(
        scores,
        churned,
        subject,
        period,
        np.random.default_rng(SEED),
        segments=segments,
        policy=numbers,
        backfilled_share=validation_inputs.backfilled_share(period[1]),
    )


def _segments(scores: pa.Table) -> dict[str, Any]:
    """Membership per row, as it was on the date of the score."""
    # Lists of segments repeat: each distinct one is read once.
    encoded = scores["segments"].combine_chunks().dictionary_encode()
    lists = [set(json.loads(text)) for text in encoded.dictionary.to_pylist()]
    index = np.asarray(encoded.indices.to_numpy(zero_copy_only=False))
    names = sorted(set().union(*lists)) if lists else []
    return {name: np.array([name in found for found in lists])[index] for name in names}


def _only(
    scores: pa.Table, segments: dict[str, Any], segment: str, churned: pa.Table
) -> tuple[pa.Table, pa.Table]:
    if segment not in segments:
        raise SpecError(
            "validation",
            "segment",
            f"'{segment}' held no account that was scored",
            f"use one of {', '.join(sorted(segments))}",
        )
    scores = scores.filter(pa.array(segments[segment]))
    inside = pa.compute.is_in(churned["account_id"], scores["account_id"].combine_chunks())
    return scores, churned.filter(inside)


def _described(listed: list[dict[str, Any]], done: Sequence[ScoringRun]) -> list[dict[str, Any]]:
    """The green churned accounts with their names and what their signals were at that score."""
    run_at = {run.as_of.isoformat(): run for run in done}
    names = dict(
        Account.objects.filter(pk__in=[e["account_id"] for e in listed]).values_list("pk", "name")
    )
    described = []
    for entry in listed:
        run = run_at.get(datetime.fromisoformat(entry["scored_at"]).isoformat())
        account = entry["account_id"]
        values = trends.values_at(run, account, account) if run else {}
        described.append(
            {**entry, "name": names.get(account, account), "signals": values.get(account, {})}
        )
    return described
