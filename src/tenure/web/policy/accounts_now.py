"""What is known of the accounts now, as a table that models and rules can be tried on."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from tenure.accounts.models import SegmentMember
from tenure.health.models import AccountHealth

MOST = 20_000
"""A preview looks at so many accounts at most, and says so."""


def latest(model: str) -> tuple[pa.Table, list[AccountHealth]]:
    """Signals, stage and score of every account at its latest scoring by ``model``."""
    rows = list(
        AccountHealth.objects.filter(model=model)
        .select_related("account")
        .defer("trend", "signal_trend")
        .order_by("account_id")[:MOST]
    )
    names = sorted({name for row in rows for name in row.signals})
    columns: dict[str, Any] = {"account_id": [r.account_id for r in rows]}
    columns |= {name: _column([r.signals.get(name) for r in rows]) for name in names}
    columns |= {
        "health": pa.array([r.shown_health for r in rows], pa.float64()),
        "band": pa.array([r.shown_band or None for r in rows], pa.string()),
        "risk": pa.array([r.risk for r in rows], pa.float64()),
        "risk_level": pa.array([r.risk_level or None for r in rows], pa.string()),
        "coverage": pa.array([r.coverage for r in rows], pa.float64()),
        "stage": pa.array([r.account.stage or None for r in rows], pa.string()),
    }
    return pa.table(columns), rows


def _column(values: list[Any]) -> pa.Array:
    if any(isinstance(v, str) for v in values):
        return pa.array([None if v is None else str(v) for v in values], pa.string())
    return pa.array([None if v is None else float(v) for v in values], pa.float64())


def memberships(rows: list[AccountHealth]) -> dict[str, list[bool]]:
    """Which of the accounts are in each segment now."""
    place = {row.account_id: index for index, row in enumerate(rows)}
    found: dict[str, list[bool]] = {}
    for segment, account in SegmentMember.objects.values_list("segment_id", "account_id"):
        if account in place:
            found.setdefault(segment, [False] * len(rows))[place[account]] = True
    return found
