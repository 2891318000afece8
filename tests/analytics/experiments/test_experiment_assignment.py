"""Assignment: stable, uniform, and independent between experiments and hold-outs."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tenure.analytics.experiments.assignment import arm, draw, held_out_of_all, held_out_of_play

IDS = [f"account-{n}" for n in range(20_000)]
EVEN = {"control": 1.0, "treated": 1.0}


def test_draws_are_uniform() -> None:
    assert stats.kstest([draw(i, "x", "salt") for i in IDS], "uniform").pvalue > 0.001


def test_another_process_gives_the_same_arm() -> None:
    code = (
        "from tenure.analytics.experiments.assignment import draw; print(draw('acme', 'k', 'salt'))"
    )
    told = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                       env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)}).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert told == {f"{draw('acme', 'k', 'salt')}\n"}


def test_the_draw_of_today_is_the_draw_of_later_versions() -> None:
    # SHA-256 of the length-prefixed parts, worked out with coreutils:
    # printf '\0\0\0\0\0\0\0\1s\0\0\0\0\0\0\0\1k\0\0\0\0\0\0\0\1a' | sha256sum
    assert draw("a", "k", "s") == (0x0AF8D40EAE9EAE11 >> 11) / 2**53


def test_arms_come_in_their_planned_shares() -> None:
    weights = {"a": 1.0, "b": 2.0, "c": 7.0}
    counts = Counter(arm(i, "split", weights, "salt") for i in IDS)
    planned = [len(IDS) * w / 10 for w in weights.values()]
    assert stats.chisquare([counts[n] for n in weights], planned).pvalue > 0.001


def chosen(key: str, salt: str) -> Callable[[str], bool]:
    return lambda account: arm(account, key, EVEN, salt) == "treated"


def spared(play: str) -> Callable[[str], bool]:
    return lambda account: held_out_of_play(account, play, 0.3, "s")


def spared_all(account: str) -> bool:
    return held_out_of_all(account, 0.3, "s")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (chosen("one", "s"), chosen("two", "s")),
        (chosen("one", "s"), chosen("one", "t")),
        (chosen("p", "s"), spared("p")),
        (chosen("p", "s"), spared_all),
        (spared("q"), spared("p")),
        (spared_all, spared("p")),
    ],
)
def test_two_draws_have_nothing_to_do_with_each_other(
    left: Callable[[str], bool], right: Callable[[str], bool]
) -> None:
    table = [[1, 1], [1, 1]]
    for i in IDS:
        table[left(i)][right(i)] += 1
    assert stats.chi2_contingency(table).pvalue > 0.001


@given(st.text(), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_hold_out_keeps_those_held_out_before(
    account: str, one: float, two: float
) -> None:
    small, large = sorted((one, two))
    assert held_out_of_all(account, large, "s") >= held_out_of_all(account, small, "s")
    assert held_out_of_play(account, "p", large, "s") >= held_out_of_play(account, "p", small, "s")


@given(st.text(), st.text(), st.dictionaries(st.text(), st.floats(1e-6, 1e6), min_size=1))
def test_everybody_gets_one_of_the_arms_always_the_same(
    account: str, key: str, weights: dict[str, float]
) -> None:
    assert arm(account, key, weights, "s") in weights
    doubled = {name: 2 * weight for name, weight in weights.items()}
    assert arm(account, key, weights, "s") == arm(account, key, doubled, "s")


@pytest.mark.parametrize("weights", [{}, {"a": 0.0, "b": 1.0}, {"a": -1.0, "b": 2.0}])
def test_an_arm_without_weight_is_refused(weights: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="weight above 0"):
        arm("acme", "k", weights, "s")
