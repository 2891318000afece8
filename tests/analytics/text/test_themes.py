"""Themes are told by their words, in any language words are given in."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.analytics.errors import SpecError
from tenure.analytics.text import themes as module
from tenure.analytics.text.themes import default_themes, parse_themes, themes, themes_of


def test_the_examples_work() -> None:
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("It is too expensive for us", ["price"]),
        ("I was charged twice, please refund me", ["billing"]),
        ("I cannot log in, my password is not accepted", ["access"]),
        ("The dashboard crashes with an error", ["fault"]),
        ("Pages take forever: so slow", ["speed"]),
        ("Please export to CSV over the API", ["integration"]),
        ("Die Rechnung ist falsch", ["billing", "fault"]),
        ("We no longer need it, the project ended", ["need"]),
        ("I can’t access my account", ["access"]),
        ("priceless", ["price"]),
        ("A pinnacle of coffee", []),  # no pin, no fee
    ],
)
def test_what_a_text_is_about(text: str, told: list[str]) -> None:
    assert sorted(themes(text)) == sorted(told)


def test_the_theme_with_most_words_comes_first_and_there_are_not_many() -> None:
    assert themes("slow, loading, pending, and an invoice")[0] == "speed"
    rules = default_themes()
    every = " ".join(theme.words[0].rstrip("*") for theme in rules.themes.values())
    assert len(themes(every)) == rules.most_themes


def test_only_so_many_characters_are_read() -> None:
    rules = default_themes()
    assert themes("x " * rules.most_characters + "too expensive") == []


@given(st.text(max_size=300))
def test_any_text_is_borne_and_case_means_nothing(text: str) -> None:
    told = themes(text)
    assert set(told) <= set(default_themes().themes)
    if text.isascii():
        assert sorted(told) == sorted(themes(text.upper()))


def test_many_texts_are_told_as_each_alone() -> None:
    texts = ["too slow", None, "too slow", "an invoice"]
    assert themes_of(texts) == [themes(t) for t in texts]


@pytest.mark.parametrize("word", ["Price", "two  spaces", "mid*dle", "*", ""])
def test_words_that_could_not_match_are_refused(word: str) -> None:
    text = f'most_characters = 100\nmost_themes = 2\n[themes.x]\ntitle = "X"\nwords = ["{word}"]\n'
    with pytest.raises(SpecError):
        parse_themes("themes", text)
