"""Charts over time: days stand as far apart as they lay apart, with units on the axis."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
from people import NOW

from tenure.health.models import AccountHealth, ScoringRun

GAPS = (100, 10, 5, 0)
"""Days before now at which was scored: a long gap, then short ones."""


@pytest.fixture
def scored(customers: Any) -> None:
    bands = {"healthy": 10, "stable": 5, "at_risk": 2, "critical": 1}
    for days in GAPS:
        ScoringRun.objects.create(
            model="six_dimensions", model_version="1", as_of=NOW - timedelta(days=days),
            facts=str(days), state="done", purpose="live", started_at=NOW, finished_at=NOW,
            summary={"accounts": 18, "health": 70 - days / 10, "risk": 20, "coverage": 1.0,
                     "bands": bands, "risk_levels": {}},
        )  # fmt: skip


@pytest.mark.parametrize(("theme", "phone"), [("light", False), ("dark", True)])
def test_unequal_gaps_are_shown_unequal(
    browse: Any, scored: None, alice: Any, theme: str, phone: bool
) -> None:
    assert AccountHealth.objects.exists()
    window = browse(alice, theme, phone)
    page = window.open("/health/")
    for source in ("bands", "means"):
        script = f"""() => {{
            const chart = Chart.getChart(document.querySelector('canvas[data-chart={source}]'));
            const xs = chart.getDatasetMeta(0).data.map(point => point.x);
            return [xs, chart.options.scales.y.title.text, chart.scales.x.ticks.map(t => t.label)];
        }}"""
        xs, unit, ticks = page.evaluate(script)
        steps = [b - a for a, b in itertools.pairwise(xs)]
        assert steps[0] / steps[1] == pytest.approx(90 / 5, rel=0.02)
        assert steps[1] == pytest.approx(steps[2], rel=0.02)
        assert unit in ("Accounts", "Points, 0 to 100")
        assert len(ticks) >= 2
    window.check()
