"""Onboarding measured: shares and times by hand, landmarks, the flow and what is said of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.analytics.errors import SpecError
from tenure.analytics.moments import DAY_US
from tenure.analytics.onboarding.measuring import HOUR_US, Beginnings, difference, measure
from tenure.analytics.onboarding.policy import default_onboarding, parse_onboarding
from tenure.analytics.validation.intervals import wilson

NEVER = np.nan
PACKAGED = default_onboarding()


def made(
    hours: dict[str, list[float]], kept: list[bool], day_one: list[bool] | None = None
) -> Beginnings:
    """Accounts that began at zero, with the hours after which they did things (NaN: never)."""
    n = len(kept)
    at = {d.key: np.full(n, NEVER) for d in PACKAGED.doings()}
    at["account_created"] = np.zeros(n)
    at |= {key: np.array(listed) * HOUR_US for key, listed in hours.items()}
    return Beginnings(
        [f"a{i}" for i in range(n)], np.zeros(n), at,
        np.array(day_one or [False] * n), np.array(kept), np.zeros(n),
    )  # fmt: skip


def test_shares_and_times_are_those_one_counts_by_hand() -> None:
    """Ten accounts: core action after 1 to 6 hours, 30 hours, 40 days, and twice never."""
    hours = [1.0, 2, 3, 4, 5, 6, 30, 40 * 24, NEVER, NEVER]
    told = measure(made({"first_core_action": hours}, [True] * 6 + [False] * 4), PACKAGED)
    core = told.milestones[2]
    assert core.key == "first_core_action"
    assert core.in_time["value"] == 0.6  # within 24 hours
    assert core.reached["value"] == 0.7  # within 30 days
    assert core.median_hours == 4  # of 1, 2, 3, 4, 5, 6, 30
    assert core.p90_hours == pytest.approx(15.6)  # between 6 and 30: 6 + 0.4 of 24
    assert (core.kept_if["value"], core.kept_if_not["value"]) == (1.0, 0.0)
    assert core.lift["value"] is None  # fewer than ten on a side
    assert told.activation.share["value"] == 0.7  # within seven days
    assert told.activation.standing == "few"
    assert told.kept["value"] == 0.6


def test_who_reaches_a_milestone_late_stands_with_those_who_did_not_by_then() -> None:
    """All who stay reach it sooner or later. By the target time only half of them had: the others
    count as not having reached it, so that staying does not make the milestone look good."""
    stay = [True] * 40 + [False] * 20
    hours = [10.0] * 20 + [20 * 24.0] * 20 + [NEVER] * 20
    told = measure(made({"first_value": hours}, stay), PACKAGED).value
    assert told.kept_if["value"] == 1.0
    assert told.kept_if_not["value"] == 0.5
    assert told.lift["value"] == 0.5


def test_the_difference_of_shares_agrees_with_newcombes_table() -> None:
    # Newcombe, Statistics in Medicine 17, 1998, table II, method 10.
    for a, b, low, high in ((56, 48, 0.0524, 0.3339),):
        told = difference(wilson(a, 70), wilson(b, 80)).to_dict()
        assert (told["low"], told["high"]) == (low, high)
    told = difference(wilson(9, 10), wilson(3, 10)).to_dict()
    assert (told["low"], told["high"]) == (0.1705, 0.809)
    assert difference(wilson(0, 0), wilson(1, 2)).value is None


@given(st.lists(st.tuples(st.floats(0, 24 * 60), st.booleans()), min_size=1, max_size=60))
def test_a_step_never_has_more_accounts_than_the_one_before(
    rows: list[tuple[float, bool]],
) -> None:
    hours = [h for h, _ in rows]
    found = made(
        {"first_core_action": hours, "streak": [h * 2 for h in hours],
         "first_value": [NEVER if h > 500 else h for h in hours]},
        [k for _, k in rows],
    )  # fmt: skip
    told = measure(found, PACKAGED)
    counts = [s.accounts for s in told.steps]
    assert counts == sorted(counts, reverse=True)
    assert told.completion == pytest.approx(counts[-1] / len(rows), abs=1e-4)
    for one in told.milestones:
        assert 0 <= one.in_time["value"] <= one.reached["value"] <= 1
    assert "profile_complete" not in [s.key for s in told.steps]  # nobody ever did: no step


def flow_of(steps: list[str], **numbers: float) -> object:
    listed = ", ".join(
        f'{{ key = "s{i}", title = "Step {i}", events = ["{name}"] }}'
        for i, name in enumerate(steps)
    )
    body = _text().replace("steps = []", f"steps = [{listed}]")
    for key, value in numbers.items():
        line = next(x for x in body.splitlines() if x.startswith(f"{key} = "))
        body = body.replace(line, f"{key} = {value}")
    return parse_onboarding("onboarding", body)


def _text() -> str:
    from importlib.resources import files

    return (files("tenure.analytics.onboarding") / "onboarding.toml").read_text("utf-8")


def test_a_flow_of_fifteen_steps_that_a_fifth_finishes_is_too_long() -> None:
    """The founding case: fifteen steps, one in five gets to the end; who does, stays."""
    policy = flow_of([f"E{i}" for i in range(15)])
    n = 100
    hours = {f"s{i}": [1.0 + i if a < 100 - 80 * i // 14 else NEVER for a in range(n)]
             for i in range(15)}  # fmt: skip
    told = measure(made(hours, [a < 20 for a in range(n)]), policy)
    assert len(told.steps) == 15
    assert told.completion == 0.2
    assert told.flow_too_long
    short = flow_of([f"E{i}" for i in range(5)])
    assert not measure(made(hours, [True] * n), short).flow_too_long


def test_steps_to_remove_and_to_defer_are_named_and_those_that_help_are_not() -> None:
    """s0 is done by all. s1 loses 40 and its doers stay no more: remove. s2 loses 30 of 60, but its
    doers stay: keep. s3 comes after first value for all: defer."""
    policy = flow_of(["A", "B", "C", "D"])
    n = 100
    hours = {
        "s0": [1.0] * n,
        "s1": [2.0] * 60 + [NEVER] * 40,
        "s2": [3.0] * 30 + [NEVER] * 70,
        "first_value": [4.0] * 30 + [NEVER] * 70,
        "s3": [5.0] * 30 + [NEVER] * 70,
    }
    kept = [True] * 30 + [False] * 30 + [True] * 20 + [False] * 20  # half of either side of s1
    told = {s.key: s for s in measure(made(hours, kept), policy).steps}
    assert (told["s0"].advice, told["s0"].lost) == ("", 0.0)
    assert (told["s1"].advice, told["s1"].lost) == ("remove", 0.4)
    assert (told["s2"].advice, told["s2"].lost) == ("", 0.5)
    assert told["s2"].lift["low"] > 0
    assert (told["s3"].advice, told["s3"].later) == ("defer", 1.0)


def test_standing_is_judged_by_the_interval_and_never_of_too_few() -> None:
    def standing(reached: int, of: int) -> str:
        hours = [1.0] * reached + [NEVER] * (of - reached)
        return measure(
            made({"first_core_action": hours}, [True] * of), PACKAGED
        ).activation.standing

    assert standing(40, 50) == "on"
    assert standing(5, 50) == "off"
    assert standing(22, 50) == "near"
    assert standing(10, 19) == "few"
    assert standing(0, 0) == "few"
    assert standing(0, 50) == "unseen"
    assert measure(made({}, [True] * 50), PACKAGED).setup.standing == "unseen"


def test_half_in_time_is_what_a_median_in_time_means() -> None:
    def standing(soon: int) -> str:
        hours = [1.0] * soon + [100.0] * (60 - soon)
        return measure(made({"first_value": hours}, [True] * 60), PACKAGED).value_standing

    assert [standing(n) for n in (50, 30, 10)] == ["on", "near", "off"]


def test_who_never_got_to_first_value_counts_against_it() -> None:
    """Ten of sixty, all within the hour: the median of those ten is no median of the sixty."""
    hours = [1.0] * 10 + [float("nan")] * 50
    whole = measure(made({"first_value": hours}, [True] * 60), PACKAGED)
    assert (whole.value.median_hours, whole.value_standing) == (1.0, "off")
    assert measure(made({}, [True] * 60), PACKAGED).value_standing == "unseen"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('first_value = "first_value"', 'first_value = "aha"', "names no milestone"),
        ('milestones = ["first_core_action"]', 'milestones = ["none"]', "names no milestone"),
        ('key = "streak"', 'key = "first_value"', "twice"),
        ("within = { days = 7 }\nexpected_lift", "within = { days = 31 }\nexpected_lift", "longer"),
        ("within = { hours = 24 }", "within = { hours = 24, days = 1 }", "exactly one"),
        ("\nstreak_days = 3", '\nstreak_days = 3\nfeature = "core"', "say what shows it"),
        ("steps = []", 'steps = [{ key = "streak", title = "x", events = ["A"] }]',
         "also a milestone"),
    ],
)  # fmt: skip
def test_a_policy_that_is_not_sound_is_refused_with_its_place(
    old: str, new: str, words: str
) -> None:
    assert old in _text()
    with pytest.raises(SpecError, match=words):
        parse_onboarding("onboarding", _text().replace(old, new, 1))


def test_the_published_milestones_are_packaged_with_their_times_and_lifts() -> None:
    told = {
        m.key: (m.within.micros / HOUR_US if m.within else 0, m.expected_lift)
        for m in PACKAGED.milestones
    }
    assert told == {
        "account_created": (0, None),
        "profile_complete": (pytest.approx(5 / 60), 0.08),
        "first_core_action": (24, 0.15),
        "first_value": (72, 0.25),
        "streak": (168, 0.35),
    }
    assert (PACKAGED.activation.target, PACKAGED.setup.target, PACKAGED.day_one.target) == (
        0.4, 0.6, 0.3,
    )  # fmt: skip
    assert PACKAGED.decided_days == 37
    longer = replace_window(90)
    assert longer.decided_days == 90


def replace_window(days: int) -> object:
    return parse_onboarding(
        "onboarding", _text().replace("window_days = 30", f"window_days = {days}")
    )


def test_taking_rows_takes_all_of_them() -> None:
    found = replace(made({"first_value": [1.0, 2.0]}, [True, False]), actions=np.array([3.0, 4.0]))
    one = found.take(np.array([False, True]))
    assert (one.account, one.actions.tolist(), one.kept.tolist()) == (["a1"], [4.0], [False])
    assert one.within("first_value", DAY_US).tolist() == [True]
