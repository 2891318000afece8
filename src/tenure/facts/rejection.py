"""A refused fact: where it stood, which rule it broke, and what to do about it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Refusal:
    """One row that was refused (or, with ``warn``, accepted under protest).

    ``row`` counts from 0 within the rows that were handed in; ``payload`` is the row as it came,
    as a JSON object; ``name`` is the event's name, for events.
    """

    row: int
    code: str
    field: str
    reason: str
    payload: str = "{}"
    name: str = ""
    message_id: str = ""
    warn: bool = False


@cache
def _texts() -> dict[str, dict[str, str]]:
    return tomllib.loads(files("tenure.facts").joinpath("refusals.toml").read_text("utf-8"))


@cache
def limits() -> dict[str, Any]:
    """The packaged limits of ``validate.toml``."""
    return tomllib.loads(files("tenure.facts").joinpath("validate.toml").read_text("utf-8"))


def shown(value: object) -> str:
    """A value as quoted in a reason: in quotes, cut to a readable length."""
    text = str(value)
    most = int(limits()["sample_characters"])
    return repr(text if len(text) <= most else text[:most] + "…")


def explain(code: str, **words: object) -> str:
    """The reason and its remedy as one sentence each.

    >>> explain("missing", field="event", table="events").split(". To fix: ")[0]
    'event is empty, and every row of events needs it'
    """
    text = _texts()[code]
    return f"{text['reason']}. To fix: {text['remedy']}".format_map(_Words(words))


def remedy(code: str) -> str:
    """What to do about refusals of this kind; empty for a code we do not know."""
    return _texts().get(code, {}).get("remedy", "").format_map(_Words())


class _Words(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return f"({key})"
