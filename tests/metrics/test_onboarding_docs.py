"""The examples of the page about onboarding, and of the docstrings behind it, work."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs/rules/onboarding.md"


def test_the_examples_of_the_page_work() -> None:
    found = doctest.testfile(str(PAGE), module_relative=False)
    assert (found.attempted, found.failed) == (6, 0)


@pytest.mark.parametrize(
    "name",
    [
        "analytics.onboarding.measuring",
        "analytics.onboarding.policy",
        "metrics.onboarding.pages.views",
    ],
)
def test_the_examples_of_the_docstrings_work(name: str) -> None:
    found = doctest.testmod(importlib.import_module(f"tenure.{name}"))
    assert found.attempted > 0
    assert found.failed == 0
