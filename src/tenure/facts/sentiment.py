"""Tickets and survey answers that came without a sentiment get that of their words, and say so.

Who scores is the policy document ``sentiment``. Where its model cannot be used any more (its folder
is gone), facts are taken in all the same, scored by the lexicon; ``tenure doctor`` says so.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenure.analytics import toml
from tenure.analytics.errors import SpecError
from tenure.analytics.text.sentiment import (
    TextPolicy,
    default_text,
    parse_text,
    sentiments,
    told_by,
)
from tenure.core import policy

log = logging.getLogger("tenure.facts")
DOCUMENT, BY = "sentiment", "sentiment_by"
PACKAGED = Path(toml.__file__).parent / "text" / "sentiment.toml"
_TABLE, _TEXTS = "tickets", ("subject", "body")
_ANSWERS = "responses"


def documents() -> tuple[policy.PolicyDocument, ...]:
    """What a workspace may change of it."""
    about = "Who scores the tone of texts: the lexicon, or a model of your own."
    return (
        policy.PolicyDocument(
            DOCUMENT, "Sentiment", PACKAGED, parse_text, about, permission=policy.GOVERN
        ),
    )


def tones(texts: Sequence[str | None]) -> tuple[list[float | None], str]:
    """The scores of texts as the workspace has them scored, and by whom."""
    try:
        rules: TextPolicy = policy.load(DOCUMENT)
        return sentiments(texts, rules), told_by(rules)
    except SpecError as fault:
        log.warning("texts are scored by the lexicon: %s", fault)
        return sentiments(texts), told_by(default_text())


def filled(table: str, facts: pa.Table) -> pa.Table:
    """The facts with ``sentiment`` filled in where it is empty and the words tell one: in the
    column of tickets, in the properties of survey answers. What the sender gave is kept; ids are
    not touched."""
    if table == _ANSWERS and facts.num_rows:
        return _answers(facts)
    if table != _TABLE or not facts.num_rows:
        return facts
    texts = [pc.fill_null(facts[name].cast(pa.string()), "") for name in _TEXTS]
    words = pc.binary_join_element_wise(*texts, "\n").to_numpy(zero_copy_only=False)
    wanted = np.flatnonzero(
        pc.and_(pc.is_null(facts["sentiment"]), pc.greater(pc.utf8_length(pa.array(words)), 1))
    )
    scored, by = tones(words[wanted].tolist())
    told = {r: v for r, v in zip(wanted.tolist(), scored, strict=True) if v is not None}
    if not told:
        return facts
    scores, more = facts["sentiment"].to_pylist(), facts["properties"].to_pylist()
    for row, value in told.items():
        scores[row] = value
        more[row] = json.dumps({**json.loads(more[row] or "{}"), BY: by}, ensure_ascii=False)
    for name, column in (("sentiment", scores), ("properties", more)):
        place = facts.schema.get_field_index(name)
        facts = facts.set_column(place, facts.schema.field(name), pa.array(column))
    return facts


def _answers(facts: pa.Table) -> pa.Table:
    comments, more = facts["comment"].to_pylist(), facts["properties"].to_pylist()
    kept = [json.loads(text or "{}") for text in more]
    wanted = [n for n, c in enumerate(comments) if c and "sentiment" not in kept[n]]
    scored, by = tones([comments[n] for n in wanted])
    for row, value in zip(wanted, scored, strict=True):
        if value is not None:
            told = {**kept[row], "sentiment": value, BY: by}
            more[row] = json.dumps(told, ensure_ascii=False)
    place = facts.schema.get_field_index("properties")
    return facts.set_column(place, facts.schema.field("properties"), pa.array(more, pa.string()))
