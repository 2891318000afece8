"""The latest score of every account: AccountHealth, written in bulk, only where it changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import pyarrow as pa
from django.db import connection

from tenure.accounts.models import Account
from tenure.analytics.health import HealthModel
from tenure.facts.inbox import OwnFact
from tenure.health import runs, trends
from tenure.health.models import AccountHealth, Override, ScoringRun

COLUMNS = (
    "account_id", "model", "model_version", "as_of", "health", "band", "shown_health", "shown_band",
    "overridden", "risk", "risk_level", "coverage", "previous_health", "previous_band",
    "change_30d", "variant", "signals", "previous_signals", "risk_signals", "trend", "signal_trend",
)  # fmt: skip
_JSON = frozenset({"signals", "previous_signals", "risk_signals", "trend", "signal_trend"})
_COMPARED = (
    "model_version", "health", "band", "shown_health", "shown_band", "overridden", "risk",
    "risk_level", "coverage", "change_30d", "variant", "signals", "previous_signals",
    "risk_signals",
)  # fmt: skip
_PAGE = 5000


@dataclass(frozen=True)
class Past:
    """What is known of a range of accounts before this run."""

    rows: Mapping[str, dict[str, Any]]
    trend: Mapping[str, list[list[Any]]]
    signal_trend: Mapping[str, dict[str, list[float | None]]]
    month_before: Mapping[str, float]
    values: Mapping[str, dict[str, Any]]
    bands: Mapping[str, str]
    overrides: Mapping[str, float]


def look_back(
    run: ScoringRun, model: HealthModel, accounts: Sequence[str], points: int, days: int
) -> Past:
    """Everything of the past that rows of these (sorted) accounts show; the run's own rows are in
    the lake already."""
    first, last = accounts[0], accounts[-1]
    chosen = [*_apart(run, points, days), run]
    earlier = runs.before(run.model, run.as_of)
    rows = _existing(run.model, accounts)
    # The score before is in the state, unless this is the first live score after backtests.
    values = {} if rows or earlier is None else trends.values_at(earlier, first, last)
    bands = {} if rows or earlier is None else _bands(earlier, first, last)
    return Past(
        rows,
        trends.health_trend(chosen, first, last),
        trends.signal_trend(chosen, model.signals, first, last),
        trends.month_before(run, first, last),
        values,
        bands,
        _overrides(run.model, run.as_of),
    )


def _apart(run: ScoringRun, points: int, days: int) -> list[ScoringRun]:
    chosen = runs.spaced(run.model, run.as_of, points, days)
    return [r for r in chosen if (run.as_of - r.as_of).days >= days][-(points - 1) :]


def _bands(run: ScoringRun, first: str, last: str) -> dict[str, str]:
    rows = trends.run_rows([run], "account_id, band", trends.between(first, last))
    return dict(zip(rows["account_id"].to_pylist(), rows["band"].to_pylist(), strict=True))


def _existing(model: str, accounts: Sequence[str]) -> dict[str, dict[str, Any]]:
    found = {}
    fields = ("account_id", "as_of", "previous_health", "previous_band", *_COMPARED)
    for start in range(0, len(accounts), _PAGE):
        page = accounts[start : start + _PAGE]
        rows = AccountHealth.objects.filter(model=model, account_id__in=page)
        found.update({row["account_id"]: row for row in rows.values(*dict.fromkeys(fields))})
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
    names = ("account_id", "health", "band", "risk", "risk_level", "coverage", "variant",
             "risk_signals", "model_version")  # fmt: skip
    columns = [scores[name].to_pylist() for name in names]
    listed = (dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True))
    return [_row(run, model, r, v, past) for r, v in zip(listed, values, strict=True)]


def _row(
    run: ScoringRun, model: HealthModel, scored: dict[str, Any], values: dict[str, Any], past: Past
) -> dict[str, Any]:
    account, health = scored["account_id"], scored["health"]
    earlier = past.month_before.get(account)
    return {
        **scored,
        **_before(run, account, past),
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


def _before(run: ScoringRun, account: str, past: Past) -> dict[str, Any]:
    """The score before this one: from the state; else from the lake."""
    row = past.rows.get(account)
    if row is None:
        points = past.trend.get(account, [])
        health = points[-2][1] if len(points) > 1 else None
        return {
            "previous_health": health,
            "previous_band": past.bands.get(account) or "",
            "previous_signals": past.values.get(account),
        }
    if row["as_of"] >= run.as_of:  # the same moment scored again: before stays before
        return {k: row[k] for k in ("previous_health", "previous_band", "previous_signals")}
    return {
        "previous_health": row["health"],
        "previous_band": row["band"],
        "previous_signals": row["signals"],
    }


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
