"""Tickets and survey answers that came without a sentiment get that of their words, and say so."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenure.analytics.text.sentiment import sentiments

BY = ("sentiment_by", "vader")
_TABLE, _TEXTS = "tickets", ("subject", "body")
_ANSWERS = "responses"


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
    told = dict(zip(wanted.tolist(), sentiments(words[wanted].tolist()), strict=True))
    told = {row: value for row, value in told.items() if value is not None}
    if not told:
        return facts
    scores, more = facts["sentiment"].to_pylist(), facts["properties"].to_pylist()
    for row, value in told.items():
        scores[row] = value
        more[row] = json.dumps({**json.loads(more[row] or "{}"), BY[0]: BY[1]}, ensure_ascii=False)
    for name, column in (("sentiment", scores), ("properties", more)):
        place = facts.schema.get_field_index(name)
        facts = facts.set_column(place, facts.schema.field(name), pa.array(column))
    return facts


def _answers(facts: pa.Table) -> pa.Table:
    comments, more = facts["comment"].to_pylist(), facts["properties"].to_pylist()
    kept = [json.loads(text or "{}") for text in more]
    wanted = [n for n, c in enumerate(comments) if c and "sentiment" not in kept[n]]
    told = zip(wanted, sentiments([comments[n] for n in wanted]), strict=True)
    for row, value in [(n, v) for n, v in told if v is not None]:
        more[row] = json.dumps({**kept[row], "sentiment": value, BY[0]: BY[1]}, ensure_ascii=False)
    place = facts.schema.get_field_index("properties")
    return facts.set_column(place, facts.schema.field("properties"), pa.array(more, pa.string()))
