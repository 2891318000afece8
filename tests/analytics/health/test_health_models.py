"""The packaged models are the published ones."""

import pytest

from tenure.analytics.health import PACKAGED, packaged_model
from tenure.analytics.health.spec import check_signals
from tenure.analytics.signals.registry import default_registry

PUBLISHED = {
    "six_dimensions": {
        "Usage frequency": 25, "Feature depth": 20, "Engagement": 20, "Satisfaction": 15,
        "Growth": 10, "Relationship": 10,
    },
    "four_components": {
        "Product usage": 40, "Engagement": 25, "Outcomes": 25, "Relationship": 10,
    },
    "five_measures": {
        "Login frequency": 20, "Feature adoption": 25, "Key action frequency": 25,
        "Support sentiment": 15, "Responsiveness": 15,
    },
    "formula": {"Usage": 40, "Engagement": 30, "Satisfaction": 20, "Payment": 10},
    "signal_matrix": {
        "Login frequency": 20, "Feature use": 20, "Support tickets": 20, "NPS": 20, "Payment": 20,
    },
}  # fmt: skip
BANDS = {
    "six_dimensions": ["healthy", "stable", "at_risk", "critical"],
    "four_components": ["healthy", "at_risk", "unhealthy", "critical"],
    "five_measures": ["healthy", "at_risk", "unhealthy", "critical"],
    "formula": ["healthy", "neutral", "at_risk", "critical"],
    "signal_matrix": ["healthy", "neutral", "at_risk", "critical"],
}


@pytest.mark.parametrize("name", PACKAGED)
def test_dimensions_and_weights_are_the_published_ones(name: str) -> None:
    model = packaged_model(name)
    assert {d.title: d.weight for d in model.dimensions} == PUBLISHED[name]


@pytest.mark.parametrize("name", PACKAGED)
def test_bands_are_the_published_ones(name: str) -> None:
    bands = packaged_model(name).bands
    assert [b.name for b in bands] == BANDS[name]
    assert [(b.min, b.max) for b in bands] == [(80, 100), (60, 79), (40, 59), (0, 39)]
    assert all(b.action for b in bands)


@pytest.mark.parametrize("name", PACKAGED)
def test_every_signal_used_is_declared(name: str) -> None:
    check_signals(name, packaged_model(name), default_registry().signals)


def test_payment_of_the_formula_is_all_or_nothing() -> None:
    payment = packaged_model("formula").dimensions[-1].signals[0]
    assert payment.curve.match == {"current": 100, "late": 0, "failed": 0}


@pytest.mark.parametrize(
    ("rhythm", "level"), [("daily", "green"), ("weekly", "yellow"), ("monthly", "red")]
)
def test_login_frequency_of_the_five_measures_has_its_colours(rhythm: str, level: str) -> None:
    assert packaged_model("five_measures").dimensions[0].signals[0].curve.level(rhythm) == level


@pytest.mark.parametrize(
    ("signal", "value", "level"),
    [
        ("login_rhythm", "weekly", "healthy"), ("login_rhythm", "monthly", "warning"),
        ("login_rhythm", "none", "critical"), ("core_adoption_28d", 0.0, "critical"),
        ("core_adoption_28d", 0.2, "warning"), ("core_adoption_28d", 0.9, "healthy"),
        ("tickets_28d", 1.0, "healthy"), ("tickets_28d", 9.0, "critical"),
        ("nps_band", "promoter", "healthy"), ("nps_band", "passive", "warning"),
        ("nps_band", "detractor", "critical"), ("payment_state", "late", "warning"),
        ("payment_state", "failed", "critical"),
    ],
)  # fmt: skip
def test_the_signal_matrix_names_its_levels(signal: str, value: float | str, level: str) -> None:
    parts = {p.signal: p for p in packaged_model("signal_matrix").parts()}
    assert parts[signal].curve.level(value) == level


def test_an_unknown_model_is_refused_by_name() -> None:
    with pytest.raises(KeyError, match="no packaged model nps_only"):
        packaged_model("nps_only")
