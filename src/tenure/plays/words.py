"""Texts with variables: ``{{ person.first_name | there }}``. Checked when saved, never at sending.

A variable is one of the table below (or a signal); behind a bar stands what is said when it is
missing. A text that needs a variable without saying what to do when it is missing is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches

ALWAYS = {
    "account.name": "the account's name",
    "account.id": "the account's id",
    "owner.name": "the colleague who looks after the account, or the team",
    "company": "your company's name",
}
"""Variables that always have a value."""
SOMETIMES = {
    "person.name": "the person's full name",
    "person.first_name": "the person's first name",
    "account.plan": "the account's plan",
    "account.renews_on": "the day the term ends",
    "health": "the health score",
    "risk": "the churn risk",
}
"""Variables that may be missing: say what stands in their place."""

_VARIABLE = re.compile(r"\{\{\s*([a-z_.0-9]+)\s*(?:\|([^{}|]*))?\}\}")
_LEFT = re.compile(r"\{\{|\}\}")
_SIGNAL = "signal."


class UnknownWord(Exception):  # noqa: N818 - names the fault
    """A text asks for something that there is not."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.remedy = remedy


def check(text: str) -> None:
    """UnknownWord if ``text`` could not be filled in for everybody.

    >>> check("Hello {{ person.first_name | there }}, {{ account.name }}")
    >>> check("Hello {{ person.first_name }}")
    Traceback (most recent call last):
    tenure.plays.words.UnknownWord: person.first_name can be missing
    """
    for name, instead in _VARIABLE.findall(text):
        if name not in ALWAYS and name not in SOMETIMES and not name.startswith(_SIGNAL):
            listed = [*ALWAYS, *SOMETIMES]
            close = get_close_matches(name, listed, n=2)
            near = f"did you mean {' or '.join(close)}? " if close else ""
            remedy = f"{near}use one of: {', '.join([*listed, 'signal.<name>'])}"
            raise UnknownWord(f"there is no variable {name}", remedy)
        if name not in ALWAYS and not instead.strip():
            remedy = "say what stands there otherwise: {{ " + name + " | … }}"
            raise UnknownWord(f"{name} can be missing", remedy)
    if _LEFT.search(_VARIABLE.sub("", text)):
        raise UnknownWord(
            "a variable is not closed or not spelt rightly", "write it as {{ account.name }}"
        )


def fill(text: str, values: Mapping[str, object]) -> str:
    """``text`` with its variables filled in.

    >>> fill("Hello {{ person.first_name | there }}!", {})
    'Hello there!'
    >>> fill("{{ account.name }}: {{ signal.limit_use | – }}", {"account.name": "Acme"})
    'Acme: –'
    """

    def one(match: re.Match[str]) -> str:
        value = values.get(match[1])
        return str(value) if value not in (None, "") else (match[2] or "").strip()

    return _VARIABLE.sub(one, text)


def names(text: str) -> set[str]:
    """Variables a text asks for."""
    return {name for name, _ in _VARIABLE.findall(text)}


def signals(text: str) -> set[str]:
    """Names of the signals a text asks for.

    >>> sorted(signals("{{ signal.seats | some }} of {{ account.name }}"))
    ['seats']
    """
    return {n.removeprefix(_SIGNAL) for n in names(text) if n.startswith(_SIGNAL)}
