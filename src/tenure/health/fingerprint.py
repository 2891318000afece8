"""What a scoring stood on, in short: a print of the facts received before a day.

It changes when history is imported or erased, and not when something new happens: for a moment in
the past, the same print means the same scores.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tenure.analytics.dataset import Dataset
from tenure.analytics.moments import DAY_US, day_number
from tenure.analytics.tables import TABLES
from tenure.facts import lake
from tenure.facts.reading import engine

Counts = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]


class Fingerprint:
    """Counts the facts of every table by the day they were received, once, for many moments."""

    def __init__(self, dataset: Dataset) -> None:
        self._counts = {n: _events() if n == "events" else _counts(dataset, n) for n in TABLES}

    def __call__(self, as_of: datetime) -> str:
        """The print of what was received before the day of ``as_of``."""
        day = day_number(as_of.astimezone(UTC).date())
        parts = (f"{name}={_before(counts, day)}" for name, counts in self._counts.items())
        return hashlib.sha256(";".join(parts).encode()).hexdigest()[:16]


def _before(counts: Counts, day: int) -> int:
    return int(counts[1][counts[0] < day].sum())


def _events() -> Counts:
    """Events lie by day of arrival: their number stands in the lake's log."""
    files = lake.current().files("events")
    if not files.num_rows:
        return np.array([], dtype=np.int64), np.array([], dtype=np.int64)
    days = files["partition.received_day"].cast(pa.date32()).cast(pa.int32()).to_numpy()
    return np.asarray(days, dtype=np.int64), np.asarray(files["num_records"].to_numpy())


def _counts(dataset: Dataset, table: str) -> Counts:
    sql = (
        f"SELECT CAST(FLOOR(received_at / {DAY_US}) AS BIGINT) AS day, COUNT(*) AS n"
        f" FROM raw_{table} GROUP BY 1"
    )
    found = engine().query(sql, dataset)
    return tuple(  # type: ignore[return-value]
        np.asarray(found[name].to_numpy(), dtype=np.int64) for name in ("day", "n")
    )
