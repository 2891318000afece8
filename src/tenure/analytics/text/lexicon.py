"""Valence of an English text by VADER's lexicon and rules. Pure.

Hutto and Gilbert, *VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media
Text*, ICWSM 2014. A word's valence is its mean rating by people, changed by what stands within
three words before it (negations, degree words), by capitals, by idioms, and by a "but"; the sum,
with emphasis by punctuation, is normed to ``x / sqrt(x^2 + alpha)``. Numbers and word lists:
``lexicon.toml``. Equal to release 3.3.2 of vaderSentiment, to the last of its rounded digits.
"""

from __future__ import annotations

import math
import string
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

_SHORT = 2
"""A token that has no more than this left without its punctuation may be an emoticon."""


@dataclass(frozen=True)
class Valence:
    """``compound`` from -1 to 1; ``neutral``: the share of the words that say nothing."""

    compound: float
    neutral: float


def valence(text: str) -> Valence:
    """The valence of a text.

    >>> valence("The plot was good, but the dialog is not great.")
    Valence(compound=-0.5409, neutral=0.556)
    >>> valence("Catch emoji such as \N{HEART WITH ARROW}!").compound > 0
    True
    """
    plain = _spelled_out(text)
    words = [_bare(token) for token in plain.split()]
    if not words:
        return Valence(0.0, 0.0)
    lower = [word.lower() for word in words]
    mixed = 0 < sum(word.isupper() for word in words) < len(words)
    found = [_of_word(place, words, lower, mixed) for place in range(len(words))]
    _but(found, lower)
    return _summed(found, _emphasis(plain))


@cache
def _rules() -> dict[str, Any]:
    text = (files("tenure.analytics.text") / "lexicon.toml").read_text("utf-8")
    found = tomllib.loads(text)
    degrees = dict.fromkeys(found["boosters"], found["booster"])
    degrees |= dict.fromkeys(found["dampeners"], -found["booster"])
    return {**found, "negations": frozenset(found["negations"]), "degrees": degrees}


@cache
def _lexicon() -> dict[str, float]:
    return {word: float(mean) for word, mean in _lines("lexicon.txt")}


@cache
def _emoji() -> dict[str, str]:
    return dict(_lines("emoji.txt"))


def _lines(name: str) -> list[list[str]]:
    text = (files("tenure.analytics.text") / "vader" / name).read_text("utf-8")
    return [line.split("\t") for line in text.removesuffix("\n").split("\n")]


def _spelled_out(text: str) -> str:
    """Emoji as what they show, with a blank before each that stands beside another letter."""
    shown, parts, blank = _emoji(), [], True
    for letter in text:
        said = shown.get(letter)
        if said is not None and not blank:
            parts.append(" ")
        parts.append(letter if said is None else said)
        blank = said is None and letter == " "
    return "".join(parts).strip()


def _bare(token: str) -> str:
    stripped = token.strip(string.punctuation)
    return token if len(stripped) <= _SHORT else stripped


def _of_word(place: int, words: list[str], lower: list[str], mixed: bool) -> float:
    """What one word adds: 0 for those that are not in the lexicon, or only change others."""
    word, rules, rated = lower[place], _rules(), _lexicon()
    following = lower[place + 1] if place + 1 < len(lower) else ""
    if word in rules["degrees"] or (word, following) == ("kind", "of") or word not in rated:
        return 0.0
    value = _rated(place, lower, following)
    if words[place].isupper() and mixed:
        value += rules["capitals"] if value > 0 else -rules["capitals"]
    for back in range(3):
        if place > back and lower[place - back - 1] not in rated:
            value += _degree(words[place - back - 1], value, mixed) * rules["distance"][back]
            value = _negated(value, lower, place, back)
            if back == 2:
                value = _idiom(value, lower, place)
    return _least(value, lower, place)


