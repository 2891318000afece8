"""Metrics of experiments from the workspace's own facts, by account.

``stayed``: 1 unless the account is known to have churned since the start. ``signal:NAME``: the
signal's value at the last scoring of the default model, if it was scored since the start.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from datetime import datetime, timedelta

from tenure.accounts.models import Account, SegmentMember
from tenure.analytics.errors import SpecError
from tenure.analytics.experiments.plan import Expected
from tenure.analytics.experiments.sample import of_values
from tenure.facts.reading import text
from tenure.health import policy as health
from tenure.health import runs
from tenure.health import validation_inputs as churned
from tenure.health.lake_scores import query

STAYED, SIGNAL = "stayed", "signal:"


def check(metric: str) -> None:
    """SpecError unless the metric can be measured."""
    if metric == STAYED:
        return
    name = metric.removeprefix(SIGNAL)
    known = health.registry().signals
    if not metric.startswith(SIGNAL) or name not in known:
        raise SpecError(
            "experiment",
            "metric",
            f"{metric!r} cannot be measured",
            "give stayed, or signal:NAME (see: tenure signals list)",
        )


def title(metric: str) -> str:
    """A metric in words."""
    if metric == STAYED:
        return "staying a customer"
    name = metric.removeprefix(SIGNAL)
    found = health.registry().signals.get(name)
    return found.title if found else name


def population(segment: str) -> list[str]:
    """The customers of now, of a segment if one is named, in a fixed order."""
    rows = Account.objects.filter(status="active")
    if segment:
        inside = SegmentMember.objects.filter(segment_id=segment).values("account_id")
        rows = rows.filter(pk__in=inside)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def values(
    metric: str, accounts: Collection[str], since: datetime, until: datetime
) -> dict[str, float]:
    """The metric of those accounts for which it is known at ``until``."""
    if metric == STAYED:
        left = _left(since, until)
        return {account: float(account not in left) for account in accounts}
    return _signal(metric.removeprefix(SIGNAL), accounts, since, until)


def before(metric: str, accounts: Collection[str], start: datetime) -> dict[str, float]:
    """What the metric was before the start, to take noise away; empty for ``stayed``."""
    if metric == STAYED:
        return {}
    return _signal(metric.removeprefix(SIGNAL), accounts, start - timedelta(days=32), start)


def expected(metric: str, accounts: Collection[str], days: int, now: datetime) -> Expected:
    """The metric as it was among these accounts, to plan with. SpecError if it never was known."""
    if metric == STAYED:
        return Expected(_stay(days, now))
    known = list(before(metric, accounts, now).values())
    if len(known) < 2:
        raise SpecError(
            "experiment",
            "metric",
            f"{metric} has no values yet",
            "run: tenure score; or plan with another metric",
        )
    sample = of_values(known)
    if sample.hits is not None and 0 < sample.hits < sample.n:
        return Expected(sample.mean)
    if not sample.variance:
        raise SpecError("experiment", "metric", f"{metric} is the same everywhere", "take another")
    return Expected(sample.mean, math.sqrt(sample.variance))


def _stay(days: int, now: datetime) -> float:
    """Share of the customers of then that stayed, over the last ``days`` whose churn is known."""
    end = now - timedelta(days=health.churn_policy().grace_days)
    left = len(_left(end - timedelta(days=days), now))
    here = Account.objects.filter(status="active").count()
    share = 1 - left / (here + left) if here + left else 1.0
    return min(max(share, 0.01), 0.99)  # never certain: nothing could be planned with 0 or 1


def _left(since: datetime, until: datetime) -> set[str]:
    if not churned.has_subscriptions():
        return set()
    table = churned.churn(until, health.churn_policy()).to_pylist()
    return {r["account_id"] for r in table if since < r["churned_at"] <= until}


def _signal(
    name: str, accounts: Collection[str], since: datetime, until: datetime
) -> dict[str, float]:
    run = runs.nearest(health.settings().default_model, until)
    if run is None or run.as_of <= since:
        return {}
    sql = (
        "SELECT account_id, value FROM signal_values WHERE value IS NOT NULL"
        f" AND run_id = {run.pk} AND signal = {text(name)}"
    )
    rows = query(sql, "signal_values", [run.as_of.date()])
    wanted = set(accounts)
    pairs = zip(rows["account_id"].to_pylist(), rows["value"].to_pylist(), strict=True)
    return {account: float(value) for account, value in pairs if account in wanted}
