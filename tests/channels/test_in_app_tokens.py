"""Who a browser is: tokens that are believed, and all those that are not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from servers import NOON

from tenure.channels.in_app import tokens
from tenure.channels.in_app.tokens import BadToken, Holder
from tenure.channels.settings import packaged

NUMBERS = packaged().in_app
SECRET = "tns_a-secret-of-the-workspace-that-is-long"
NOW = int(NOON.timestamp())


def believed(token: str, *secrets: str) -> Holder:
    return tokens.believe(tokens.take_apart(token), secrets or (SECRET,), NUMBERS, NOON)


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


IDS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), min_size=1,
              max_size=60)  # fmt: skip


@given(IDS, IDS)
def test_a_token_that_any_jwt_library_makes_is_believed(person: str, account: str) -> None:
    claims = {"sub": person, "account": account, "exp": NOW + 600}
    token = jwt.encode(claims, SECRET, algorithm="HS256", headers={"kid": "app_1"})
    assert believed(token) == Holder("app_1", person, account)


@given(IDS, IDS)
def test_our_own_tokens_are_what_a_jwt_library_believes(person: str, account: str) -> None:
    token = tokens.make(SECRET, "app_1", person, account, NOW + 600)
    found = jwt.decode(token, SECRET, algorithms=["HS256"], options={"verify_exp": False})
    assert found == {"sub": person, "account": account, "exp": NOW + 600}
    assert believed(token, "tns_new", SECRET) == Holder("app_1", person, account)  # rotating


@given(st.integers(0, 200), st.integers(0, 63))
def test_one_changed_character_is_enough_to_be_refused(place: int, other: int) -> None:
    token = tokens.make(SECRET, "app_1", "ann", "acme", NOW + 600)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    place %= len(token) - 1  # the last character carries spare bits
    changed = token[:place] + letters[other] + token[place + 1 :]
    if changed != token:
        with pytest.raises(BadToken):
            believed(changed)


@pytest.mark.parametrize(
    ("header", "claims", "why"),
    [
        ({"alg": "none"}, {}, "HS256"),
        ({"alg": "RS256"}, {}, "HS256"),
        ({"crit": ["b64"]}, {}, "no token"),
        ({"kid": None}, {}, "no token"),
        ({"kid": "app_1", "alg": "hs256"}, {}, "HS256"),
        ({}, {"may": "cancel"}, "no token"),
        ({}, {"sub": ""}, "no token"),
        ({}, {"sub": 7}, "no token"),
        ({}, {"sub": "a\x00b"}, "no token"),
        ({}, {"account": None}, "no token"),
        ({}, {"exp": "soon"}, "no token"),
        ({}, {"exp": True}, "no token"),
        ({}, {"exp": NOW - 61}, "expired"),
        ({}, {"exp": NOW + 24 * 3600 + 61}, "more than 24 hours"),
        ({}, {"exp": float("inf")}, "no token"),
        ({}, {"exp": float("nan")}, "no token"),
    ],
)
def test_what_a_token_may_not_be(header: dict[str, Any], claims: dict[str, Any], why: str) -> None:
    head = {"alg": "HS256", "typ": "JWT", "kid": "app_1"} | header
    body = {"sub": "ann", "account": "acme", "exp": NOW + 600} | claims
    signed = f"{part(head)}.{part(body)}"
    key = b"" if head["kid"] is None else SECRET.encode()
    mark = hmac.digest(key, signed.encode(), hashlib.sha256)
    token = f"{signed}.{base64.urlsafe_b64encode(mark).rstrip(b'=').decode()}"
    with pytest.raises(BadToken, match=why):
        believed(token)


@given(st.text(max_size=300))
def test_any_text_that_is_no_token_is_refused_and_nothing_breaks(text: str) -> None:
    with pytest.raises(BadToken):
        believed(text)


def test_clocks_may_differ_by_a_minute() -> None:
    assert believed(tokens.make(SECRET, "app_1", "ann", "acme", NOW - 60)).person_id == "ann"
