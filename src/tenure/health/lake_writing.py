"""Writing scores and the signals behind them to the lake, a chunk at a time, once."""

from __future__ import annotations

import pyarrow as pa

from tenure.facts import lake
from tenure.health.lake_tables import SCORES, SIGNAL_VALUES
from tenure.health.models import ScoringRun


def append(
    run: ScoringRun, chunk: int, scores: pa.Table, signals: pa.Table, kept: list[str]
) -> None:
    """Write one chunk of a run; again is once."""
    writer = f"score:{run.pk}:{run.started_at.timestamp():.6f}"
    txn = (writer, chunk + 1)
    here = lake.current()
    here.append("scores", _score_rows(run, scores), txn)
    here.append("signal_values", signal_rows(run, signals, kept), txn)


def _score_rows(run: ScoringRun, scores: pa.Table) -> pa.Table:
    rows = _stamped(scores, run).append_column("purpose", _same(run.purpose, len(scores)))
    return rows.select(SCORES.names).cast(SCORES)


def signal_rows(run: ScoringRun, signals: pa.Table, kept: list[str]) -> pa.Table:
    """Signals in long form, account by account: what has no value has no row."""
    parts = []
    for name in kept:
        column = signals[name]
        is_text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
        empty = pa.nulls(len(signals), pa.float64() if is_text else pa.string())
        part = pa.table(
            {
                "account_id": signals["account_id"],
                "signal": _same(name, len(signals)),
                "value": empty if is_text else column.cast(pa.float64()),
                "text": column.cast(pa.string()) if is_text else empty,
            }
        )
        parts.append(part.filter(column.is_valid()))
    table = pa.concat_tables(parts).sort_by([("account_id", "ascending"), ("signal", "ascending")])
    table = table.append_column(
        "as_of", pa.array([run.as_of] * len(table), SIGNAL_VALUES.field("as_of").type)
    )
    table = table.append_column("model", _same(run.model, len(table)))
    return _stamped(table, run).select(SIGNAL_VALUES.names).cast(SIGNAL_VALUES)


def _stamped(table: pa.Table, run: ScoringRun) -> pa.Table:
    day = pa.array([run.as_of.date()] * len(table), pa.date32())
    table = table.append_column("run_id", pa.array([run.pk] * len(table), pa.int64()))
    return table.append_column("received_day", day)


def _same(text: str, number: int) -> pa.Array:
    return pa.array([text] * number, pa.string())
