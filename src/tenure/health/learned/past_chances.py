"""What a learned model would have said of each customer on past dates, for notebooks and proofs."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from tenure.health.history import History, signals_of
from tenure.health.learned import models_kept, predicting
from tenure.health.learned.panel import rows_now
from tenure.health.models import LearnedModel
from tenure.health.pipeline import Rules
from tenure.health.scoring import Progress


def write(
    row: LearnedModel,
    out: Path,
    start: datetime | None,
    end: datetime | None,
    *,
    now: datetime,
    progress: Progress | None = None,
) -> tuple[int, int]:
    """A CSV with a row for each customer and date of the period (as in a validation): as_of,
    account_id, the calibrated ``chance_N`` to churn within N days for each horizon, and ``taught``:
    whether the date lies in the period that taught the model, where it knows the outcome. Facts
    count as they were known on the date. Gives the number of rows, and of those that taught.

    SpecError where the period holds no dates.
    """
    learned, loaded = models_kept.read(row), models_kept.taught_with(row)
    days = sorted(loaded.horizons)
    until, tables = models_kept.taught_until(row), []
    history = History.of(start, end, now)
    names = predicting.signals_of_model(learned)
    for moment, signals in signals_of(Rules.in_force(), history.dates, names, progress):
        customers = signals.filter(signals["active"])
        rows = rows_now(customers, list(learned.features), moment, loaded)
        size = customers.num_rows
        tables.append(
            pa.table(
                {
                    "as_of": pa.array([moment.isoformat()] * size, pa.string()),
                    "account_id": customers["account_id"].combine_chunks(),
                    **{f"chance_{d}": learned.chance(d, rows) for d in days},
                    "taught": pa.array([moment < until] * size, pa.bool_()),
                }
            )
        )
    found = pa.concat_tables(tables)
    part = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        pa.csv.write_csv(found, part)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    return found.num_rows, sum(found["taught"].to_pylist())
