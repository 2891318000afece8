"""What an account's score and signals were at earlier runs, for a range of accounts at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from tenure.facts.reading import text
from tenure.health import runs
from tenure.health.lake_scores import query, run_rows
from tenure.health.models import ScoringRun

Value = float | str | None
MONTH, TOLERANCE = timedelta(days=30), timedelta(days=32)
DIGITS = 6
"""Decimals of signal values as they are kept in the state and shown."""


def between(first: str, last: str) -> str:
    """The SQL condition for a range of accounts."""
    return f"account_id >= {text(first)} AND account_id <= {text(last)}"


def health_trend(chosen: Sequence[ScoringRun], first: str, last: str) -> dict[str, list[list[Any]]]:
    """``[ISO date, health]`` at each of the runs, by account."""
    rows = run_rows(chosen, "account_id, as_of, health", between(first, last))
    rows = rows.sort_by("as_of")
    found: dict[str, list[list[Any]]] = {}
    moments = rows["as_of"].combine_chunks().dictionary_encode()
    names = [moment.date().isoformat() for moment in moments.dictionary.to_pylist()]
    days = [names[index] for index in moments.indices.to_pylist()]
    for account, day, health in zip(
        rows["account_id"].to_pylist(), days, rows["health"].to_pylist(), strict=True
    ):
        if health is not None:
            found.setdefault(account, []).append([day, health])
    return found


def signal_trend(
    chosen: Sequence[ScoringRun], names: Sequence[str], first: str, last: str
) -> dict[str, dict[str, list[float | None]]]:
    """Values of the signals at each of the runs, oldest first, by account and signal."""
    if not chosen:
        return {}
    columns = ", ".join(
        f"ROUND(MAX(value) FILTER (WHERE run_id = {r.pk}), {DIGITS}) AS r{r.pk}" for r in chosen
    )
    wanted = ", ".join(text(name) for name in names)
    ids = ", ".join(str(r.pk) for r in chosen)
    sql = (
        f"SELECT account_id, signal, {columns} FROM signal_values WHERE run_id IN ({ids})"
        f" AND signal IN ({wanted}) AND {between(first, last)} GROUP BY account_id, signal"
    )
    rows = query(sql, "signal_values", [r.as_of.date() for r in chosen])
    values = [rows[f"r{r.pk}"].to_pylist() for r in chosen]
    nothing = [None] * len(chosen)
    found: dict[str, dict[str, list[float | None]]] = {}
    for account, name, *series in zip(
        rows["account_id"].to_pylist(), rows["signal"].to_pylist(), *values, strict=True
    ):
        if series != nothing:  # texts have no line to draw
            found.setdefault(account, {})[name] = series
    return found


def values_at(run: ScoringRun, first: str, last: str) -> dict[str, dict[str, Value]]:
    """All signal values that a run kept, by account."""
    sql = (
        f"SELECT account_id, signal, ROUND(value, {DIGITS}) AS value, text FROM signal_values"
        f" WHERE run_id = {run.pk}"
        f" AND {between(first, last)}"
    )
    rows = query(sql, "signal_values", [run.as_of.date()])
    found: dict[str, dict[str, Value]] = {}
    for account, name, value, words in zip(*(c.to_pylist() for c in rows.columns), strict=True):
        found.setdefault(account, {})[name] = words if words is not None else value
    return found


def month_before(run: ScoringRun, first: str, last: str) -> dict[str, float]:
    """Health about thirty days before the run, by account; empty where nothing was scored then."""
    earlier = runs.nearest(run.model, run.as_of - MONTH)
    if earlier is None or run.as_of - earlier.as_of > MONTH + TOLERANCE:
        return {}
    rows = run_rows([earlier], "account_id, health", between(first, last))
    pairs = zip(rows["account_id"].to_pylist(), rows["health"].to_pylist(), strict=True)
    return {account: health for account, health in pairs if health is not None}
