"""Scores of many accounts at once: bands, risk, variants, missing data."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_health_spec import BANDS, MODEL

from tenure.analytics.errors import SpecError
from tenure.analytics.health import Circumstances, explain, packaged_model, parse_model, score
from tenure.analytics.health.risk import combine, default_risk, level_names, parse_risk

NOW = datetime(2024, 3, 1, tzinfo=UTC)
RISK = default_risk()
OWN = parse_model("own", MODEL + BANDS)


def table(**columns: list[object]) -> pa.Table:
    number = len(next(iter(columns.values())))
    return pa.table({"account_id": [f"a{i}" for i in range(number)], **columns})


def scored(rows: pa.Table, about: Circumstances | None = None) -> list[dict[str, object]]:
    return score(rows, OWN, RISK, NOW, about).to_pylist()


def test_a_hand_worked_score() -> None:
    # use: (5 of 10 logins = 50) x 0.6 + (60 minutes = 100) x 0.4 = 70; x 0.7 + 100 x 0.3 = 79
    row = scored(table(logins=[5.0], minutes=[60.0], payment=["current"]))[0]
    assert (row["health"], row["band"], row["coverage"]) == (79.0, "well", 1.0)
    assert row["points.use.logins"] == 21.0
    assert row["points.use.minutes"] == 28.0
    assert row["points.money.payment"] == 30.0


def test_without_any_data_there_is_no_score_and_no_risk() -> None:
    row = scored(table(logins=[None], minutes=[None], payment=pa.array([None], pa.string())))[0]
    assert row["health"] is row["band"] is row["risk"] is row["risk_level"] is None
    assert row["coverage"] == 0


def test_without_data_a_warning_still_is_a_risk() -> None:
    rows = table(logins=[None])
    row = scored(rows, Circumstances([["export"]], {"export": "critical"}))[0]
    assert row["health"] is None
    assert row["risk"] == 66.0  # base 0.8 x (100 - 60) = 32; half of the rest to 100


def test_a_text_that_is_not_listed_is_missing_data() -> None:
    row = scored(table(logins=[10.0], minutes=[60.0], payment=["unheard"]))[0]
    assert (row["health"], row["coverage"]) == (100.0, 0.7)


def test_a_signal_without_a_column_is_missing_data() -> None:
    assert scored(table(logins=[10.0]))[0]["coverage"] == pytest.approx(0.42)


VARIED = parse_model(
    "own",
    MODEL + BANDS + '[[variants]]\nsegment = "big"\nweights = { use = 0, money = 100 }\n'
    '[[variants]]\nstage = "new"\nsignal_weights = { "use.logins" = 100, "use.minutes" = 0 }\n'
    'curves = { "use.logins" = { points = [[0, 0], [2, 100]] } }\n',
)


def test_the_first_variant_that_fits_holds() -> None:
    rows = table(logins=[1.0] * 4, minutes=[60.0] * 4, payment=["late"] * 4)
    about = Circumstances(
        segments={"big": np.array([True, False, False, True])},
        stage=np.array([None, "new", "old", "new"], dtype=object),
    )
    found = score(rows, VARIED, RISK, NOW, about).to_pylist()
    assert [r["variant"] for r in found] == ["segment:big", "stage:new", "", "segment:big"]
    # big: only money, late = 0; new: 1 of 2 logins = 50 x 0.7; none: (10 x .6 + 100 x .4) x .7
    assert [r["health"] for r in found] == [0.0, 35.0, 32.2, 0.0]


value = st.one_of(st.none(), st.floats(0, 200, allow_nan=False))


@given(st.lists(st.tuples(value, value, st.sampled_from(["current", "late", None])), min_size=1))
def test_the_explanation_tells_the_very_score(rows: list[tuple[object, ...]]) -> None:
    logins, minutes, payment = (list(c) for c in zip(*rows, strict=True))
    given_rows = pa.table(
        {
            "account_id": [str(i) for i in range(len(rows))],
            "logins": pa.array(logins, pa.float64()),
            "minutes": pa.array(minutes, pa.float64()),
            "payment": pa.array(payment, pa.string()),
        }
    )
    for row, values in zip(scored(given_rows), given_rows.to_pylist(), strict=True):
        told = explain(values, OWN)
        assert told["health"] == row["health"]
        assert told["coverage"] == pytest.approx(row["coverage"])


@pytest.mark.parametrize(
    ("risk", "level"),
    [(0, "low"), (29.99, "low"), (30, "medium"), (49, "medium"), (50, "high"), (69, "high"),
     (70, "critical"), (100, "critical")],
)  # fmt: skip
def test_risk_levels_are_the_published_ones(risk: float, level: str) -> None:
    assert level_names(RISK, np.array([float(risk)]))[0] == level


@given(st.floats(0, 100), st.integers(0, 5), st.integers(0, 5), st.integers(0, 3))
def test_risk_rises_with_every_warning_and_falls_with_health(
    health: float, medium: int, high: int, critical: int
) -> None:
    def risk(h: float, *counts: int) -> float:
        names = ("medium", "high", "critical")
        return float(
            combine(
                np.array([h]),
                {n: np.array([c]) for n, c in zip(names, counts, strict=True)},
                RISK,
            )[0]
        )

    base = risk(health, medium, high, critical)
    assert 0 <= base <= 100
    assert risk(health, medium + 1, high, critical) >= base
    assert risk(health, medium, high + 1, critical) >= risk(health, medium + 1, high, critical)
    assert risk(health, medium, high, critical + 1) >= max(base, 50)
    assert risk(min(health + 10, 100), medium, high, critical) <= base


RISK_TEXT = """
health_share = 0.8
neutral_health = 60
effects = { medium = { weight = 0.1 }, high = { weight = 0.2 } }
levels = [{ name = "a", title = "A", min = 0, action = "x", color = "good" }]
"""


def test_a_risk_policy_without_a_level_of_warning_is_refused() -> None:
    with pytest.raises(SpecError, match=r"effects\.critical"):
        parse_risk("risk.toml", RISK_TEXT)


def test_packaged_models_score_a_table_of_their_signals() -> None:
    model = packaged_model("signal_matrix")
    rows = pa.table(
        {
            "account_id": ["green", "yellow", "red"],
            "login_rhythm": ["weekly", "monthly", "none"],
            "core_adoption_28d": [0.9, 0.3, 0.0],
            "tickets_28d": [0.0, 4.0, 9.0],
            "old_open_tickets": [0.0, 1.0, 3.0],
            "nps_band": ["promoter", "passive", "detractor"],
            "payment_state": ["current", "late", "failed"],
        }
    )
    found = score(rows, model, RISK, NOW).to_pylist()
    assert [(r["health"], r["band"]) for r in found] == [
        (100.0, "healthy"), (50.0, "at_risk"), (0.0, "critical"),
    ]  # fmt: skip
