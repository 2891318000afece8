"""The page about indicators says what policy says, and its examples work."""

from __future__ import annotations

import doctest
from pathlib import Path

from tenure.analytics.indicators.policy import packaged

PAGE = Path(__file__).parents[3] / "docs/rules/indicators.md"


def test_the_examples_give_what_they_say() -> None:
    result = doctest.testfile(str(PAGE), module_relative=False)
    assert (result.attempted > 5, result.failed) == (True, 0)


def test_every_indicator_has_its_row_and_cadence() -> None:
    text, found = PAGE.read_text("utf-8"), packaged()
    for name, of in found.indicators.items():
        assert f"| `{name}` | {of.cadence} |" in text
    assert f"`step`\n({found.learning.step}), up to `most` ({found.learning.most}) times" in text
