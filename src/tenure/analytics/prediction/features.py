"""What is learned from: every signal of an account, and how often it did what, as known then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tenure.analytics.dataset import Dataset
from tenure.analytics.engine import Engine
from tenure.analytics.moments import DAY_US, micros
from tenure.analytics.prediction.policy import Events
from tenure.analytics.signals.inputs import PRODUCT
from tenure.analytics.signals.registry import Registry

Floats = npt.NDArray[np.float32]
EVENT = "event:"
COUNT, CHANGE, SINCE = "count", "change", "since"
DIRECTION = {"better": -1, "worse": 1, "neutral": 0}
"""Whether a higher value must not lower (1) or not raise (-1) the chance of churn."""


@dataclass(frozen=True)
class Feature:
    """One column. ``source`` is a signal, or ``event:<name>`` with ``part`` count, change or since;
    ``categories`` are the texts of a text signal, in the order of their codes; ``direction``: see
    ``DIRECTION``."""

    source: str
    part: str = ""
    direction: int = 0
    categories: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Unique among the features."""
        return f"{self.source}:{self.part}" if self.part else self.source


def of_signals(
    registry: Registry, signals: Iterable[pa.Table], most_categories: int
) -> list[Feature]:
    """Features of all signals of accounts; texts with the categories found in ``signals``, unless
    those are more than ``most_categories``."""
    found: list[Feature] = []
    tables = list(signals)
    for name in registry.of_accounts():
        signal = registry.signals[name]
        if not signal.text:
            found.append(Feature(name, direction=DIRECTION[signal.higher_is]))
            continue
        texts = sorted({str(t) for table in tables for t in _texts(table, name)})
        if 1 < len(texts) <= most_categories:
            found.append(Feature(name, categories=tuple(texts)))
    return found


def _texts(table: pa.Table, name: str) -> list[str]:
    if name not in table.column_names:
        return []
    return [t for t in pc.unique(table[name]).to_pylist() if t is not None]


def of_events(names: Sequence[str]) -> list[Feature]:
    """Three features for each event name."""
    return [Feature(EVENT + n, part) for n in names for part in (COUNT, CHANGE, SINCE)]


def event_rows(dataset: Dataset, engine: Engine, as_of: datetime, policy: Events) -> pa.Table:
    """Per account and product event: ``n`` in the last ``days`` days, ``before`` in as many before,
    and ``since``, days since the last one within ``back_days``; as known at ``as_of``."""
    at, span = micros(as_of), policy.days * DAY_US
    first = as_of - timedelta(days=max(policy.back_days, 2 * policy.days))
    sql = (
        "SELECT account_id, event,"
        f" COUNT(*) FILTER (timestamp >= {at - span}) AS n,"
        f" COUNT(*) FILTER (timestamp < {at - span} AND timestamp >= {at - 2 * span}) AS before,"
        f" ({at} - MAX(timestamp)) / {float(DAY_US)} AS since"
        f" FROM raw_events WHERE timestamp < {at} AND received_at < {at}"
        f" AND timestamp >= {micros(first)} AND account_id IS NOT NULL AND event IS NOT NULL"
        f" AND {PRODUCT} GROUP BY account_id, event"
    )
    return engine.query(sql, _recent(dataset, first.date()))


def _recent(dataset: Dataset, since: date) -> Dataset:
    return Dataset({"events": dataset.pruned("events", since=since)})


def usual_events(rows: Iterable[pa.Table], accounts: int, policy: Events) -> list[str]:
    """Names of the events that most accounts had, over all dates."""
    seen: dict[str, int] = {}
    for table in rows:
        counted = table.group_by("event").aggregate([("account_id", "count")]).to_pylist()
        for row in counted:
            seen[row["event"]] = max(seen.get(row["event"], 0), row["account_id_count"])
    least = policy.least_accounts * accounts
    usual = [name for name, n in seen.items() if n >= max(least, 1)]
    return sorted(sorted(usual), key=lambda n: -seen[n])[: policy.most]


def matrix(signals: pa.Table, events: pa.Table | None, features: Sequence[Feature]) -> Floats:
    """One row per row of ``signals``, one column per feature; NaN where missing."""
    columns = np.full((signals.num_rows, len(features)), np.nan, dtype=np.float32)
    counted = _by_event(signals, events)
    for index, feature in enumerate(features):
        if feature.part:
            found = counted.get(feature.source.removeprefix(EVENT))
            columns[:, index] = _event_column(found, feature.part, signals.num_rows)
        elif feature.source in signals.column_names:
            columns[:, index] = _signal_column(signals[feature.source], feature.categories)
    return columns


def _signal_column(column: pa.ChunkedArray, categories: Sequence[str]) -> Floats:
    if categories:
        codes = pc.index_in(column.cast(pa.string()), pa.array(categories, pa.string()))
        column = codes.cast(pa.float32())
    return np.asarray(column.cast(pa.float32(), safe=False).to_numpy(), dtype=np.float32)


Counted = tuple[npt.NDArray[np.int64], pa.Table]


def _by_event(signals: pa.Table, events: pa.Table | None) -> Mapping[str, Counted]:
    """For each event the rows of ``signals`` it belongs to, and its counts."""
    if events is None or not events.num_rows:
        return {}
    places = pc.index_in(events["account_id"], signals["account_id"].combine_chunks())
    events = events.append_column("place", places).filter(pc.is_valid(places)).sort_by("event")
    names = events["event"].to_numpy().astype(object)
    cuts = np.flatnonzero(np.r_[True, names[1:] != names[:-1]]) if len(names) else np.array([], int)
    ends = np.r_[cuts[1:], len(names)] if len(names) else cuts
    return {
        str(names[a]): (
            np.asarray(events["place"].slice(a, b - a).to_numpy(), dtype=np.int64),
            events.slice(a, b - a),
        )
        for a, b in zip(cuts.tolist(), ends.tolist(), strict=True)
    }


def _event_column(found: Counted | None, part: str, rows: int) -> Floats:
    """Counts are 0 where there was none; the time since, and a change from nothing, are missing."""
    empty = np.full(rows, 0 if part == COUNT else np.nan, dtype=np.float32)
    if found is None:
        return empty
    places, counts = found
    n, before = (counts[c].to_numpy().astype(np.float32) for c in ("n", "before"))
    if part == COUNT:
        empty[places] = n
    elif part == SINCE:
        empty[places] = counts["since"].to_numpy()
    else:
        with np.errstate(divide="ignore", invalid="ignore"):
            empty[places] = np.where(before > 0, n / before - 1, np.nan)
    return empty


def to_json(features: Sequence[Feature]) -> list[dict[str, Any]]:
    """As kept beside a model."""
    return [
        {
            "source": f.source,
            "part": f.part,
            "direction": f.direction,
            "categories": list(f.categories),
        }
        for f in features
    ]


def from_json(kept: Sequence[Mapping[str, Any]]) -> list[Feature]:
    """The features kept beside a model."""
    return [Feature(k["source"], k["part"], k["direction"], tuple(k["categories"])) for k in kept]
