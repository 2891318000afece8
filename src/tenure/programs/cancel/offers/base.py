"""What every kind of offer has in common. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from tenure.connectors.billing.discounts import Discount
from tenure.programs.cancel.plans import Plan

NAME = r"^[a-z][a-z0-9_]{0,39}$"
Texts = Mapping[str, str]
LEAST_DISCOUNT_COOLDOWN = 180
LEAST_PAUSE_COOLDOWN = 90


class Guardrails(BaseModel):
    """Days; policy may lengthen them, and shorten them to the least."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    discount_cooldown_days: int = Field(ge=LEAST_DISCOUNT_COOLDOWN)
    pause_cooldown_days: int = Field(ge=LEAST_PAUSE_COOLDOWN)


class Offer(BaseModel):
    """An offer as policy words it. ``hours``: within how many a colleague gets in touch;
    ``colleague``: one is told as well."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=NAME)
    kind: str
    title: Texts
    text: Texts
    yes: Texts
    hours: int = 24
    urgent: bool = False
    colleague: bool = False


@dataclass(frozen=True)
class Past:
    """An offer shown in an earlier visit of the account."""

    kind: str
    at: datetime
    accepted: bool


@dataclass(frozen=True)
class Customer:
    """What an offer depends on. ``lower`` and ``higher`` are the plans next to theirs;
    ``interval_months`` is how many months a bill is for (None: nobody knows), ``renews_at`` when
    the next one is due, ``discounts`` what they have off now."""

    segments: frozenset[str] = frozenset()
    mrr_minor: int = 0
    currency: str = ""
    arm: str = ""
    paused: bool = False
    plan: Plan | None = None
    lower: Plan | None = None
    higher: Plan | None = None
    past: tuple[Past, ...] = ()
    interval_months: float | None = 1
    renews_at: datetime | None = None
    discounts: tuple[Discount, ...] = ()


@dataclass(frozen=True)
class Terms:
    """What is offered to one customer, as it was shown: it holds even if policy changes. A discount
    is for ``months``, or for the next bill alone (``months`` 0), due at ``bill_at``."""

    percent: int = 0
    months: int = 0
    plan_id: str = ""
    bill_at: datetime | None = None


@dataclass(frozen=True)
class ToDo:
    """Something for billing: a kind of act (``connectors.billing.acts``), its terms, and the day if
    it is to come. ``ends``: the act of this offer that it brings to its end."""

    what: str
    terms: Mapping[str, Any] = field(default_factory=dict)
    due_at: datetime | None = None
    ends: str = ""


@dataclass(frozen=True)
class Taken:
    """What follows from an offer that was taken: acts in billing, facts told to the product,
    whether a colleague gets in touch, and what is kept of the terms."""

    acts: tuple[ToDo, ...] = ()
    facts: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    colleague: bool = False
    months: int | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class View:
    """What a screen needs to show an offer: the terms, the plans, the customer's language."""

    terms: Terms
    mine: Plan | None
    other: Plan | None
    mrr_minor: int
    words: Mapping[str, str]
    now: datetime
    day: Callable[[datetime], str]


@dataclass(frozen=True)
class Choice:
    """Something to choose."""

    value: str
    text: str


Spec = TypeVar("Spec", bound=Offer)


class Kind(Generic[Spec]):
    """A kind of offer. ``title`` is its name in the builder, ``inputs`` the numbers asked for
    there; ``once``: one in a visit at most."""

    name: ClassVar[str]
    title: ClassVar[str]
    settings: type[Spec]
    inputs: ClassVar[tuple[str, ...]] = ()
    once: ClassVar[bool] = False

    def why_not(self, offer: Spec, who: Customer, rules: Guardrails, now: datetime) -> str:
        """Why this customer cannot have ``offer`` now; empty if they can."""
        return ""

    def unset(self, offer: Spec) -> str:
        """What is missing before anybody can have the offer; empty if nothing is."""
        return ""

    def terms(self, offer: Spec, who: Customer) -> Terms:
        """What exactly this customer is offered."""
        return Terms()

    def wording(self, offer: Spec, terms: Terms, words: Mapping[str, str], tongue: str) -> Texts:
        """Title, text and button of an offer on these terms, with their places open."""
        return {part: getattr(offer, part)[tongue] for part in ("title", "text", "yes")}

    def details(self, offer: Spec, view: View) -> Mapping[str, Any]:
        """What the screen shows besides: ``months`` to choose from, what is ``kept`` and ``lost``,
        ``prices``, a ``link``."""
        return {}

    def taken(self, terms: Terms, months: int, from_plan: str, now: datetime) -> Taken:
        """What follows when it is taken; ``months`` is what was chosen, 0 for nothing."""
        return Taken()

    def saved_word(self, terms: Terms) -> str:
        """The name of the sentence shown afterwards."""
        return f"saved_{self.name}"
