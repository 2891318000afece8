"""Numbers and amounts as text: never read as two things, never rounded."""

from __future__ import annotations

import doctest
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.analytics import money
from tenure.connectors.files import mapping, outcome
from tenure.facts import number_texts
from tenure.facts.casts import Reading
from tenure.facts.number_texts import Column, read
from tenure.facts.validate import accept

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def value(text: str, sign: Any = "") -> Decimal | None:
    found = read(text, sign)
    return found.value if found else None


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("49,90", "49.90"), ("1.250,00", "1250"), ("1,249.00", "1249"), ("1.250.000", "1250000"),
        ("12,34,567.89", "1234567.89"), ("1'250.50", "1250.5"), ("1\u202f250,5", "1250.5"),
        ("1 250", "1250"), ("0.125", "0.125"), ("12345.678", "12345.678"), (".5", "0.5"),
        ("(12.50)", "-12.5"), ("12.50-", "-12.5"), ("-20", "-20"), ("+5", "5"), ("1e3", "1000"),
        ("€ 1.250,00", "1250"), ("$1,249.00", "1249"), ("49.90 USD", "49.9"), ("-€5", "-5"),
        ("5.", "5"), ("Rs. 500", "500"),
    ],
)  # fmt: skip
def test_a_number_that_means_one_thing_is_read(text: str, meant: str) -> None:
    assert value(text) == Decimal(meant)


@pytest.mark.parametrize("text", ["1.000", "999,999", "€1.000", "-1,250"])
def test_a_number_that_may_mean_two_things_needs_the_decimal_sign(text: str) -> None:
    assert value(text) is None
    point, comma = value(text, "."), value(text, ",")
    assert point is not None
    assert comma is not None
    assert point != comma


@pytest.mark.parametrize(
    "text",
    ["", "abc", "1.2.3", "1,,2", "1,23,4", "--5", "(5", "5 6 7", "1.234,56.7", "0.125,5.", "€5€"],
)
def test_what_is_no_number_is_none(text: str) -> None:
    assert value(text) is None


WHOLE = st.integers(0, 10**12)


@given(WHOLE, st.integers(0, 99), st.sampled_from([(",", "."), (".", ","), (" ", ","), ("'", ".")]))
def test_an_amount_with_cents_is_read_back_whatever_its_signs(
    whole: int, cents: int, signs: tuple[str, str]
) -> None:
    group, sign = signs
    text = f"{whole:,}".replace(",", group) + f"{sign}{cents:02d}"
    meant = Decimal(whole) + Decimal(cents) / 100
    assert value(text) == meant == value(text, sign)


@given(WHOLE, st.sampled_from([",", "."]))
def test_a_whole_amount_is_read_right_or_not_at_all(whole: int, group: str) -> None:
    text = f"{whole:,}".replace(",", group)
    assert value(text) in (whole, None)
    assert value(text, "." if group == "," else ",") == whole


@given(st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 99)), min_size=1))
def test_a_column_shows_its_sign_or_is_asked_about(amounts: list[tuple[int, int]]) -> None:
    texts = [f"{w:,}".replace(",", ".") + (f",{c:02d}" if c else "") for w, c in amounts]
    column = Column()
    column.look(texts)
    sign = column.sign()
    if sign is None:
        assert column.unclear
    else:
        meant = [Decimal(w) + Decimal(c) / 100 for w, c in amounts]
        assert [value(t, sign) for t in texts] == meant


def subscription(**fields: Any) -> dict[str, Any]:
    base = {"subscription_id": "s", "account_id": "a", "started_at": "2026-01-01"}
    return {**base, "currency": "USD", **fields}


def take(row: dict[str, Any], **reading: Any) -> Any:
    """The fact, or the refusal."""
    good, bad = accept(
        "subscriptions", [row], now=NOW, source="s", backfill=True, reading=Reading(**reading)
    )
    return bad[0] if bad else good.to_pylist()[0]


@pytest.mark.parametrize(
    ("fields", "minor", "currency"),
    [
        ({"mrr": "€49.90", "currency": None}, 4990, "EUR"),
        ({"mrr": "49,90 EUR", "currency": ""}, 4990, "EUR"),
        ({"mrr": "$1,249.00"}, 124900, "USD"),
        ({"mrr": "$1,249.00", "currency": "CAD"}, 124900, "CAD"),
        ({"mrr": 49.9}, 4990, "USD"),
        ({"mrr": 0.1 + 0.2}, 30, "USD"),
        ({"mrr": "¥900", "currency": "JPY"}, 900, "JPY"),
        ({"mrr": "1.234", "currency": "KWD"}, None, None),
    ],
)
def test_signs_and_codes_beside_an_amount_are_read(
    fields: dict[str, Any], minor: int | None, currency: str | None
) -> None:
    found = take(subscription(**fields))
    if minor is None:
        assert "may mean" in found.reason
    else:
        assert (found["mrr_minor"], found["currency"]) == (minor, currency)


@pytest.mark.parametrize(
    ("fields", "code", "says"),
    [
        ({"mrr": "1.000"}, "not_amount", "may mean 1 or 1000"),
        ({"mrr": "49.999"}, "not_amount", "may mean 49.999 or 49999"),
        ({"mrr": 49.999}, "not_amount", "USD has 2 decimals"),
        ({"mrr": "100.5", "currency": "JPY"}, "not_amount", "JPY has 0 decimals"),
        ({"mrr": "$5", "currency": "EUR"}, "currency_differs", "the row's currency is EUR"),
        ({"mrr": "$5", "currency": None}, "currency_missing", "names no currency"),
        ({"mrr": "5 pcs"}, "not_amount", "no amount"),
        ({"mrr_minor": "49.90"}, "not_minor", "map amounts such as 49.90 to mrr"),
        ({"mrr_minor": "1.000"}, "not_minor", "may mean 1 or 1000"),
        ({"quantity": "1.000"}, "not_int", "may mean 1 or 1000"),
        ({"quantity": "5 EUR"}, "not_int", "no whole number"),
        ({"quantity": "5.5"}, "not_int", "no whole number"),
    ],
)
def test_an_amount_that_cannot_be_right_is_refused_with_the_way_out(
    fields: dict[str, Any], code: str, says: str
) -> None:
    found = take(subscription(**fields))
    assert found.code == code
    assert says in found.reason


def test_a_named_sign_reads_all_numbers_of_the_row() -> None:
    found = take(subscription(mrr="1.000", quantity="1.250"), decimal=",")
    assert (found["mrr_minor"], found["quantity"]) == (100000, 1250)
    assert "no number with the decimal sign" in take(subscription(mrr="10.50"), decimal=",").reason


def test_the_examples_hold() -> None:
    modules = (number_texts, money, outcome, mapping)
    assert sum(doctest.testmod(m).failed for m in modules) == 0
