"""Saves, and whether they lasted: against counts made by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.analytics.errors import SpecError
from tenure.analytics.experiments.policy import default_experiments
from tenure.programs.cancel import saves, settings
from tenure.programs.cancel.saves import Seen, figures, split_test

NOW = datetime(2026, 6, 1, tzinfo=UTC)
COUNTING = settings.packaged().counting
SPLIT = settings.Split(name="s1", control="control", arms={"control": 0.5, "offers": 0.5})


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def seen(pk: int, outcome: str, days: float, gone: float | None = None, **more: object) -> Seen:
    row = Seen(pk, f"a{pk}", outcome, ago(days), arm="offers", split="s1", mrr_minor=1000,
               currency="EUR", gone_at=None if gone is None else ago(gone))  # fmt: skip
    return replace(row, **more)  # type: ignore[arg-type]


ROWS = [
    seen(1, "saved", 100, reason="too_expensive", offer="discount", kind="discount", plan_id="pro",
         segments=("smb",), tenure_days=30),
    seen(2, "saved", 100, gone=75, reason="too_expensive", offer="discount", plan_id="pro"),
    seen(3, "saved", 50, gone=5, reason="temporary", offer="pause", until=ago(20)),
    seen(4, "saved", 50, reason="temporary", offer="pause", until=ago(20), tenure_days=400),
    seen(5, "saved", 10, reason="temporary", offer="pause", until=ago(-20)),
    seen(6, "saved", 50, reason="temporary", offer="pause", until=ago(20), paused=True),
    seen(7, "kept", 40, gone=1),
    seen(8, "abandoned", 40),
    seen(9, "cancelled", 40, gone=20, first_signal_at=ago(60)),
    seen(10, "cancelled", 30, gone=0, first_signal_at=ago(40)),
    seen(11, "cancelled", 30, gone=0),
    seen(12, "cancelled", 30, gone=0, arm="control"),
]  # fmt: skip


def test_three_numbers_and_the_rate_without_the_control_arm() -> None:
    told = figures(ROWS, "control", COUNTING, NOW)
    assert (told.visits, told.saved, told.kept, told.abandoned, told.cancelled) == (12, 6, 1, 1, 4)
    assert (told.saved_gone, told.undecided_gone) == (2, 1)
    assert told.rate.value == pytest.approx(6 / 11)
    assert told.mrr_kept == {"EUR": 3000}  # the fourth that is there is on pause


def test_lasting_looks_only_at_saves_that_are_old_enough() -> None:
    told = {x.days: (x.there, x.saves) for x in figures(ROWS, "control", COUNTING, NOW).lasted}
    # 30 days: 1, 2 (gone after 25), 3 (gone after 45), 4, 6. 60 and 90: 1, 2.
    assert told == {30: (4, 5), 60: (1, 2), 90: (1, 2)}


def test_a_pause_came_back_if_it_runs_a_week_after_its_end() -> None:
    told = figures(ROWS, "control", COUNTING, NOW)
    # Over: 3 (gone 15 days after its end: it had come back), 4, 6 (still on pause).
    assert (told.pauses_over, told.pauses_back) == (3, 2)
    early = replace(ROWS[2], gone_at=ago(19))
    assert saves.pauses([early], COUNTING, NOW) == (1, 0)


def test_days_from_the_first_signal_are_the_median_of_those_who_cancelled() -> None:
    told = figures(ROWS, "control", COUNTING, NOW)
    assert (told.signal_days, told.signalled, told.unsignalled) == (15.0, 2, 2)


def test_parts_by_reason_offer_segment_plan_and_tenure() -> None:
    groups = figures(ROWS, "control", COUNTING, NOW).groups
    by = {name: {g.key: (g.visits, g.saved, g.gone_later) for g in rows}
          for name, rows in groups.items()}  # fmt: skip
    assert by["reason"]["too_expensive"] == (2, 2, 1)
    assert by["reason"]["temporary"] == (4, 4, 1)
    assert by["reason"]["not said"] == (5, 0, 1)
    assert by["offer"] == {"discount": (2, 2, 1), "pause": (4, 4, 1)}
    assert by["segment"]["smb"] == (1, 1, 0)
    assert by["plan"]["pro"] == (2, 2, 1)
    assert by["tenure"] == {"under 3 months": (1, 1, 0), "a year and more": (1, 1, 0),
                            "unknown": (9, 4, 3)}  # fmt: skip


def test_bands_of_time_as_a_customer_are_policy_and_ascend() -> None:
    told = [COUNTING.tenure(days) for days in (89, 90, 365, None)]
    assert told == ["under 3 months", "3 to 12 months", "a year and more", "unknown"]
    text = settings.DEFAULT.read_text("utf-8")
    for wrong in ("below = 20", "bellow = 365"):
        with pytest.raises(SpecError, match=r"counting\.tenures|bellow"):
            settings.parse("cancel", text.replace("below = 365", wrong))


def test_nothing_is_said_of_nothing() -> None:
    told = figures([], "control", COUNTING, NOW)
    assert (told.visits, told.rate.value, told.signal_days) == (0, None, None)


outcomes = st.sampled_from(["saved", "kept", "abandoned", "cancelled"])
rows = st.lists(
    st.tuples(outcomes, st.integers(0, 200), st.none() | st.integers(-30, 200),
              st.sampled_from(["offers", "control"])),
    max_size=40,
)  # fmt: skip


@given(rows)
def test_the_numbers_always_add_up(given_rows: list[tuple[str, int, int | None, str]]) -> None:
    found = [
        seen(n, outcome, days, None if gone is None else gone, arm=arm)
        for n, (outcome, days, gone, arm) in enumerate(given_rows)
    ]
    told = figures(found, "control", COUNTING, NOW)
    assert told.saved + told.kept + told.abandoned + told.cancelled == told.visits == len(found)
    assert told.saved_gone <= told.saved
    assert told.undecided_gone <= told.kept + told.abandoned
    offered = sum(r.arm == "offers" for r in found)
    for name in ("reason", "plan", "tenure"):
        assert sum(g.visits for g in told.groups[name]) == offered
    for part in told.lasted:
        assert 0 <= part.there <= part.saves <= told.saved


def _arm(start: int, arm: str, stayed: int, left: int) -> list[Seen]:
    return [
        *(seen(start + n, "saved" if arm == "offers" else "kept", 60, arm=arm)
          for n in range(stayed)),
        *(seen(start + stayed + n, "cancelled", 60, arm=arm) for n in range(left)),
    ]  # fmt: skip


def verdict(found: list[Seen]) -> str:
    told = split_test(found, SPLIT, COUNTING, default_experiments(), NOW)
    return told[0].verdict if told else ""


def test_offers_are_judged_against_those_who_were_offered_nothing() -> None:
    assert verdict([*_arm(0, "control", 100, 400), *_arm(1000, "offers", 180, 320)]) == "works"
    assert verdict([*_arm(0, "control", 180, 320), *_arm(1000, "offers", 100, 400)]) == "harms"
    assert verdict([*_arm(0, "control", 10, 40), *_arm(1000, "offers", 18, 32)]) == "too_few"


def test_a_split_that_is_not_as_planned_is_not_judged() -> None:
    uneven = [*_arm(0, "control", 100, 200), *_arm(1000, "offers", 180, 320)]
    assert verdict(uneven) == "assignment_broken"


def test_an_account_counts_once_with_its_first_visit_and_only_when_it_is_time() -> None:
    first = seen(1, "saved", 60, gone=50)
    again = replace(seen(2, "kept", 45), account_id="a1")
    assert saves.first_visits([again, first], "s1") == [first]
    told = split_test([first, again], SPLIT, COUNTING, default_experiments(), NOW)
    assert (told[0].n_treated, told[0].treated_mean) == (1, 0.0)
    young = [seen(3, "saved", 29)]
    assert split_test(young, SPLIT, COUNTING, default_experiments(), NOW) == []
    other = [seen(3, "saved", 60, split="s0")]
    assert split_test(other, SPLIT, COUNTING, default_experiments(), NOW) == []
