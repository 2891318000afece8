"""The address of the Accounts page and the filter it stands for."""

from __future__ import annotations

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from tenure.health.pages.account_filters import SORTS, Filters, read

words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=12)
lists = st.lists(words, max_size=3, unique=True).map(tuple)
filters = st.builds(
    Filters,
    q=words.map(str.strip),
    segment=lists,
    band=lists,
    owner=lists,
    stage=lists,
    risk=lists,
    renewal=st.none() | st.integers(1, 9999),
    status=st.sampled_from(["current", "churned", "all"]),
    sort=st.sampled_from([*SORTS, *(f"-{s}" for s in SORTS)]),
)


@given(filters)
def test_a_filter_survives_its_own_address(wanted):
    assert read(QueryDict(wanted.to_query())) == wanted


@pytest.mark.parametrize(
    "query",
    [
        "sort=drop+table",
        "renewal=-4",
        "renewal=%C2%B2",
        "renewal=1e9",
        "status=x",
        "q=%00",
        "band=",
    ],
)
def test_what_makes_no_sense_is_left_out(query):
    assert read(QueryDict(query)) == Filters()


def test_asking_for_the_same_column_turns_the_order_round():
    first = Filters().sorted_by("mrr")
    assert first.sort == "-mrr"
    assert first.sorted_by("mrr").sort == "mrr"
    assert first.sorted_by("name").sort == "name"


def test_a_condition_can_be_taken_away():
    wanted = Filters(q="acme", band=("critical", "at_risk"), renewal=30)
    assert wanted.without("band", "critical").band == ("at_risk",)
    assert wanted.without("q").q == ""
    assert wanted.without("renewal", "30").renewal is None


def test_only_conditions_narrow_the_list():
    assert not Filters(sort="name").narrowed
    assert Filters(status="churned").narrowed
