"""The reasons, offers, paths and words of the cancel flow (policy document ``cancel``), checked.
Pure. What protects customers is checked here: no version of the policy can be without it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Formatter
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from tenure.analytics import toml
from tenure.analytics.errors import SpecError
from tenure.channels import wording
from tenure.connectors.billing.contract import BILLING

DOCUMENT = "cancel"
DEFAULT = Path(__file__).with_name("policy.toml")
NAME = r"^[a-z][a-z0-9_]{0,39}$"
PLACES = frozenset({"percent", "months", "plan", "date", "product", "n"})

MOST_PERCENT = 49
"""A discount stays below half the price: deeper ones teach customers to cancel for a deal."""
MOST_PAUSE_MONTHS = 3
MOST_SHOWN = 2
"""Offers in one visit: one, and after a no one more beside the way out."""
LEAST_DISCOUNT_COOLDOWN = 180
LEAST_PAUSE_COOLDOWN = 90

Texts = Mapping[str, str]
Kind = Literal["discount", "pause", "downgrade", "unlock", "person", "link"]


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Running(_Spec):
    """``page_days``: how long the last page of a visit can be opened again."""

    on: bool
    provider: str
    at_period_end: bool
    open_hours: int = Field(ge=1, le=24 * 14)
    page_days: int = Field(ge=1, le=365)
    export_url: str
    product: Texts

    @field_validator("provider")
    @classmethod
    def _is_there(cls, name: str) -> str:
        if name not in BILLING:
            raise ValueError(
                f"there is no billing system {name!r}; there are: {', '.join(BILLING)}"
            )
        return name


class Guardrails(_Spec):
    """Days; policy may lengthen them, and shorten them to the least."""

    discount_cooldown_days: int = Field(ge=LEAST_DISCOUNT_COOLDOWN)
    pause_cooldown_days: int = Field(ge=LEAST_PAUSE_COOLDOWN)


class Split(_Spec):
    """Arms and their shares; in ``control`` nothing is offered."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")
    control: str
    arms: dict[str, float] = Field(min_length=1)

    @model_validator(mode="after")
    def _makes_sense(self) -> Split:
        if any(share <= 0 for share in self.arms.values()):
            raise ValueError("every arm needs a share above 0; leave out an arm that gets none")
        if set(self.arms) == {self.control}:
            raise ValueError("the control alone is no split: add an arm in which offers are made")
        return self


class Targets(_Spec):
    save_rate: tuple[float, float]
    returned: tuple[float, float]


class Tenure(_Spec):
    """A band of time as a customer: fewer days than ``below``; None is the band without end."""

    name: str = Field(min_length=1)
    below: int | None = Field(None, ge=1)


class Counting(_Spec):
    """How saves are counted: see policy.toml."""

    lasting_days: tuple[int, ...] = Field(min_length=1)
    judged_days: int = Field(ge=1)
    pause_back_days: int = Field(ge=0)
    tenures: tuple[Tenure, ...] = Field(min_length=1)

    @field_validator("tenures")
    @classmethod
    def _ascends_to_no_end(cls, bands: tuple[Tenure, ...]) -> tuple[Tenure, ...]:
        ends = [band.below for band in bands[:-1]]
        if bands[-1].below is not None or None in ends or ends != sorted(set(ends), key=int):  # type: ignore[arg-type]
            raise ValueError("the bands go from short to long, and only the last has no 'below'")
        return bands

    def tenure(self, days: int | None) -> str:
        """The band of a time as customer."""
        if days is None:
            return "unknown"
        return next(b.name for b in self.tenures if b.below is None or days < b.below)


class Reason(_Spec):
    """``ask`` is the question beside the free text."""

    name: str = Field(pattern=NAME)
    text: Texts
    ask: Texts
    last: bool = False


class Offer(_Spec):
    """``hours``: within how many a colleague gets in touch; ``colleague``: one is told as well."""

    name: str = Field(pattern=NAME)
    kind: Kind
    title: Texts
    text: Texts
    yes: Texts
    percent: int = 0
    months: int = 0
    hours: int = 24
    urgent: bool = False
    colleague: bool = False
    url: str = ""

    @model_validator(mode="after")
    def _within_the_guardrails(self) -> Offer:
        if self.kind == "discount" and not 1 <= self.percent <= MOST_PERCENT:
            raise ValueError(
                f"a discount is from 1 to {MOST_PERCENT} percent: half the price or more teaches"
                " customers to cancel for a deal"
            )
        if self.kind == "discount" and not 1 <= self.months <= 12:
            raise ValueError("a discount lasts from 1 to 12 months")
        if self.kind == "pause" and not 1 <= self.months <= MOST_PAUSE_MONTHS:
            raise ValueError(f"a pause is from 1 to {MOST_PAUSE_MONTHS} months")
        if self.kind == "unlock" and not 1 <= self.months <= 12:
            raise ValueError("a plan is unlocked for 1 to 12 months")
        if self.kind == "link" and self.url and not self.url.startswith(("https://", "http://")):
            raise ValueError("url must begin with https://")
        return self


