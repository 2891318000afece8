"""The examples in the pages about the cancel flow, and in its docstrings, work."""

from __future__ import annotations

import doctest
import importlib
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tenure.channels.in_app import tokens
from tenure.channels.settings import packaged as channels
from tenure.programs.cancel.pages.acting import ACTS
from tenure.programs.cancel.settings import packaged

DOCS = Path(__file__).parents[3] / "docs"
HOW_TO = (DOCS / "how-to/cancel-flow.md").read_text("utf-8")
RULES = DOCS / "rules/cancel-flow.md"


def test_the_examples_of_the_rules_work() -> None:
    found = doctest.testfile(str(RULES), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert found.attempted > 20
    assert found.failed == 0


@pytest.mark.parametrize("name", ["workflow", "plans", "settings"])
def test_the_examples_of_the_docstrings_work(name: str) -> None:
    found = doctest.testmod(importlib.import_module(f"tenure.programs.cancel.{name}"))
    assert found.attempted > 0
    assert found.failed == 0


def test_the_phrases_are_found() -> None:
    assert doctest.testmod(importlib.import_module("tenure.channels.wording")).failed == 0


def test_the_example_signs_a_token_that_may_cancel() -> None:
    code = re.search(r"```python\n(.*?)```", HOW_TO, re.DOTALL)
    assert code
    room: dict[str, Any] = {}
    exec(code.group(1), room)
    token = room["cancel_token"]("app_1", "tns_secret", "ann", "acme")
    parts = tokens.take_apart(token)
    holder = tokens.believe(parts, ["tns_secret"], channels().in_app, datetime.now(UTC))
    assert (holder.person_id, holder.may) == ("ann", frozenset({"cancel"}))


def test_every_act_and_every_fact_is_named() -> None:
    assert [act for act in ACTS if f"`{act}`" not in HOW_TO] == []
    sources = Path(__file__).parents[3] / "src/tenure/programs/cancel"
    told = set()
    for path in sources.glob("*.py"):
        told |= set(re.findall(r'emit\(\s*\S+, "(\w+)"', path.read_text("utf-8")))
    assert len(told) > 5
    assert [fact for fact in told if f"_{fact}`" not in HOW_TO] == []


def test_the_table_of_offers_is_the_packaged_one() -> None:
    numbers, text = packaged(), RULES.read_text("utf-8")
    for offer in numbers.offers:
        if offer.kind == "discount":
            assert f"{offer.percent} % off" in text
    assert f"within {numbers.guardrails.discount_cooldown_days} days" in text
    assert f"within {numbers.guardrails.pause_cooldown_days} days" in text
    assert f"for {numbers.running.open_hours} hours" in text
