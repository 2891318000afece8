"""The page about the audit says what policy says, and its example works."""

from __future__ import annotations

import doctest
from pathlib import Path

from tenure.analytics.health import PACKAGED, packaged_model
from tenure.analytics.signals.registry import default_registry
from tenure.learning.practice_audit.checks.score import weight_of
from tenure.learning.practice_audit.policy import packaged, percent

PAGE = Path(__file__).parents[3] / "docs/rules/practice-audit.md"
TEXT = PAGE.read_text("utf-8")


def row(key: str) -> str:
    return next(line for line in TEXT.splitlines() if line.startswith(f"| `{key}` "))


def test_the_example_gives_what_it_says() -> None:
    result = doctest.testfile(str(PAGE), module_relative=False)
    assert (result.attempted > 3, result.failed) == (True, 0)


def test_every_finding_has_its_row_and_severity() -> None:
    for key, rule in packaged().findings.items():
        assert f"| `{key}` | {rule.severity} |" in TEXT


def test_weights_of_the_packaged_models_are_as_the_page_says() -> None:
    words = packaged().ground
    for name in PACKAGED:
        model = packaged_model(name)
        weight = weight_of(model, default_registry(), words.value_groups, words.value_signals)
        (line,) = (x for x in TEXT.splitlines() if x.startswith(f"| `{name}` |"))
        assert line.endswith(f"{percent(weight)} |")


def test_numbers_of_the_page_are_those_of_policy() -> None:
    for key, rule in packaged().findings.items():
        for name, number in rule.numbers.items():
            if name in ("least_events", "most_accounts") and number < 2:
                continue  # said in words: none
            if number == 0.5:
                assert "half" in row(key), (key, name)
            elif name == "term_days":
                assert f"shorter than {number:g} days" in TEXT
            else:
                said = f"{100 * number:g} %" if "share" in name else f"{number:g}"
                assert said in row(key), (key, name)
    running = packaged().running
    assert f"at most {running.accept_days} days" in TEXT
    assert f"(default: `{running.fail_on}`)" in TEXT
