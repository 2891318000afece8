"""What happened after each score: the observations a validation stands on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

DAY = 86_400_000_000
STAMP = pa.timestamp("us", tz="UTC")
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Observations:
    """One row per account and date scored, sorted as given; ``churn_days`` is the time to the next
    churn (inf: none known). ``account`` indexes ``names``."""

    names: list[str]
    account: Ints
    as_of: Ints
    health: Floats
    risk: Floats
    band: npt.NDArray[np.object_]
    risk_level: npt.NDArray[np.object_]
    churn_days: Floats

    def __len__(self) -> int:
        return len(self.account)

    def take(self, rows: Bools) -> Observations:
        """The rows where ``rows`` holds."""
        return Observations(
            self.names,
            self.account[rows],
            self.as_of[rows],
            self.health[rows],
            self.risk[rows],
            self.band[rows],
            self.risk_level[rows],
            self.churn_days[rows],
        )


@dataclass(frozen=True)
class Churns:
    """Churns inside the period, sorted by account and time; ``account`` indexes the same names."""

    account: Ints
    at: Ints
    kind: npt.NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.account)


def observe(scores: pa.Table, churned: pa.Table) -> tuple[Observations, Churns]:
    """Observations and all churns of their accounts.

    ``scores``: account_id, as_of, health, risk, band, risk_level; ``churned``: account_id,
    churned_at, kind (see ``analytics.churn.churn_dates``).
    """
    both = [x for c in (scores, churned) for x in c["account_id"].cast(pa.string()).chunks]
    names = pc.unique(pa.chunked_array(both, pa.string()))
    names = names.take(pc.sort_indices(names))  # in order, so that the same ground draws the same
    churns = _churns(churned, names)
    account, as_of = _index(scores["account_id"], names), _micros(scores["as_of"])
    found = Observations(
        names.to_pylist(),
        account,
        as_of,
        _floats(scores["health"]),
        _floats(scores["risk"]),
        _objects(scores["band"]),
        _objects(scores["risk_level"]),
        _days_to_churn(account, as_of, churns),
    )
    return found, churns


def _churns(churned: pa.Table, names: pa.Array) -> Churns:
    account, at = _index(churned["account_id"], names), _micros(churned["churned_at"])
    order = np.lexsort((at, account))
    return Churns(account[order], at[order], _objects(churned["kind"])[order])


def _days_to_churn(account: Ints, as_of: Ints, churns: Churns) -> Floats:
    """Days from each observation to the account's next churn, which may be that very moment."""
    base = int(as_of.min()) if len(as_of) else 0
    if not len(churns) or not len(as_of):
        return np.full(len(as_of), np.inf)
    first = min(base, int(churns.at.min()))
    span = int(max(as_of.max(), churns.at.max())) - first + 1
    # One number orders by account, then time: both arrays can then be searched as lines.
    line = churns.account.astype(object) * span + (churns.at - first)
    if int(churns.account.max() + 1) * span < 2**62:
        line = line.astype(np.int64)
    spots = np.searchsorted(line, account.astype(line.dtype) * span + (as_of - first))
    inside = np.clip(spots, 0, len(churns) - 1)
    same = (spots < len(churns)) & (churns.account[inside] == account)
    return np.where(same, (churns.at[inside] - as_of) / DAY, np.inf)


def decided(found: Observations, days: int, end: datetime) -> Bools:
    """Observations whose next ``days`` days lie before ``end``, so that staying is known too."""
    return np.asarray(found.as_of + days * DAY <= micros(end))


def churned_within(found: Observations, days: int) -> Bools:
    """Whether the account churned within ``days`` days of the score."""
    return np.asarray(found.churn_days < days)


def standing(found: Observations, churns: Churns, days: int, max_age: int) -> Ints:
    """For each churn, the row of the score that stood ``days`` days before it; -1: none.

    It is the last score made by then, if it was at most ``max_age`` days old.
    """
    rows = np.full(len(churns), -1, dtype=np.int64)
    order = np.lexsort((found.as_of, found.account))
    starts = np.searchsorted(found.account[order], churns.account, side="left")
    stops = np.searchsorted(found.account[order], churns.account, side="right")
    for i, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        moment = churns.at[i] - days * DAY
        spot = start + np.searchsorted(found.as_of[order[start:stop]], moment, side="right") - 1
        if spot >= start and moment - found.as_of[order[spot]] <= max_age * DAY:
            rows[i] = order[spot]
    return rows


def micros(moment: datetime) -> int:
    """Microseconds since 1970."""
    return int(pa.scalar(moment, STAMP).value)


def plus_days(moment: datetime, days: int) -> datetime:
    """``moment`` and ``days`` days."""
    return moment + timedelta(days=days)


def _index(column: pa.ChunkedArray, names: pa.Array) -> Ints:
    return np.asarray(pc.index_in(column.cast(pa.string()), names).to_numpy(), dtype=np.int64)


def _micros(column: pa.ChunkedArray) -> Ints:
    return np.asarray(column.cast(STAMP).cast(pa.int64()).to_numpy())


def _floats(column: pa.ChunkedArray) -> Floats:
    return np.asarray(column.cast(pa.float64()).to_numpy(), dtype=np.float64)


def _objects(column: pa.ChunkedArray) -> npt.NDArray[np.object_]:
    return np.asarray(column.to_numpy(), dtype=object)
