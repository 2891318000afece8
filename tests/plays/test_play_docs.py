"""The examples of docs/rules/plays.md and message-check.md work, and their tables are complete."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from tenure.plays import check, reasons
from tenure.plays.pages import form

RULES = Path(__file__).parents[2] / "docs/rules"


@pytest.mark.parametrize("page", ["plays.md", "message-check.md"])
def test_the_examples_work(page: str) -> None:
    found = doctest.testfile(
        str(RULES / page), module_relative=False, optionflags=doctest.IGNORE_EXCEPTION_DETAIL
    )
    assert found.attempted > 2
    assert found.failed == 0


def _table(page: str, heading: str) -> set[str]:
    text = (RULES / page).read_text("utf-8")
    start = text.index(f"| {heading} |")
    return set(re.findall(r"^\| ([a-z_-]+) \|", text[start:].split("\n\n")[0], re.M)) - {heading}


def test_every_trigger_and_step_is_explained() -> None:
    assert set(form.TRIGGERS) == _table("plays.md", "trigger")
    assert set(form.STEPS) <= _table("plays.md", "step")


def test_every_rule_of_the_message_check_is_explained() -> None:
    source = Path(check.__file__).read_text("utf-8")
    assert set(re.findall(r'Warning\(\s*"([a-z-]+)"', source)) == _table("message-check.md", "rule")


def test_evidence_is_written_as_it_is_shown() -> None:
    assert doctest.testmod(reasons).failed == 0
