"""The examples in docs/rules/restraint.md work, and its tables are complete."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

from tenure.channels import policy, settings

PAGE = Path(__file__).parents[2] / "docs/rules/restraint.md"


def test_the_examples_work() -> None:
    found = doctest.testfile(str(PAGE), module_relative=False)
    assert found.attempted > 5
    assert found.failed == 0


def test_every_rule_of_the_gate_is_explained() -> None:
    source = Path(policy.__file__).read_text("utf-8")
    rules = set(re.findall(r'Decision\(\s*"\w+",\s*"([a-z-]+)"', source))
    rules |= set(re.findall(r'until, "([a-z-]+)"', source)) | {"cap"}
    explained = set(re.findall(r"^\| ([a-z-]+) \|", PAGE.read_text("utf-8"), re.MULTILINE))
    assert rules == explained - {"rule"}


def test_transactional_purposes_are_the_ones_named() -> None:
    found = {n for n, p in settings.packaged().purposes.items() if p.category == "transactional"}
    assert f"Transactional purposes ({', '.join(sorted(found))})" in PAGE.read_text("utf-8")
