"""Accounts on past dates with everything known of them then, and what became of them."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pyarrow as pa

from tenure.analytics.dataset import Dataset
from tenure.analytics.prediction import features as of
from tenure.analytics.prediction import habits
from tenure.analytics.prediction.panel import Panel
from tenure.analytics.prediction.policy import PredictionPolicy
from tenure.analytics.validation.outcomes import micros, observe
from tenure.facts import lake
from tenure.facts.reading import engine
from tenure.health import set_apart
from tenure.health.history import History, Side, signals_of
from tenure.health.pipeline import Rules
from tenure.health.scoring import Progress


def panel(
    rules: Rules,
    history: History,
    policy: PredictionPolicy,
    features: list[of.Feature] | None = None,
    progress: Progress | None = None,
) -> Panel:
    """Every account that was a customer on each date of ``history``.

    ``features`` are those of a model that is there; without them they are chosen from the history:
    signals that rest on attributes which it was told once are not among them.
    """
    names = rules.registry.of_accounts()
    dataset = lake.current().dataset(["events"])
    side, tables, events, usual_use = Side(rules), [], [], []
    for moment, signals in signals_of(rules, history.dates, names, progress):
        side.score(signals, moment)
        tables.append(signals.filter(signals["active"]).select(["account_id", *names]))
        events.append(_events(dataset, moment, policy))
        usual_use.append(_habits(dataset, moment, policy))
    if features is None:
        usual = of.usual_events(
            [e for e in events if e is not None], max(t.num_rows for t in tables), policy.events
        )
        apart = set(set_apart.signals(rules.registry, policy.told_once))
        listed = of.of_signals(rules.registry, tables, policy.most_categories)
        features = [
            *(f for f in listed if f.source not in apart),
            *of.of_events(usual),
            *habits.of_habits(),
        ]
    rows = [_matrix(t, e, h, features) for t, e, h in zip(tables, events, usual_use, strict=True)]
    found, _ = observe(side.scores(), history.churned)
    return Panel(
        features,
        np.concatenate(rows),
        found.account,
        found.as_of,
        found.churn_days,
        100 - found.health,
        micros(history.period[1]),
    )


def _events(dataset: Dataset, moment: datetime, policy: PredictionPolicy) -> pa.Table | None:
    if not dataset.has("events"):
        return None
    return of.event_rows(dataset, engine(), moment, policy.events)


def _habits(dataset: Dataset, moment: datetime, policy: PredictionPolicy) -> pa.Table | None:
    if not dataset.has("events"):
        return None
    return habits.habit_rows(dataset, engine(), moment, policy.habits)


def _matrix(
    signals: pa.Table,
    events: pa.Table | None,
    use: pa.Table | None,
    features: list[of.Feature],
) -> np.ndarray:
    rows = of.matrix(signals, events, features)
    found = habits.columns(signals["account_id"], use, features)
    for index, feature in enumerate(features):
        if feature.name in found:
            rows[:, index] = found[feature.name]
    return rows


def rows_now(
    signals: pa.Table, features: list[of.Feature], moment: datetime, policy: PredictionPolicy
) -> np.ndarray:
    """The features of the accounts in ``signals`` as of ``moment``."""
    dataset = lake.current().dataset(["events"])
    events, use = _events(dataset, moment, policy), _habits(dataset, moment, policy)
    return _matrix(signals, events, use, features)
