"""How a person is found in texts: whole, however written, and never inside somebody else."""

from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.facts.mentions import GONE
from tenure.facts.persons import Subject

DORA = Subject(
    ids=("person-dora-1", "42"),
    mails=("dora@acme.test",),
    names=("Dora Maria Díaz",),
    phones=("+49 170 1234567",),
    texts=("12 Long Lane",),
    company_words=("Acme",),
    accounts=("acme",),
)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("mail dora@acme.test today", f"mail {GONE} today"),
        ("Mail <DORA@ACME.TEST>.", f"Mail <{GONE}>."),
        ("dora@acme.test.", f"{GONE}."),
        ("to pandora@acme.test", "to pandora@acme.test"),
        ("to dora@acme.test.example", "to dora@acme.test.example"),
        ("to x.dora@acme.test", "to x.dora@acme.test"),
        ("?q=dora%40acme.test&x", f"?q={GONE}&x"),
        ("?q=%3Ddora%40acme.test", f"?q=%3D{GONE}"),
        ("key:person-dora-1:x", f"key:{GONE}:x"),
        ("person-dora-12", "person-dora-12"),
        ("42 of 42", "42 of 42"),
        ("Dora Maria Díaz said", f"{GONE} said"),
        ("DORA   DÍAZ said", f"{GONE} said"),
        ("Díaz, Dora", GONE),
        ("?q=Dora+D%C3%ADaz", f"?q={GONE}"),
        ("dora.díaz@other.test", f"{GONE}@other.test"),
        ("Dora said, Díaz meant", "Dora said, Díaz meant"),
        ("call +49 (170) 123-4567 now", f"call {GONE} now"),
        ("call 0170/1234567", f"call {GONE}"),
        ("call +49 170 1234568", "call +49 170 1234568"),
        ("at 12 long lane", f"at {GONE}"),
        ("at 112 Long Lane", "at 112 Long Lane"),
    ],
)
def test_whoever_is_named_is_found_and_nobody_else(text: str, clean: str) -> None:
    assert DORA.without(text) == clean
    assert DORA.within(text) is (clean != text)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Dora said so", f"{GONE} said so"),
        ("DORA said so", f"{GONE} said so"),
        ("dora said so", "dora said so"),
        ("Pandora and Acme", "Pandora and Acme"),
    ],
)
def test_a_first_name_names_a_person_at_home_only(text: str, clean: str) -> None:
    assert DORA.without(text, "acme") == clean
    assert DORA.without(text, "umbrella") == text


def test_a_name_that_others_bear_is_a_word_among_words() -> None:
    two = replace(DORA, names=("Ann Smith",), shared=("ann smith",))
    assert two.without("Ann Smith called") == "Ann Smith called"
    assert two.without("Ann Smith called", "acme") == f"Ann {GONE} called"


@pytest.mark.parametrize("name", ["Support Team", "Will", "Li"])
def test_words_that_are_no_names_stay(name: str) -> None:
    text = "Support Team will go on, Li"
    plain = Subject(ids=("x",), names=(name,), shared=(name.lower(),), accounts=("acme",))
    assert plain.without(text, "acme") == text


def test_json_is_searched_value_by_value() -> None:
    text = (
        '{"user_id":"42","count":"42","who":{"dora@acme.test":"Dora D\\u00edaz"},"n":491701234567}'
    )
    clean = json.loads(DORA.without(text))
    assert clean == {"user_id": GONE, "count": "42", "who": {GONE: GONE}, "n": GONE}
    untouched = '{ "a" :  1}'
    assert DORA.without(untouched) == untouched


@given(
    before=st.text(max_size=8),
    name=st.sampled_from(["dora@acme.test", "Dora Díaz", "+49 170 1234567", "person-dora-1"]),
    after=st.text(max_size=8),
    form=st.sampled_from(["plain", "upper", "json", "quoted"]),
)
def test_the_coarse_look_misses_nothing_the_close_one_finds(
    before: str, name: str, after: str, form: str
) -> None:
    written = {"upper": name.upper(), "quoted": quote(name), "json": name, "plain": name}[form]
    text = f"{before} {written} {after}"
    text = json.dumps({"t": text}) if form == "json" else text
    if DORA.within(text):
        assert DORA.mentions.may_be_in(text.lower())
    clean = DORA.without(text)
    assert DORA.without(clean) == clean
