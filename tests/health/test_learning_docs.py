"""The examples in the pages about proving and learning, and in the docstrings behind them, work."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

RULES = Path(__file__).parents[2] / "docs/rules"


@pytest.mark.parametrize("page", ["validation.md", "learned-models.md"])
def test_the_examples_of_the_pages_work(page: str) -> None:
    found = doctest.testfile(str(RULES / page), module_relative=False)
    assert found.attempted >= 2
    assert found.failed == 0


@pytest.mark.parametrize(
    "name",
    [
        "analytics.validation.roc",
        "analytics.validation.calibration",
        "analytics.validation.proposing",
        "analytics.prediction.drift",
        "analytics.prediction.scorecard",
        "analytics.validation.policy",
        "health.learned.predicting",
    ],
)
def test_the_examples_of_the_docstrings_work(name: str) -> None:
    module = importlib.import_module(f"tenure.{name}")
    found = doctest.testmod(module, extraglobs={"np": importlib.import_module("numpy")})
    assert found.attempted > 0
    assert found.failed == 0
