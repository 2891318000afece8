"""The page about experiments: its examples work, and its numbers are those of policy."""

from __future__ import annotations

import doctest
from pathlib import Path

from tenure.analytics.experiments.policy import VERDICTS, default_experiments

PAGE = Path(__file__).parents[3] / "docs/rules/experiments.md"


def test_python_examples_give_what_they_say() -> None:
    done = doctest.testfile(str(PAGE), module_relative=False)
    assert done.attempted > 10
    assert done.failed == 0


def test_every_verdict_and_number_of_policy_is_on_the_page() -> None:
    text, numbers = PAGE.read_text("utf-8"), default_experiments()
    assert all(f"| `{name}` |" in text for name in VERDICTS)
    for said in (
        f"p = {numbers.sample_ratio_p}",
        f"fewer than {numbers.min_sample} units",
        f"fewer than {numbers.min_events} successes",
        f"{100 * numbers.smallest_effect:g} % of control's mean",
        f"margin of {100 * numbers.guardrail_margin:g} % of control",
        f"beyond {numbers.max_days} days",
    ):
        assert said in " ".join(text.split())
