"""The examples and numbers in docs/rules/churn-studied.md are those of the policy."""

from __future__ import annotations

import doctest
from pathlib import Path

from tenure.learning.investigations import months, settings

PAGE = Path(__file__).parents[3] / "docs/rules/churn-studied.md"


def test_the_examples_work() -> None:
    found = doctest.testfile(str(PAGE), module_relative=False)
    assert found.attempted > 4
    assert found.failed == 0
    assert doctest.testmod(months).failed == 0


def test_every_measured_evidence_and_number_is_told() -> None:
    text, policy = PAGE.read_text("utf-8"), settings.packaged()
    for name in settings.MEASURED:
        assert f"`{name}`" in text
    for value in (
        policy.running.look_back_days, policy.warnings.gap_days, policy.warnings.fresh_days,
        policy.warnings.answer_days, policy.verdict.least_lead_days,
        policy.verdict.slow_reply_hours, policy.interview.first_seen_days,
    ):  # fmt: skip
        assert f"{value:g}" in text
