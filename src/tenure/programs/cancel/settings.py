"""The reasons, offers, paths and words of the cancel flow (policy document ``cancel``), checked.
Pure. What protects customers is checked here: no version of the policy can be without it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Annotated, Any, Union

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from tenure.analytics import toml
from tenure.analytics.errors import SpecError
from tenure.channels import wording
from tenure.connectors.billing.contract import BILLING
from tenure.programs.cancel.offers import registry
from tenure.programs.cancel.offers.base import NAME, Guardrails, Offer, Texts

DOCUMENT = "cancel"
DEFAULT = Path(__file__).with_name("policy.toml")
PLACES = frozenset({"percent", "months", "plan", "date", "product", "n"})

MOST_SHOWN = 2
"""Offers in one visit: one, and after a no one more beside the way out."""
ADDED = frozenset(
    {
        "discount_bill_title",
        "discount_bill_text",
        "discount_bill_text_undated",
        "discount_bill_yes",
        "saved_discount_bill",
        "saved_refused",
        "cancelled_refused",
    }
)
"""Words that texts from before do not have: they are said as packaged, or in the first language."""


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


if TYPE_CHECKING:
    AnyOffer = Offer
else:
    AnyOffer = Annotated[
        Union[tuple(kind.settings for kind in registry.KINDS.values())],  # noqa: UP007
        Field(discriminator="kind"),
    ]


class OfferPath(_Spec):
    """Which offers for whom; empty conditions hold always."""

    reasons: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    arms: tuple[str, ...] = ()
    mrr_from_minor: int = Field(default=0, ge=0)
    mrr_below_minor: int | None = Field(default=None, ge=1)
    offers: tuple[str, ...] = Field(max_length=6)


class Settings(_Spec):
    """The whole document."""

    languages: tuple[str, ...] = Field(min_length=2)
    running: Running
    guardrails: Guardrails
    split: Split
    targets: Targets
    counting: Counting
    reasons: tuple[Reason, ...] = Field(min_length=2)
    offers: tuple[AnyOffer, ...]
    paths: tuple[OfferPath, ...]
    words: dict[str, dict[str, str]]

    @field_validator("offers", mode="before")
    @classmethod
    def _without_what_means_nothing(cls, rows: Any) -> Any:
        """Settings of other kinds of offers are left out, as a form may have sent them."""
        return (
            [
                {
                    k: v
                    for k, v in row.items()
                    if k not in registry.own_settings(str(row.get("kind")))
                }
                if isinstance(row, dict)
                else row
                for row in rows
            ]
            if isinstance(rows, list)
            else rows
        )

    @model_validator(mode="after")
    def _names_are_known_and_told_apart(self) -> Settings:
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


def parse(source: str, text: str) -> Settings:
    """The document in ``text``; SpecError names what is wrong and its remedy."""
    try:
        found = toml.parse(Settings, source, _completed(toml.read(source, text)))
    except SpecError as error:
        key = re.sub(rf"^(offers\.\d+)\.({'|'.join(registry.KINDS)})(?=\.|$)", r"\1", error.key)
        raise SpecError(error.source, key, error.problem, error.remedy) from None
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


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    """With the words that were added since, where a text of before has none."""
    words, first = document.get("words"), next(iter(_packaged()["words"]))
    if not isinstance(words, dict):
        return document
    for tongue, said in words.items():
        known = _packaged()["words"].get(tongue) or _packaged()["words"][first]
        if isinstance(said, dict):
            words[tongue] = {**{name: known[name] for name in sorted(ADDED)}, **said}
    return document


@cache
def _packaged() -> dict[str, Any]:
    return toml.read(DEFAULT.name, DEFAULT.read_text("utf-8"))


def packaged_words() -> Mapping[str, str]:
    """The sentences that every language needs, as packaged in English."""
    words: dict[str, str] = _packaged()["words"]["en"]
    return words


def _by_language(found: Settings) -> Iterator[tuple[str, Texts]]:
    yield "running.product", found.running.product
    for r in found.reasons:
        yield from ((f"reasons.{r.name}.text", r.text), (f"reasons.{r.name}.ask", r.ask))
    for o in found.offers:
        for part in ("title", "text", "yes"):
            yield f"offers.{o.name}.{part}", getattr(o, part)


def texts(found: Settings) -> Iterator[tuple[str, str]]:
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
                source,
                key,
                f"holds “{phrases[0]}”, which {why}",
                "say what helps them, and leave the decision to them",
            )
    try:
        places = {name for _, name, _, _ in Formatter().parse(said) if name is not None}
    except ValueError as error:
        raise SpecError(source, key, f"cannot be read: {error}", "correct the braces") from None
    if unknown := sorted(places - PLACES):
        raise SpecError(
            source, key, f"names {{{unknown[0]}}}", f"there are: {', '.join(sorted(PLACES))}"
        )


def packaged() -> Settings:
    """The document as packaged."""
    return parse(DEFAULT.name, DEFAULT.read_text(encoding="utf-8"))


def fill(said: str, **places: Any) -> str:
    """A text with its places filled in; what is not given stays empty.

    >>> fill("{percent} % off for {months} months", percent=25, months=3)
    '25 % off for 3 months'
    """
    return said.format(**{**dict.fromkeys(PLACES, ""), **places})
