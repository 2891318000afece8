"""Exports: the layout others rely on, nothing a spreadsheet would run, and back in unchanged."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tenure.analytics.errors import SpecError
from tenure.connectors.files.export import export
from tenure.connectors.models import ImportRun
from tenure.facts import lake

Import = Callable[..., ImportRun]
Write = Callable[[str, str | bytes], Path]
EVENTS = "account_id,event,timestamp,note\n=1+1,E,2024-01-01T00:00:00.5Z,@cmd\n-5,E,2024-01-02,ok\n"


def exported(name: str, format: str = "csv", **options: Any) -> list[dict[str, Any]]:
    out = io.BytesIO()
    rows = export(name, format, out, **options)
    text = out.getvalue()
    if format == "csv":
        found: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(text.decode())))
    elif format == "json":
        found = [json.loads(line) for line in text.decode().splitlines()]
    else:
        found = pq.read_table(io.BytesIO(text)).to_pylist()
    assert len(found) == rows
    return found


def test_events_have_the_columns_others_rely_on(do_import: Import, write: Write) -> None:
    do_import("events", write("a.csv", EVENTS))
    first = exported("events")[0]
    assert list(first)[:5] == ["account_id", "person_id", "event", "timestamp", "message_id"]
    assert first["timestamp"] == "2024-01-01T00:00:00.500000Z"


def test_formulas_are_text_and_come_back_as_they_were(do_import: Import, write: Write) -> None:
    do_import("events", write("a.csv", EVENTS))
    assert [r["account_id"] for r in exported("events")] == ["'=1+1", "-5"]
    out = io.BytesIO()
    export("events", "csv", out)
    run = do_import("events", write("b.csv", out.getvalue()))
    assert (run.rows_new, run.rows_known) == (0, 2)


@pytest.mark.parametrize("format", ["json", "parquet"])
def test_other_formats_keep_types(do_import: Import, write: Write, format: str) -> None:
    do_import("events", write("a.csv", EVENTS))
    row = exported("events", format)[0]
    assert row["account_id"] == "=1+1"
    if format == "json":
        assert row["properties"] == {"note": "@cmd"}
    else:
        assert row["timestamp"] == datetime(2024, 1, 1, 0, 0, 0, 500000, UTC)


def test_the_latest_fact_or_all_or_those_of_a_past_day(do_import: Import, write: Write) -> None:
    text = "account_id,updated_at,country\nacme,2024-01-01,DE\nacme,2024-03-01,FR\n"
    do_import("accounts", write("a.csv", text))
    assert [r["country"] for r in exported("accounts")] == ["FR"]
    assert [r["country"] for r in exported("accounts", history=True)] == ["DE", "FR"]
    past = datetime(2024, 2, 1, tzinfo=UTC)
    assert [r["country"] for r in exported("accounts", as_of=past)] == ["DE"]


def test_scores_have_the_columns_others_rely_on(do_import: Import) -> None:
    moment = datetime(2024, 5, 1, tzinfo=UTC)
    scores = {
        "account_id": ["a", "a"], "as_of": pa.array([moment] * 2, pa.timestamp("us", "UTC")),
        "model": ["m", "m"], "model_version": ["1", "1"], "health": [50.0, 60.0],
        "band": ["x", "y"], "risk": [1.0, 2.0], "risk_level": ["low", "low"],
        "coverage": [1.0, 1.0],
        "run_id": [1, 2], "received_day": pa.array([moment.date()] * 2),
    }  # fmt: skip
    lake.current().append("scores", pa.table(scores), ("test", 1))
    (row,) = exported("scores")
    assert list(row) == [
        "account_id", "as_of", "model", "health", "band", "risk", "risk_level", "coverage",
    ]  # fmt: skip
    assert float(row["health"]) == 60


def test_an_empty_workspace_exports_headers(do_import: Import) -> None:
    out = io.BytesIO()
    assert export("tickets", "csv", out) == 0
    assert out.getvalue().startswith(b'"ticket_id","account_id"')
    assert exported("scores", "json") == []


def test_a_file_is_there_whole_or_not_at_all(
    do_import: Import, write: Write, tmp_path: Path
) -> None:
    target = tmp_path / "out" / "x.csv"
    with pytest.raises(OSError, match="No such file"):
        export("events", "csv", target)
    do_import("events", write("a.csv", EVENTS))
    export("events", "csv", tmp_path / "x.csv")
    assert [p.name for p in tmp_path.glob("*x.csv*")] == ["x.csv"]


def test_unknown_tables_and_formats() -> None:
    with pytest.raises(SpecError, match="use one of accounts"):
        export("visits", "csv", io.BytesIO())
    with pytest.raises(SpecError, match="is no format"):
        export("events", "xls", io.BytesIO())
