"""The explanation: points, what changed, what would move it most."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.analytics.health import explain, packaged_model

FORMULA = packaged_model("formula")
WELL = {
    "active_days_28d": 18.0, "days_since_active": 0.0, "core_adoption_90d": 0.9,
    "actions_per_session_28d": 10.0, "nps_last": 9.0, "csat_90d": 5.0, "payment_state": "current",
}  # fmt: skip


def exact(parts: list[dict[str, Any]], key: str = "points") -> Decimal:
    return sum((Decimal(str(p[key])) for p in parts), Decimal(0))


values = st.fixed_dictionaries(
    {},
    optional={
        "active_days_28d": st.floats(0, 28),
        "days_since_active": st.floats(0, 90),
        "core_adoption_90d": st.floats(0, 1),
        "actions_per_session_28d": st.floats(0, 40),
        "nps_last": st.floats(0, 10),
        "csat_90d": st.floats(1, 5),
        "payment_state": st.sampled_from(["current", "late", "failed"]),
    },
)


@given(values, values)
def test_everything_adds_up_exactly(now: dict[str, Any], before: dict[str, Any]) -> None:
    told, old = explain(now, FORMULA, before), explain(before, FORMULA)
    for dimension in told["dimensions"]:
        assert exact(dimension["signals"]) == Decimal(str(dimension["points"]))
    if told["health"] is not None:
        assert exact(told["dimensions"]) == Decimal(str(told["health"]))
        assert exact(told["dimensions"], "max_points") == 100
        moved = Decimal(str(told["health"])) - Decimal(str(old["health"] or 0))
        assert exact(told["dimensions"], "delta_points") == moved
        assert exact(told["changes"], "delta_points") == moved


def test_a_full_score_has_nothing_left_to_gain() -> None:
    told = explain(WELL, FORMULA)
    assert (told["health"], told["coverage"], told["movers"]) == (100.0, 1.0, [])


def test_what_would_move_it_most_comes_first() -> None:
    told = explain({**WELL, "payment_state": "late", "nps_last": 0.0, "csat_90d": 4.0}, FORMULA)
    assert [m["signal"] for m in told["movers"]] == ["nps_last", "payment_state", "csat_90d"]
    nps = told["movers"][0]
    assert (nps["gain"], nps["full_at"]) == (12.0, 9.0)  # 20 x 60 % of the whole
    assert (nps["next_gain"], nps["next_at"]) == (3.6, 6.0)  # the next corner scores 30


@given(values)
def test_no_gain_leads_beyond_a_hundred(now: dict[str, Any]) -> None:
    told = explain(now, FORMULA)
    for mover in told["movers"]:
        assert 0 <= mover["next_gain"] <= mover["gain"] + 0.01
        assert told["health"] + mover["gain"] <= 100.02


def test_reaching_what_a_mover_names_gains_what_it_says() -> None:
    now = {**WELL, "days_since_active": 20.0, "actions_per_session_28d": 1.0}
    told = explain(now, FORMULA)
    for mover in told["movers"]:
        better = explain({**now, mover["signal"]: mover["full_at"]}, FORMULA)
        assert better["health"] - told["health"] == pytest.approx(mover["gain"], abs=0.02)


def test_missing_signals_are_named_and_lower_coverage() -> None:
    told = explain({k: v for k, v in WELL.items() if k != "csat_90d"}, FORMULA)
    assert told["missing"] == ["csat_90d"]
    assert (told["health"], told["coverage"]) == (100.0, 0.92)


def test_changes_name_value_before_and_after() -> None:
    told = explain({**WELL, "payment_state": "late"}, FORMULA, WELL)
    assert told["changes"] == [
        {
            "dimension": "payment", "signal": "payment_state", "title": "Payment",
            "previous": "current", "value": "late", "delta_points": -10.0,
        }
    ]  # fmt: skip
