"""The examples of docs/rules/stripe.md work."""

from __future__ import annotations

import doctest
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs/rules/stripe.md"


def test_the_examples_of_the_page_work() -> None:
    found = doctest.testfile(str(PAGE), module_relative=False)
    assert (found.attempted > 2, found.failed) == (True, 0)
