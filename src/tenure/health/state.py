"""The latest score of every account: AccountHealth, written in bulk, only where it changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pyarrow as pa
from django.db import connection

from tenure.accounts.models import Account
from tenure.analytics.health import HealthModel
from tenure.facts.inbox import OwnFact
from tenure.health import policy, runs, trends
from tenure.health.models import AccountHealth, Override, ScoringRun

COLUMNS = (
    "account_id",
    "model",
    "model_version",
    "as_of",
    "health",
    "band",
    "shown_health",
    "shown_band",
    "overridden",
    "risk",
    "risk_level",
    "coverage",
    "previous_health",
    "previous_band",
    "change_30d",
    "variant",
    "signals",
    "previous_signals",
    "risk_signals",
    "trend",
    "signal_trend",
)
_JSON = frozenset({"signals", "previous_signals", "risk_signals", "trend", "signal_trend"})
_COMPARED = (
    "model_version",
    "health",
    "band",
    "shown_health",
    "shown_band",
    "overridden",
    "risk",
    "risk_level",
    "coverage",
    "change_30d",
    "variant",
    "signals",
    "previous_health",
    "previous_band",
    "previous_signals",
    "risk_signals",
)
_PAGE = 5000


@dataclass(frozen=True)
class Past:
    """What is known of a range of accounts before this run."""

    rows: Mapping[str, dict[str, Any]]
    trend: Mapping[str, list[list[Any]]]
    signal_trend: Mapping[str, dict[str, list[float | None]]]
    month_before: Mapping[str, float]
    before: Mapping[str, Before]
    overrides: Mapping[str, float]


@dataclass(frozen=True)
class Before:
    """What stood when a score is compared with: yesterday's."""

    health: float | None = None
    band: str = ""
    signals: dict[str, Any] | None = None


NOTHING = Before()


def look_back(
    run: ScoringRun, model: HealthModel, accounts: Sequence[str], numbers: policy.HealthPolicy
) -> Past:
    """Everything of the past that rows of these (sorted) accounts show; the run's own rows are in
    the lake already."""
    first, last = accounts[0], accounts[-1]
    chosen = [*_apart(run, numbers.trend_points, numbers.trend_days), run]
    rows = _existing(run.model, accounts)
    return Past(
        rows,
        trends.health_trend(chosen, first, last),
        trends.signal_trend(chosen, model.signals, first, last),
        trends.month_before(run, first, last),
        _before(compared(run, numbers), accounts, rows),
        _overrides(run.model, run.as_of),
    )


def compared(run: ScoringRun, numbers: policy.HealthPolicy) -> ScoringRun | None:
    """The run that stood the hours of policy before ``run``: what changed is said against it."""
    return runs.nearest(run.model, run.as_of - timedelta(hours=numbers.compared_hours))


def _before(
    then: ScoringRun | None, accounts: Sequence[str], rows: Mapping[str, dict[str, Any]]
) -> dict[str, Before]:
    """What was kept ``then``: from the state where nothing has changed since, else from the lake.

    A row of the state is written only where it differs, so an older one held at ``then``, too.
    """
    if then is None:
        return {}
    kept = {
        account: Before(row["health"], row["band"], row["signals"])
        for account, row in rows.items()
        if row["as_of"] <= then.as_of
    }
    if len(kept) == len(accounts):
        return kept
    first, last = accounts[0], accounts[-1]
    values = trends.values_at(then, first, last)
    scores = trends.run_rows([then], "account_id, health, band", trends.between(first, last))
    found = {
        r["account_id"]: Before(r["health"], r["band"] or "", values.get(r["account_id"]))
        for r in scores.to_pylist()
    }
    return found | kept


def _apart(run: ScoringRun, points: int, days: int) -> list[ScoringRun]:
    chosen = runs.spaced(run.model, run.as_of, points, days)
    return [r for r in chosen if (run.as_of - r.as_of).days >= days][-(points - 1) :]


def _existing(model: str, accounts: Sequence[str]) -> dict[str, dict[str, Any]]:
    found = {}
    fields = ("account_id", "as_of", *_COMPARED)
    for start in range(0, len(accounts), _PAGE):
        page = accounts[start : start + _PAGE]
        rows = AccountHealth.objects.filter(model=model, account_id__in=page)
        found.update({row["account_id"]: row for row in rows.values(*fields)})
    return found


def _overrides(model: str, moment: datetime) -> dict[str, float]:
    """Overrides in force, the latest of an account."""
    rows = Override.objects.filter(model=model, ended_at=None, expires_at__gt=moment)
    return dict(rows.order_by("created_at").values_list("account_id", "health"))


def build(
    run: ScoringRun,
    model: HealthModel,
    scores: pa.Table,
    values: Sequence[dict[str, Any]],
    past: Past,
) -> list[dict[str, Any]]:
    """The rows for a chunk of accounts, as they should stand after this run."""
    names = (
        "account_id",
        "health",
        "band",
        "risk",
        "risk_level",
        "coverage",
        "variant",
        "risk_signals",
        "model_version",
    )
    columns = [scores[name].to_pylist() for name in names]
    listed = (dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True))
    return [_row(run, model, r, v, past) for r, v in zip(listed, values, strict=True)]


