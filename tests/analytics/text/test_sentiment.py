"""Sentiment of texts, and tickets that came without one."""

from __future__ import annotations

import doctest
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from people import NOW

from tenure.analytics.text import lexicon
from tenure.analytics.text import sentiment as room
from tenure.analytics.text.lexicon import Valence, valence
from tenure.analytics.text.sentiment import default_text, looks_english, sentiment, sentiments
from tenure.facts.validate import accept

PAGE = Path(__file__).parents[3] / "docs/rules/text.md"


def test_the_examples_work() -> None:
    assert doctest.testmod(room).failed == 0
    assert doctest.testmod(lexicon).failed == 0
    found = doctest.testfile(str(PAGE), module_relative=False)
    assert found.attempted
    assert found.failed == 0


def test_a_score_is_that_of_the_paper_by_hand() -> None:
    # "good" is rated 1.9: 1.9 / sqrt(1.9^2 + 15); "not" turns it by -0.74.
    assert sentiment("good") == pytest.approx(1.9 / (1.9**2 + 15) ** 0.5, abs=1e-4)
    turned = 1.9 * -0.74
    assert sentiment("not good") == pytest.approx(turned / (turned**2 + 15) ** 0.5, abs=1e-4)


def test_scores_are_those_of_the_last_release_of_vader() -> None:
    """Recorded from vaderSentiment 3.3.2: its own examples, and words thrown together by chance, so
    that every rule meets every other."""
    recorded = json.loads((Path(__file__).parent / "vader_recorded.json").read_text("utf-8"))
    assert len(recorded) > 500
    for text, compound, neutral in recorded:
        assert valence(text) == Valence(compound, neutral), text


@given(st.text(max_size=80))
def test_any_text_has_a_valence_between_the_ends(text: str) -> None:
    found = valence(text)
    assert -1 <= found.compound <= 1
    assert 0 <= found.neutral <= 1


@pytest.mark.parametrize("text", [
    None, "", "   ", "Where do I find the invoice of March?",
    "Die Software ist leider sehr langsam und wir sind nicht zufrieden",  # "die" is no death here
    "Le service est nul et nous sommes en colère", "El soporte no responde y la app falla",
    "Очень плохо", "サポートがひどい",
])  # fmt: skip
def test_what_tells_nothing_or_is_not_english_gets_no_score(text: str | None) -> None:
    assert sentiment(text) is None


def test_equal_texts_are_scored_once_and_order_is_kept() -> None:
    assert sentiments(["bad", None, "good", "bad"]) == [
        sentiment("bad"), None, sentiment("good"), sentiment("bad"),
    ]  # fmt: skip


def test_a_long_text_of_names_and_numbers_is_not_taken_for_english() -> None:
    assert not looks_english(
        "Error Kappa Lambda Sigma Omega Theta Alpha Beta Gamma", default_text()
    )


def tickets(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    base = {"account_id": "a", "opened_at": "2026-02-01T10:00:00Z"}
    given = [{"ticket_id": f"t{n}", **base, **row} for n, row in enumerate(rows)]
    facts, refused = accept("tickets", given, now=NOW, source="desk")
    assert refused == []
    return facts.to_pylist()


@pytest.mark.django_db
def test_a_ticket_without_a_sentiment_gets_that_of_its_words() -> None:
    told = tickets(
        {"subject": "Broken again", "body": "This is terrible, I am very angry."},
        {"subject": "Terrible", "sentiment": 0.9},  # the desk knows better
        {"subject": "Invoice of March"},
        {"body": "Thank you, great help!", "order": 7},
    )
    assert told[0]["sentiment"] < -0.6
    assert json.loads(told[0]["properties"])["sentiment_by"] == "vader"
    assert (told[1]["sentiment"], told[1]["properties"]) == (0.9, None)
    assert (told[2]["sentiment"], told[2]["properties"]) == (None, None)
    assert told[3]["sentiment"] > 0.6
    assert json.loads(told[3]["properties"]) == {"order": 7, "sentiment_by": "vader"}


@pytest.mark.django_db
def test_the_same_ticket_again_is_the_same_fact() -> None:
    one, two = (tickets({"subject": "Awful"})[0]["message_id"] for _ in range(2))
    assert one == two


@pytest.mark.django_db
def test_a_survey_answer_gets_the_tone_of_its_words_and_keeps_one_that_was_given() -> None:
    base = {"account_id": "a", "survey": "nps", "responded_at": "2026-02-01T10:00:00Z"}
    rows = [
        {"response_id": "r1", "comment": "This is terrible."},
        {"response_id": "r2", "comment": "This is terrible.", "sentiment": 0.4},
        {"response_id": "r3", "score": 9},
    ]
    facts, refused = accept("responses", [{**base, **r} for r in rows], now=NOW, source="desk")
    assert refused == []
    told = [json.loads(text or "{}") for text in facts["properties"].to_pylist()]
    assert told[0]["sentiment"] < -0.3
    assert told[0]["sentiment_by"] == "vader"
    assert told[1:] == [{"sentiment": 0.4}, {}]
