"""A score's explanation, arranged for the page."""

from __future__ import annotations

import pytest

from tenure.analytics.health.bands import Band
from tenure.web.accounts import score_view

BANDS = [
    Band(name="ok", title="Good", min=60, action="-", color="good"),
    Band(name="bad", title="Bad", min=0, action="-", color="bad"),
]


def signal(name, points, most, *, missing=False, delta=None):
    return {
        "signal": name, "title": name.upper(), "value": 4.0, "level": "", "points": points,
        "max_points": most, "missing": missing, "delta_points": delta,
    }  # fmt: skip


def dimension(key, weight, signals):
    return {
        "key": key, "title": key, "weight": weight, "coverage": 1.0, "delta_points": None,
        "points": sum(s["points"] for s in signals),
        "max_points": sum(s["max_points"] for s in signals), "signals": signals,
    }  # fmt: skip


def build(**explanation):
    return score_view.build(explanation, BANDS, lambda name, value: f"{name}={value}")


def test_dimensions_lie_side_by_side_as_wide_as_their_weight():
    view = build(dimensions=[
        dimension("use", 60, [signal("a", 30, 60)]), dimension("rest", 40, [signal("b", 40, 40)]),
    ])  # fmt: skip
    first, second = view.dimensions
    assert (first.x, second.x) == (0, 60)
    assert first.fill == pytest.approx(first.width / 2, abs=0.01)
    assert second.fill == second.width
    assert (first.role, second.role) == ("bad", "good")


def test_a_dimension_without_data_has_no_colour_and_no_bar():
    view = build(dimensions=[dimension("use", 100, [signal("a", 0, 0, missing=True)])])
    assert view.dimensions[0].role == "none"
    assert view.dimensions[0].fill == 0
    assert view.dimensions[0].signals[0].value == "–"


def test_changes_are_told_from_before_to_now():
    change = {"signal": "a", "title": "A", "previous": 1, "value": 4, "delta_points": -2.5}
    line = build(changes=[change]).changes[0]
    assert (line.text, line.points) == ("a=1 → a=4", -2.5)


def test_what_would_move_it_most_names_the_goal_and_the_next_step():
    mover = {"signal": "a", "title": "A", "value": 4, "gain": 8.0, "full_at": 20,
             "next_gain": 3.0, "next_at": 9}  # fmt: skip
    near = {**mover, "next_gain": 8.0, "next_at": 20}
    none = {**mover, "gain": 0.0}
    first, second = build(movers=[mover, near, none]).movers
    assert first.text == "now a=4, full points at a=20; the next step, a=9, gives 3"
    assert second.text == "now a=4, full points at a=20"
