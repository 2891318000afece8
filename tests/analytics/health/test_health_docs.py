"""The examples in the pages about health, risk, segments, stages and validation work."""

import doctest
import re
from pathlib import Path

import pytest

from tenure.analytics.health import PACKAGED, packaged_model, parse_model
from tenure.analytics.health.curves import Curve
from tenure.analytics.health.risk import default_risk
from tenure.analytics.segments import default_segments, parse_rule
from tenure.analytics.signals.registry import default_registry
from tenure.analytics.stages import default_stages
from tenure.analytics.toml import parse, read
from tenure.analytics.validation.policy import default_validation

RULES = Path(__file__).parents[3] / "docs" / "rules"
PAGES = ("health-models", "churn-risk", "segments", "stages", "validation")


def page(name: str) -> str:
    return (RULES / f"{name}.md").read_text("utf-8")


def examples(name: str, kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", page(name), re.S)


@pytest.mark.parametrize("name", PAGES)
def test_python_examples_give_what_they_say(name: str) -> None:
    result = doctest.testfile(str(RULES / f"{name}.md"), module_relative=False)
    assert result.attempted > 3
    assert result.failed == 0


def test_curves_of_the_page_are_accepted() -> None:
    found = examples("health-models", "toml")
    assert len(found) == 3
    for text in found:
        parse(Curve, "example", read("example", text))


def test_the_own_model_of_the_page_is_accepted() -> None:
    (text,) = examples("health-models", "model")
    model = parse_model("own_model", text, known=default_registry().signals)
    assert [v.name for v in model.variants] == ["segment:enterprise", "stage:onboarding"]


def test_rules_of_the_page_are_accepted() -> None:
    known = {*default_registry().signals, "risk_level", "stage"}
    for text in examples("segments", "rule"):
        parse_rule("example", text, known)


def test_the_pages_name_every_model_segment_stage_and_level() -> None:
    for name in PACKAGED:
        assert f"`{name}`" in page("health-models")
        for dimension in packaged_model(name).dimensions:
            words = dimension.title.lower().replace("login frequency", "login").split()[0]
            assert words in page("health-models").lower()
    assert all(f"`{name}`" in page("segments") for name in default_segments())
    assert all(f"`{stage.name}`" in page("stages") for stage in default_stages().stages)
    for level in default_risk().levels:
        assert f"| {level.name} | {level.min:g}-{level.max:g} |" in page("churn-risk")


def test_numbers_of_the_pages_are_those_of_policy() -> None:
    numbers, text = default_validation(), page("validation")
    assert f"fewer than {numbers.min_churned} accounts churned" in text
    assert f"below {numbers.predicts_from}" in text
    assert f"below {numbers.weak_from}" in text
    assert f"at most {numbers.max_dates}" in text
    assert f"at most {numbers.standing_days} days old" in text
    for level, effect in default_risk().effects.items():
        assert f"| {level} | {effect.weight:.2f} |" in page("churn-risk")