class OfferPath(_Spec):
    """Which offers for whom; empty conditions hold always."""

    reasons: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    arms: tuple[str, ...] = ()
    mrr_from_minor: int = Field(default=0, ge=0)
    mrr_below_minor: int | None = Field(default=None, ge=1)
    offers: tuple[str, ...] = Field(max_length=6)


class Numbers(_Spec):
    """The whole document."""

    languages: tuple[str, ...] = Field(min_length=2)
    running: Running
    guardrails: Guardrails
    split: Split
    targets: Targets
    counting: Counting
    reasons: tuple[Reason, ...] = Field(min_length=2)
    offers: tuple[Offer, ...]
    paths: tuple[OfferPath, ...]
    words: dict[str, dict[str, str]]

    @model_validator(mode="after")
    def _names_are_known_and_told_apart(self) -> Numbers:
        for what, names in (
            ("reasons", [r.name for r in self.reasons]),
            ("offers", [o.name for o in self.offers]),
        ):
            if len(set(names)) != len(names):
                raise ValueError(f"two {what} have the same name")
        if sum(r.last for r in self.reasons) > 1:
            raise ValueError("only one reason can be the last")
        reasons, offers = {r.name for r in self.reasons}, {o.name for o in self.offers}
        for number, path in enumerate(self.paths, 1):
            unknown = [
                *(set(path.reasons) - reasons),
                *(set(path.offers) - offers),
                *(set(path.arms) - set(self.split.arms)),
            ]
            if unknown:
                raise ValueError(f"path {number} names {min(unknown)!r}, which there is not")
        return self

    def reason(self, name: str) -> Reason | None:
        """The reason called ``name``."""
        return next((r for r in self.reasons if r.name == name), None)

    def offer(self, name: str) -> Offer | None:
        """The offer called ``name``."""
        return next((o for o in self.offers if o.name == name), None)

    def language(self, wanted: str) -> str:
        """The language to speak with somebody who wants ``wanted`` (``de-AT`` is ``de``)."""
        short = wanted.lower().partition("-")[0]
        return short if short in self.languages else self.languages[0]


def parse(source: str, text: str) -> Numbers:
    """The document in ``text``; SpecError names what is wrong and its remedy."""
    found = toml.parse(Numbers, source, toml.read(source, text))
    for key, said in texts(found):
        _check(source, key, said)
    for key, by_language in _by_language(found):
        if missing := sorted(set(found.languages) - set(by_language)):
            raise SpecError(source, key, f"is not said in {missing[0]!r}", "say it, too")
    words = set(packaged_words())
    for language in found.languages:
        if missing := sorted(words - set(found.words.get(language, {}))):
            raise SpecError(source, f"words.{language}.{missing[0]}", "is missing", "add it")
    return found


def packaged_words() -> Mapping[str, str]:
    """The sentences that every language needs, as packaged in English."""
    words: dict[str, str] = toml.read(DEFAULT.name, DEFAULT.read_text("utf-8"))["words"]["en"]
    return words


def _by_language(found: Numbers) -> Iterator[tuple[str, Texts]]:
    yield "running.product", found.running.product
    for r in found.reasons:
        yield from ((f"reasons.{r.name}.text", r.text), (f"reasons.{r.name}.ask", r.ask))
    for o in found.offers:
        for part in ("title", "text", "yes"):
            yield f"offers.{o.name}.{part}", getattr(o, part)


def texts(found: Numbers) -> Iterator[tuple[str, str]]:
    """Everything that customers read, with its key."""
    for key, by_language in _by_language(found):
        for language, said in by_language.items():
            yield f"{key}.{language}", said
    for language, words in found.words.items():
        for name, said in words.items():
            yield f"words.{language}.{name}", said


def _check(source: str, key: str, said: str) -> None:
    for kind, why in (("guilt", "presses on guilt or fear"), ("pressure", "presses for time")):
        if phrases := wording.found(said, kind):
            raise SpecError(
                source, key, f"holds “{phrases[0]}”, which {why}",
                "say what helps them, and leave the decision to them",
            )  # fmt: skip
    try:
        places = {name for _, name, _, _ in Formatter().parse(said) if name is not None}
    except ValueError as error:
        raise SpecError(source, key, f"cannot be read: {error}", "correct the braces") from None
    if unknown := sorted(places - PLACES):
        raise SpecError(
            source, key, f"names {{{unknown[0]}}}", f"there are: {', '.join(sorted(PLACES))}"
        )


def packaged() -> Numbers:
    """The document as packaged."""
    return parse(DEFAULT.name, DEFAULT.read_text(encoding="utf-8"))


def fill(said: str, **places: Any) -> str:
    """A text with its places filled in; what is not given stays empty.

    >>> fill("{percent} % off for {months} months", percent=25, months=3)
    '25 % off for 3 months'
    """
    return said.format(**{**dict.fromkeys(PLACES, ""), **places})
