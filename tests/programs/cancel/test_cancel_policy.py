"""What no version of the policy can do to customers."""

from __future__ import annotations

import pytest

from tenure.analytics.errors import SpecError
from tenure.programs.cancel import settings

TEXT = settings.DEFAULT.read_text("utf-8")


def test_the_packaged_policy_holds_every_reason_and_two_languages() -> None:
    found = settings.packaged()
    assert {r.name for r in found.reasons} == {
        "too_expensive", "not_using", "missing_feature", "switching", "technical", "temporary",
        "no_longer_needed", "poor_experience", "other",
    }  # fmt: skip
    assert found.languages == ("en", "de")
    assert set(found.words["en"]) == set(found.words["de"])
    assert found.language("de-AT") == "de"
    assert found.language("fr") == "en"


@pytest.mark.parametrize(
    ("old", "new", "key", "problem"),
    [
        ("percent = 25", "percent = 50", "offers.0", "half the price"),
        ("percent = 25", "percent = 0", "offers.0", "from 1 to 49"),
        ("[[offers]]\nname = \"pause\"\nkind = \"pause\"\nmonths = 3",
         "[[offers]]\nname = \"pause\"\nkind = \"pause\"\nmonths = 4", "offers.4", "1 to 3 months"),
        ("discount_cooldown_days = 365", "discount_cooldown_days = 0",
         "guardrails.discount_cooldown_days", "180"),
        ("pause_cooldown_days = 180", "pause_cooldown_days = 30",
         "guardrails.pause_cooldown_days", "90"),
        ("Before you go", "We miss you already", "words.en.offer_title", "guilt"),
        ("Bevor Sie gehen", "Ihre letzte Chance", "words.de.offer_title", "presses for time"),
        ("No, continue to cancel", "No, I don’t want to save", "words.en.no", "guilt"),
        ("Take {percent} % off", "Act now", "offers.discount.yes.en", "presses for time"),
        ("Take {percent} % off", "Take {price}", "offers.discount.yes.en", "names {price}"),
        ('cancel = "Cancel my subscription"\n', "", "words.en.cancel", "missing"),
        ('de = "Es ist uns zu teuer"', 'fr = "x"', "reasons.too_expensive.text", "not said"),
        ('provider = "ledger"', 'provider = "moneta"', "running.provider", "no billing system"),
        ('offers = ["discount", "downgrade"]', 'offers = ["gift"]', "(file)", "'gift'"),
        ("arms = { control = 0.1, offers = 0.9 }", "arms = { control = 1.0 }", "split", "no split"),
    ],
)  # fmt: skip
def test_it_is_refused_with_the_key_and_what_is_wrong(
    old: str, new: str, key: str, problem: str
) -> None:
    assert old in TEXT
    with pytest.raises(SpecError) as caught:
        settings.parse("cancel.toml", TEXT.replace(old, new, 1))
    assert caught.value.key == key
    assert problem in caught.value.problem
    assert caught.value.remedy


def test_more_than_two_offers_in_a_visit_are_no_matter_of_policy() -> None:
    with pytest.raises(SpecError) as caught:
        settings.parse("cancel.toml", TEXT.replace("[guardrails]", "[guardrails]\nmost_shown = 5"))
    assert caught.value.key == "guardrails.most_shown"