def _row(
    run: ScoringRun, model: HealthModel, scored: dict[str, Any], values: dict[str, Any], past: Past
) -> dict[str, Any]:
    account, health = scored["account_id"], scored["health"]
    earlier, before = past.month_before.get(account), past.before.get(account, NOTHING)
    return {
        **scored,
        "previous_health": before.health,
        "previous_band": before.band,
        "previous_signals": before.signals,
        **_shown(model, health, scored["band"], past.overrides.get(account)),
        "model": run.model,
        "as_of": run.as_of,
        "band": scored["band"] or "",
        "risk_level": scored["risk_level"] or "",
        "risk_signals": msgspec.json.decode(scored["risk_signals"]),
        "change_30d": _difference(health, earlier),
        "signals": values,
        "trend": past.trend.get(account, []),
        "signal_trend": past.signal_trend.get(account, {}),
    }


def _difference(now: float | None, then: float | None) -> float | None:
    return None if now is None or then is None else round(now - then, 2)


def _shown(
    model: HealthModel, health: float | None, band: str | None, override: float | None
) -> dict[str, Any]:
    if override is None:
        return {"shown_health": health, "shown_band": band or "", "overridden": False}
    return {"shown_health": override, "shown_band": band_of(model, override), "overridden": True}


def band_of(model: HealthModel, health: float) -> str:
    """Name of the band of one score."""
    reached = [b for b in model.bands if health >= b.min]
    return max(reached, key=lambda b: b.min).name


def write(rows: Iterable[dict[str, Any]], past: Past) -> int:
    """Upsert the rows that differ from what is kept, in the current transaction; gives how many."""
    changed = [row for row in rows if _differs(row, past.rows.get(row["account_id"]))]
    known = _known([row["account_id"] for row in changed])
    values = [_values(row) for row in changed if row["account_id"] in known]
    if values:
        with connection.cursor() as cursor:
            cursor.executemany(_upsert(), values)
    return len(values)


def _differs(row: dict[str, Any], kept: dict[str, Any] | None) -> bool:
    return kept is None or any(row[name] != kept[name] for name in _COMPARED)


def _known(accounts: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(accounts), _PAGE):
        page = Account.objects.filter(pk__in=accounts[start : start + _PAGE])
        found.update(page.values_list("pk", flat=True))
    return found


def _upsert() -> str:
    table = AccountHealth._meta.db_table
    marks = ", ".join(["%s"] * len(COLUMNS))
    updates = ", ".join(f"{c} = excluded.{c}" for c in COLUMNS[2:])
    return (
        f"INSERT INTO {table} ({', '.join(COLUMNS)}) VALUES ({marks})"
        f" ON CONFLICT (account_id, model) DO UPDATE SET {updates}"
    )


def _values(row: dict[str, Any]) -> list[Any]:
    return [_value(name, row[name]) for name in COLUMNS]


def _value(name: str, value: Any) -> Any:
    if name in _JSON:
        return None if value is None else msgspec.json.encode(value).decode()
    if name == "as_of":
        return connection.ops.adapt_datetimefield_value(value)
    return value


def remove_others(model: str, scored: set[str]) -> int:
    """Forget the latest score of accounts that are customers no longer (history keeps theirs)."""
    rows = AccountHealth.objects.filter(model=model)
    gone = sorted(set(rows.values_list("account_id", flat=True)) - scored)
    for start in range(0, len(gone), _PAGE):
        rows.filter(account_id__in=gone[start : start + _PAGE]).delete()
    return len(gone)


def own_facts(
    rows: Iterable[dict[str, Any]], past: Past, run: ScoringRun, least: float, now: datetime
) -> list[OwnFact]:
    """What Tenure tells of this run: bands that changed, and scores that moved far."""
    facts = []
    for row in rows:
        kept = past.rows.get(row["account_id"])
        if kept is None or kept["as_of"] >= run.as_of or kept["health"] is None:
            continue
        told = {
            "model": run.model,
            "as_of": run.as_of.isoformat(),
            "health": row["health"],
            "previous_health": kept["health"],
            "band": row["band"],
            "previous_band": kept["band"],
            "risk": row["risk"],
        }
        for event in _events(row, kept, least):
            name = f"{run.pk}:{row['account_id']}:{event}"
            facts.append(OwnFact(event, row["account_id"], now, properties=told, fact_id=name))
    return facts


def _events(row: dict[str, Any], kept: dict[str, Any], least: float) -> list[str]:
    moved = row["health"] is not None and abs(row["health"] - kept["health"]) >= least
    crossed = row["band"] != kept["band"]
    return ["score_changed"] * (moved or crossed) + ["band_changed"] * crossed
