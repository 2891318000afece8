"""Mappings: what goes where, and how a wrong one is put right."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from tenure.analytics.errors import SpecError
from tenure.connectors.files.mapping import LINE, parse_terms, plan, written


def mapped(table: str, rows: dict[str, list[Any]], *items: str, only: tuple[str, ...] = ()) -> Any:
    chunk = pa.table({**rows, LINE: list(range(2, 2 + len(next(iter(rows.values())))))})
    found = plan(table, list(rows), parse_terms(items), only).apply(chunk)
    return found.drop_columns([LINE]).to_pylist(), found[LINE].to_pylist()


EVENT = {"who": ["a", "b"], "what": ["X", "Y"], "when": ["2024-01-01", "2024-01-02"]}
TERMS = ("account_id=who", "event=what", "timestamp=when")


def test_columns_are_renamed() -> None:
    rows, _ = mapped("events", EVENT, *TERMS)
    assert rows[0] == {"account_id": "a", "event": "X", "timestamp": "2024-01-01"}


def test_constants_and_templates() -> None:
    items = ("account_id={who}/{what}", "event==Login = in", "timestamp=when")
    rows, _ = mapped("events", EVENT, *items)
    assert (rows[0]["account_id"], rows[0]["event"]) == ("a/X", "Login = in")


def test_one_column_may_feed_several_fields() -> None:
    rows, _ = mapped("events", EVENT, *TERMS, "person_id=who")
    assert rows[1]["account_id"] == rows[1]["person_id"] == "b"


def test_names_fit_in_other_spellings() -> None:
    rows, _ = mapped("accounts", {"Account ID": ["1"], "createdAt": ["2024-01-01"], "x": [1]})
    assert rows == [{"account_id": "1", "created_at": "2024-01-01", "x": 1}]


def test_a_mapped_field_wins_over_a_column_of_its_name() -> None:
    rows, _ = mapped("events", {**EVENT, "event": ["e", "f"]}, *TERMS)
    assert rows[0]["event"] == "X"
    assert rows[0]["event_in_file"] == "e"


@pytest.mark.parametrize(
    ("condition", "lines"),
    [("what=x", [2]), ("what!=X", [3]), ("n>1", [3]), ("n<=1", [2]), ("when>=2024-01-02", [3])],
)
def test_only_some_rows(condition: str, lines: list[int]) -> None:
    assert mapped("events", {**EVENT, "n": [1, 2]}, *TERMS, only=(condition,))[1] == lines


@pytest.mark.parametrize(
    ("items", "says"),
    [
        (("account_id=whoo", *TERMS[1:]), "the closest are who"),
        (("acount_id=who",), "did you mean account_id"),
        (TERMS[:2], "events needs it"),
        (("account_id",), "no ="),
        (("a=who", "a=what"), "given twice"),
    ],
)
def test_a_wrong_mapping_names_the_remedy(items: tuple[str, ...], says: str) -> None:
    with pytest.raises(SpecError, match=says):
        mapped("events", EVENT, *items)


def test_an_unknown_table_or_condition() -> None:
    with pytest.raises(SpecError, match="did you mean events"):
        mapped("event", EVENT)
    with pytest.raises(SpecError, match="is no condition"):
        mapped("events", EVENT, *TERMS, only=("what",))


def test_mappings_are_kept_as_they_are_written() -> None:
    terms = parse_terms(["a=b", "c==USD", "d={x}-{y}"])
    assert parse_terms(f"{k}={v}" for k, v in written(terms).items()) == terms
