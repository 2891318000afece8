"""Sentiment of a text from -1 to 1; nothing leaves the machine. By VADER's lexicon and rules (see
``lexicon``), or by a model of one's own (see ``classifier``).

The lexicon is English. A text that does not look English, or that holds no word of the lexicon,
gets no score rather than a wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field

from tenure.analytics import toml
from tenure.analytics.text.classifier import ModelPolicy, classifier
from tenure.analytics.text.lexicon import valence

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


class TextPolicy(BaseModel):
    """See ``sentiment.toml`` for what each number is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    most_characters: int = Field(ge=50)
    least_words: int = Field(ge=1)
    least_share: float = Field(ge=0, le=1)
    english: frozenset[str]
    others: frozenset[str]
    model: ModelPolicy


def parse_text(source: str, text: str) -> TextPolicy:
    """The numbers and words in the TOML ``text``, what it leaves out as packaged; SpecError if they
    are not sound, or the model they name cannot be used."""
    ours, given = toml.read(source, _packaged()), toml.read(source, text)
    model = given.get("model", {})
    told = {**ours["model"], **model} if isinstance(model, dict) else model
    found = toml.parse(TextPolicy, source, {**ours, **given, "model": told})
    if found.model.folder:
        classifier(found.model)
    return found


@lru_cache
def default_text() -> TextPolicy:
    """The packaged numbers and words."""
    return parse_text("sentiment", _packaged())


def _packaged() -> str:
    return (files("tenure.analytics.text") / "sentiment.toml").read_text("utf-8")


def sentiment(text: str | None, policy: TextPolicy | None = None) -> float | None:
    """The score of one text; None where it tells nothing.

    >>> sentiment("Great support, thank you!") > 0.5, sentiment("This is terrible.") < -0.3
    (True, True)
    >>> sentiment("Where is my invoice?") is None, sentiment("Die Hilfe war schlecht") is None
    (True, True)
    """
    rules = policy or default_text()
    read = (text or "")[: rules.most_characters]
    if not read.strip() or not looks_english(read, rules):
        return None
    found = valence(read)
    return found.compound if found.compound and found.neutral < 1.0 else None


def sentiments(texts: Iterable[str | None], policy: TextPolicy | None = None) -> list[float | None]:
    """The scores of many texts, in their order; equal texts are scored once. By the policy's own
    model where it names one, whatever the language; else by the lexicon."""
    rules, listed = policy or default_text(), list(texts)
    once = list(dict.fromkeys(listed))
    if rules.model.folder:
        asked = [text for text in once if text and text.strip()]
        told = classifier(rules.model).tones([t[: rules.most_characters] for t in asked])
        known: dict[str | None, float | None] = dict(zip(asked, told, strict=True))
    else:
        known = {text: sentiment(text, rules) for text in once}
    return [known.get(text) for text in listed]


def told_by(policy: TextPolicy) -> str:
    """Who scores: the model by its folder's name, or ``vader``."""
    return classifier(policy.model).name if policy.model.folder else "vader"


def looks_english(text: str, policy: TextPolicy) -> bool:
    """Whether the words that bind are English, as far as a text shows it.

    >>> rules = default_text()
    >>> looks_english("Love it", rules), looks_english("Le service est nul", rules)
    (True, False)
    """
    if not text.isascii() and sum(c.isascii() for c in text) < len(text) * 0.8:
        return False
    words = [w.lower().replace("’", "'") for w in _WORD.findall(text)]
    ours = sum(w in policy.english for w in words)
    if sum(w in policy.others for w in words) > ours:
        return False
    return len(words) < policy.least_words or ours >= policy.least_share * len(words)
