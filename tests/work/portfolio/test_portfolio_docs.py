"""The examples in docs/rules/portfolio.md work, and its table is what policy says."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

from tenure.work.portfolio import policy

PAGE = Path(__file__).parents[3] / "docs/rules/portfolio.md"


def test_the_examples_work() -> None:
    found = doctest.testfile(str(PAGE), module_relative=False)
    assert found.attempted > 15
    assert found.failed == 0


def test_the_table_of_promises_is_complete() -> None:
    told = re.findall(
        r"^\| (\w+) \| ([\w -]+?) \| (\d+) days \| (?:the|a) ", PAGE.read_text("utf-8"), re.M
    )
    numbers = policy.packaged()
    assert told == [
        (tier, _lower(numbers.touches[p.touch].title), str(p.every_days))
        for tier, spec in numbers.tiers.items()
        for p in spec.owed
    ]


def test_the_table_of_hand_offs_is_complete() -> None:
    told = re.findall(r"^\| (\w+) \| an? ([\w ]+) \| (\d+) days \|$", PAGE.read_text("utf-8"), re.M)
    kinds = policy.packaged().hand_offs
    assert [(name, to.lower().replace(" ", "_"), days) for name, to, days in told] == [
        (name, kind.to.removeprefix("role:"), str(kind.due_days)) for name, kind in kinds.items()
    ]


def _lower(title: str) -> str:
    return title[0].lower() + title[1:]
