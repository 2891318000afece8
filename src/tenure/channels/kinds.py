"""What a channel is: its words, its settings, and what a step of a play says on it. Pure.

See ``registry`` for those there are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

Values = Mapping[str, Any]
Fill = Callable[[str, Values], str]
"""Puts values into the places of a text."""


class StepSpec(BaseModel):
    """What a step of a play says on a channel; texts have places that are filled."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


@dataclass(frozen=True)
class About:
    """What a message of a play is about, for systems that read it; ``limits`` are the settings of
    the channel, ``locale`` that of whoever reads it."""

    type: str = ""
    account_id: str = ""
    person_id: str = ""
    locale: str = ""
    limits: Any = None


Step = TypeVar("Step", bound=StepSpec)


class Kind(Generic[Step]):
    """A channel, described. ``to``: what its messages are addressed to. ``lacks``: what a person
    needs who is to be reached; ``sent`` and ``unknown``: what a colleague is told who sends a test
    to ``{email}``. ``settings`` is its section of the policy, ``step`` what a play says on it."""

    name: ClassVar[str]
    title: ClassVar[str]
    icon: ClassVar[str]
    to: ClassVar[Literal["email", "person", "endpoint"]]
    step: type[Step]
    settings: ClassVar[type[BaseModel] | None] = None
    lacks: ClassVar[str] = "an address"
    sent: ClassVar[str] = ""
    unknown: ClassVar[str] = ""
    endpoint: ClassVar[str] = ""  # what it is called where endpoints are made
    trial: ClassVar[Mapping[str, Any]] = {}  # what is sent to try one
    signed: ClassVar[bool] = False  # with a secret of the endpoint
    taken_out: ClassVar[bool] = False  # what arrived can be withdrawn

    def content(self, step: Step, values: Values, fill: Fill, about: About) -> dict[str, Any]:
        """The words of ``step``, as the channel takes them."""
        raise NotImplementedError

    def note(self, type_: str, data: Mapping[str, Any], text: str) -> dict[str, Any]:
        """What an endpoint is told: systems read ``data``, people the ``text``."""
        raise NotImplementedError

    def said(self, step: Step, locale: str) -> Any:
        """Where the texts of a step stand for somebody with ``locale``."""
        del locale
        return step

    def check_step(self, source: str, step: Step, limits: Any) -> None:
        """SpecError for words that do not fit their place."""

    def as_test(self, content: dict[str, Any], limits: Any) -> dict[str, Any]:
        """The same, marked as a test."""
        return content | {"title": f"[Test] {content['title']}"[: limits.title_most]}


def clipped(text: str, most: int) -> str:
    """``text``, cut where a long name has made it too long for its place.

    >>> clipped("Three reports wait", 10)
    'Three rep…'
    """
    text = text.strip()
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
