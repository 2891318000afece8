"""Validation reports of a made-up company, made by the real arithmetic."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from tenure.analytics.validation.policy import default_validation
from tenure.analytics.validation.report import Subject, validate
from tenure.health import policy
from tenure.health.models import ValidationReport

STAMP = pa.timestamp("us", tz="UTC")
BANDS = ((80, "healthy"), (60, "stable"), (40, "at_risk"), (0, "critical"))


def kept(
    now: datetime, *, skill: float = 1.0, accounts: int = 120, model: str = "six_dimensions"
) -> ValidationReport:
    """A report on ``accounts``, half of which left; ``skill`` 0 scores at random."""
    start = now - timedelta(days=330)
    leaves = {f"acc_{i:06d}": start + timedelta(days=120 + i) for i in range(0, accounts, 2)}
    scores = _scores(start, accounts, leaves, skill)
    churned = pa.table(
        {
            "account_id": list(leaves),
            "churned_at": pa.array(list(leaves.values()), STAMP),
            "kind": ["voluntary"] * len(leaves),
        }
    )
    spec = policy.model(model)
    report = validate(
        scores, churned, Subject(model, "1+test", spec.green), (start, now),
        np.random.default_rng(1), segments={"smb": np.ones(scores.num_rows, dtype=bool)},
        policy=default_validation().model_copy(update={"bootstrap_draws": 50}),
        backfilled_share=0.5,
    )  # fmt: skip
    result = {**report.to_dict(), "segment": None}
    for entry in result["green_churned"]:
        entry |= {"name": f"Name of {entry['account_id']}", "signals": {"dau_mau": 0.41}}
    return ValidationReport.objects.create(
        model=model, model_version="1+test", start=start.date(), end=now.date(), created_at=now,
        created_by="alice@example.com", verdict=report.verdict["code"], result=result,
    )  # fmt: skip


def _scores(start: datetime, accounts: int, leaves: dict[str, datetime], skill: float) -> pa.Table:
    rng = np.random.default_rng(7)
    rows: list[dict[str, Any]] = []
    for month in range(10):
        moment = start + timedelta(days=30 * month)
        for number in range(accounts):
            name = f"acc_{number:06d}"
            left = leaves.get(name)
            if left is not None and left <= moment:
                continue
            near = left is not None and left - moment < timedelta(days=75)
            health = float(np.clip(rng.normal(72 - 38 * skill * near, 14), 1, 99))
            rows.append(_row(name, moment, round(health, 2)))
    table = pa.Table.from_pylist(rows)
    place = table.schema.get_field_index("as_of")
    return table.set_column(place, "as_of", table["as_of"].cast(STAMP))


def _row(name: str, moment: datetime, health: float) -> dict[str, Any]:
    band = next(b for least, b in BANDS if health >= least)
    risk = round(0.8 * (100 - health), 2)
    level = "high" if risk >= 50 else "medium" if risk >= 30 else "low"
    return {"account_id": name, "as_of": moment, "health": health, "band": band, "risk": risk,
            "risk_level": level}  # fmt: skip
