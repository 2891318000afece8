"""The rule language of segments, and the packaged tiers."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.analytics.errors import SpecError
from tenure.analytics.segments import default_segments, evaluate, parse_rule, parse_segments
from tenure.analytics.signals.registry import default_registry

TABLE = pa.table(
    {
        "account_id": ["a", "b", "c", "d"],
        "seats": [5.0, 50.0, None, 0.0],
        "plan_id": ["Pro", "basic", None, "pro-2"],
        "active": [True, True, False, True],
    }
)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ('field = "seats"\nop = ">="\nvalue = 5', "ab"),
        ('field = "seats"\nop = "<"\nvalue = 5', "d"),
        ('field = "seats"\nop = "!="\nvalue = 5', "bd"),
        ('field = "seats"\nop = "between"\nvalue = [0, 5]', "ad"),
        ('field = "seats"\nop = "missing"', "c"),
        ('field = "seats"\nop = "exists"', "abd"),
        ('field = "plan_id"\nop = "="\nvalue = "Pro"', "a"),
        ('field = "plan_id"\nop = "!="\nvalue = "Pro"', "bd"),
        ('field = "plan_id"\nop = "in"\nvalue = ["Pro", "basic"]', "ab"),
        ('field = "plan_id"\nop = "not_in"\nvalue = ["Pro", "basic"]', "d"),
        ('field = "plan_id"\nop = "starts_with"\nvalue = "pro"', "ad"),
        ('field = "plan_id"\nop = "contains"\nvalue = "AS"', "b"),
        ('field = "active"\nop = "="\nvalue = false', "c"),
        ('field = "plan_id"\nop = ">"\nvalue = 3', ""),
        ('field = "nowhere"\nop = ">"\nvalue = 3', ""),
        ('field = "nowhere"\nop = "missing"', "abcd"),
        ('not = { field = "seats", op = ">=", value = 5 }', "cd"),
        ("all = []", "abcd"),
        ("any = []", ""),
        (
            'any = [{field = "seats", op = ">", value = 9}, {field = "plan_id", op = "missing"}]',
            "bc",
        ),
    ],
)
def test_the_language(rule: str, expected: str) -> None:
    rows = evaluate(parse_rule("own", rule), TABLE)
    assert "".join(np.array(list("abcd"))[rows]) == expected


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ('field = "seats"', "needs an op"),
        ('field = "seats"\nop = ">="', "needs a value"),
        ('field = "seats"\nop = ">="\nvalue = "many"', "needs a number"),
        ('field = "seats"\nop = "in"\nvalue = 3', "needs a list"),
        ('field = "seats"\nop = "between"\nvalue = [9, 1]', "low, high"),
        ('field = "seats"\nop = "missing"\nvalue = 1', "takes no value"),
        ('field = "seats"\nop = "around"\nvalue = 1', "input should be"),
        ('field = "seats"\nop = "="\nvalue = 1\nall = []', "exactly one"),
        ("fild = 1", "extra inputs"),
    ],
)
def test_an_unsound_rule_is_refused(rule: str, problem: str) -> None:
    with pytest.raises(SpecError, match=problem):
        parse_rule("own", rule)


def test_a_field_that_does_not_exist_is_refused_where_fields_are_known() -> None:
    with pytest.raises(SpecError, match="no field 'seets'"):
        parse_rule("own", 'field = "seets"\nop = "missing"', known={"seats"})


def test_errors_of_a_document_name_the_segment() -> None:
    with pytest.raises(SpecError, match=r"big\.rule"):
        parse_segments("segments.toml", '[big]\ntitle = "Big"\nrule = { field = "seats" }')


@given(st.one_of(st.none(), st.integers(0, 10_000_000_00)))
def test_every_account_with_a_value_is_in_exactly_one_tier(arr: int | None) -> None:
    table = pa.table({"arr_minor": pa.array([arr], pa.float64()), "currency": ["USD"]})
    tiers = [s.rule for s in default_segments().values() if s.tier]
    assert sum(bool(evaluate(rule, table)[0]) for rule in tiers) == (arr is not None)


@pytest.mark.parametrize(
    ("minor", "currency", "tier"),
    [
        (5_000_000, "USD", "enterprise"), (4_999_999, "USD", "mid_market"),
        (100_000, "EUR", "mid_market"), (99_999, "EUR", "smb"), (10_000, "USD", "smb"),
        (9_999, "USD", "self_serve"), (0, "USD", "self_serve"), (50_000, "JPY", "enterprise"),
        (49_999_000, "KWD", "mid_market"),
    ],
)  # fmt: skip
def test_bounds_of_the_tiers_are_the_published_ones(minor: int, currency: str, tier: str) -> None:
    table = pa.table({"arr_minor": [float(minor)], "currency": [currency]})
    found = [n for n, s in default_segments().items() if s.tier and evaluate(s.rule, table)[0]]
    assert found == [tier]


def test_packaged_segments_look_only_at_fields_that_exist() -> None:
    known = {
        *default_registry().signals,
        "health",
        "band",
        "risk",
        "risk_level",
        "coverage",
        "yearly_value",
    }
    for spec in default_segments().values():
        assert set(spec.rule.fields()) <= known