def _rated(place: int, lower: list[str], following: str) -> float:
    """The rating, turned by a "no" before it; a "no" before a rated word has none of its own."""
    rated, before = _lexicon(), [lower[place - n] if place >= n else "" for n in (1, 2, 3)]
    value = rated[lower[place]]
    if lower[place] == "no" and following in rated:
        value = 0.0
    if "no" in before[:2] or (before[2] == "no" and before[0] in ("or", "nor")):
        value = rated[lower[place]] * float(_rules()["negation"])
    return value


def _degree(word: str, value: float, mixed: bool) -> float:
    rules = _rules()
    degree: float = rules["degrees"].get(word.lower(), 0.0)
    if not degree:
        return 0.0
    if value < 0:
        degree = -degree
    if word.isupper() and mixed:
        degree += rules["capitals"] if value > 0 else -rules["capitals"]
    return degree


def _negated(value: float, lower: list[str], place: int, back: int) -> float:
    """``back`` 0, 1, 2: the word one, two, three before; what follows it may lift its negation."""
    rules, so = _rules(), ("so", "this")
    word = lower[place - back - 1]
    between = lower[place - back : place]
    if back and word == "never" and between[0] in so:
        return value * float(rules["never_so"])
    if back == 2 and between[1] in so:  # whatever comes first, as the release has it
        return value * float(rules["never_so"])
    if back and word == "without" and "doubt" in between:
        return value
    if word in rules["negations"] or "n't" in word:
        return value * float(rules["negation"])
    return value


def _idiom(value: float, lower: list[str], place: int) -> float:
    """Idioms that end or begin at the word, and degree words of two parts before it."""
    rules = _rules()
    idioms, degrees = rules["idioms"], rules["degrees"]

    def said(first: int, last: int) -> str:
        return " ".join(lower[place + first : place + last + 1])

    ending = [said(-1, 0), said(-2, 0), said(-2, -1), said(-3, -1), said(-3, -2)]
    value = next((idioms[phrase] for phrase in ending if phrase in idioms), value)
    for last in (1, 2):
        if place + last < len(lower):
            value = idioms.get(said(0, last), value)
    for phrase in (said(-3, -1), said(-3, -2), said(-2, -1)):
        value += degrees.get(phrase, 0.0)
    return float(value)


def _least(value: float, lower: list[str], place: int) -> float:
    """ "The least good" is none; "at least" and "very least" are."""
    before = lower[place - 1] if place > 0 else ""
    if before != "least" or (place > 1 and lower[place - 2] in ("at", "very")):
        return value
    return value * float(_rules()["negation"])


def _but(found: list[float], lower: list[str]) -> None:
    """Words before a "but" count less, those after it more. Of equal valences the first is changed,
    as the release has it."""
    if "but" not in lower:
        return
    rules, turn = _rules(), lower.index("but")
    for place in range(len(found)):
        first = found.index(found[place])
        if first != turn:
            found[first] *= rules["before_but"] if first < turn else rules["after_but"]


def _emphasis(text: str) -> float:
    rules, questions = _rules(), text.count("?")
    strength = min(text.count("!"), rules["most_exclamations"]) * rules["exclamation"]
    if questions > 3:
        return float(strength + rules["many_questions"])
    return float(strength + (questions * rules["question"] if questions > 1 else 0))


def _summed(found: list[float], emphasis: float) -> Valence:
    """The sum, normed; each word that says nothing counts as one among the others."""
    total = float(sum(found))
    total += emphasis if total > 0 else -emphasis if total < 0 else 0.0
    compound = total / math.sqrt(total * total + _rules()["alpha"])
    good = sum((value + 1 for value in found if value > 0), 0.0)
    bad = sum((1 - value for value in found if value < 0), 0.0)
    neutral = sum(value == 0 for value in found)
    weight = good + bad + neutral + (emphasis if good != bad else 0.0)
    return Valence(round(max(-1.0, min(1.0, compound)), 4), round(neutral / weight, 3))
