"""Lifecycle stages: entry, exit, precedence."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.analytics.errors import SpecError
from tenure.analytics.signals.registry import default_registry
from tenure.analytics.stages import default_stages, next_stage, parse_stages

POLICY = default_stages()
FIELDS = {
    "active": True, "ended": 0.0, "subscriptions_in_force": 1.0, "risk": 10.0, "risk_level": "low",
    "tenure_days": 200.0, "nps_last": 7.0, "health": 75.0, "limit_use": 0.5,
    "seats_change_90d": 0.0,
}  # fmt: skip


def move(before: str | None, **fields: Any) -> str | None:
    row = pa.table({k: [v] for k, v in (FIELDS | fields).items()})
    return next_stage(np.array([before], dtype=object), row, POLICY)[0]


@pytest.mark.parametrize(
    ("before", "fields", "after"),
    [
        (None, {"tenure_days": 3.0}, "onboarding"),
        (None, {"tenure_days": 45.0}, "adoption"),
        (None, {}, "retention"),
        ("onboarding", {"tenure_days": 29.0}, "onboarding"),
        ("onboarding", {"tenure_days": 31.0}, "adoption"),
        ("adoption", {"tenure_days": 91.0}, "retention"),
        ("retention", {"health": 85.0, "limit_use": 0.9}, "expansion"),
        ("expansion", {"health": 75.0}, "expansion"),
        ("expansion", {"health": 69.0}, "retention"),
        ("retention", {"health": 85.0, "nps_last": 9.0}, "advocacy"),
        ("advocacy", {"health": 85.0, "nps_last": 8.0}, "advocacy"),
        ("advocacy", {"health": 85.0, "nps_last": 6.0}, "retention"),
        ("expansion", {"health": 85.0, "risk_level": "high", "risk": 60.0}, "at_risk"),
        ("at_risk", {"risk": 45.0, "risk_level": "medium"}, "at_risk"),
        ("at_risk", {"risk": 20.0}, "retention"),
        ("at_risk", {"active": False, "ended": 1.0, "risk": 90.0}, "churned"),
        ("churned", {"active": False, "ended": 1.0}, "churned"),
        ("churned", {"tenure_days": 500.0}, "retention"),
        (None, {"active": False, "ended": 0.0, "subscriptions_in_force": 0.0}, "retention"),
        ("a stage of old", {}, "retention"),
    ],
)
def test_moves(before: str | None, fields: dict[str, Any], after: str) -> None:
    assert move(before, **fields) == after


@given(
    st.one_of(st.none(), st.sampled_from([s.name for s in POLICY.stages])),
    st.fixed_dictionaries(
        {
            "tenure_days": st.floats(0, 999), "health": st.floats(0, 100),
            "risk": st.floats(0, 100), "nps_last": st.floats(0, 10), "limit_use": st.floats(0, 2),
        }
    ),
)  # fmt: skip
def test_nothing_moves_twice_on_the_same_day(before: str | None, fields: dict[str, Any]) -> None:
    level = "critical" if fields["risk"] >= 70 else "high" if fields["risk"] >= 50 else "low"
    once = move(before, **fields, risk_level=level)
    again = move(once, **fields, risk_level=level)
    # A stage without an exit rule may be left for a better one, but never to and fro.
    assert move(again, **fields, risk_level=level) == again


def test_two_stages_of_one_name_are_refused() -> None:
    stage = '[[stages]]\nname = "a"\ntitle = "A"\ngoal = "g"\nenter = { all = [] }\n'
    people = '[people]\norder = ["left"]\nonboarding_days = 1\ninactive_days = 1\n'
    with pytest.raises(SpecError, match="same name"):
        parse_stages("stages.toml", stage + stage + people)


def test_packaged_stages_look_only_at_fields_that_exist() -> None:
    known = {*default_registry().signals, "health", "risk", "risk_level", "active"}
    assert POLICY.fields() <= known
