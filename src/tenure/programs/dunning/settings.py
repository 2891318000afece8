"""The numbers and words of dunning (policy document ``dunning``), checked. Pure."""

from __future__ import annotations

from pathlib import Path
from string import Formatter
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from tenure.analytics import toml
from tenure.connectors.billing.contract import BILLING
from tenure.programs.dunning.declines import Kind

DOCUMENT = "dunning"
DEFAULT = Path(__file__).with_name("policy.toml")
PLACES = frozenset(
    {
        "amount",
        "name",
        "product",
        "reason",
        "ask",
        "link",
        "retry",
        "pause_date",
        "cancel_date",
        "date",
        "says",
        "last4",
        "brand",
        "expires",
    }
)


def _only_known_places(text: str) -> str:
    try:
        found = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError as error:
        raise ValueError(f"cannot be read: {error}") from None
    if found - PLACES:
        raise ValueError(f"names {{{min(found - PLACES)}}}; there are: {', '.join(sorted(PLACES))}")
    return text


Words = Annotated[str, AfterValidator(_only_known_places)]


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Running(_Spec):
    on: bool
    first_seen_days: int = Field(ge=1, le=60)
    provider: str

    @field_validator("provider")
    @classmethod
    def _is_there(cls, name: str) -> str:
        if name not in BILLING:
            names = ", ".join(BILLING)
            raise ValueError(f"there is no billing system {name!r}; there are: {names}")
        return name


class Retries(_Spec):
    """When a card is tried again after a soft decline."""

    days: tuple[float, ...] = Field(max_length=8)
    most_in_all: int = Field(ge=0, le=15)
    gap_hours: float = Field(ge=1)
    hours: tuple[int, int]
    default_hour: int = Field(ge=0, le=23)
    slack_days: int = Field(ge=0, le=3)
    until_day: float = Field(ge=0)

    @model_validator(mode="after")
    def _makes_sense(self) -> Retries:
        if list(self.days) != sorted(set(self.days)) or any(d <= 0 for d in self.days):
            raise ValueError("days must rise, from above 0")
        if not 0 <= self.hours[0] < self.hours[1] <= 24:
            raise ValueError("hours must be two hours of a day, the earlier first")
        if not self.hours[0] <= self.default_hour < self.hours[1]:
            raise ValueError("default_hour must lie within hours")
        return self


class Learning(_Spec):
    strength: float = Field(gt=0)
    days: int = Field(ge=30)
    least: int = Field(100, ge=1)


class Limit(_Spec):
    """At most ``most`` attempts on one card in any ``hours`` hours."""

    network: str
    most: int = Field(ge=1)
    hours: int = Field(ge=1)


RULES = (("visa", 20, 720), ("mastercard", 10, 24), ("mastercard", 35, 720))
"""What the networks allow: (network, attempts, rolling hours)."""


class Course(_Spec):
    grace_day: float = Field(ge=0)
    cancel_day: float = Field(ge=0)
    notice_days: float = Field(ge=1)
    at_period_end: bool
    extend_most_days: int = Field(14, ge=0, le=90)

    @model_validator(mode="after")
    def _grace_comes_first(self) -> Course:
        if self.cancel_day < self.grace_day + self.notice_days:
            raise ValueError("cancel_day must lie notice_days or more after grace_day")
        return self


class Link(_Spec):
    days: int = Field(ge=1, le=365)


class Mail(_Spec):
    """A mail of the course, ``day`` days after the first decline (-1: when the payment came)."""

    name: str = Field(pattern=r"^[a-z_]+$")
    day: float = Field(ge=-1)
    subject: Words
    text: Words


NOT_LEFT = ("{retry}", "{pause_date}", "{cancel_date}")
"""Places that say what does not happen any more once a customer has left."""


class Left(_Spec):
    """Mails to a customer who has left and still owes an invoice: no card is tried any more, and
    there is nothing to pause or to end. Without any nobody is written to."""

    mails: tuple[Mail, ...] = ()

    @model_validator(mode="after")
    def _promises_nothing(self) -> Left:
        for mail in self.mails:
            for place in NOT_LEFT:
                if place in mail.subject + mail.text:
                    raise ValueError(f"{mail.name} names {place}, which does not happen any more")
        return self


class Notice(_Spec):
    """What stands inside the product while an invoice is unpaid."""

    on: bool = False
    title: Words = ""
    text: Words = ""
    link_text: str = Field("", max_length=60)

    @model_validator(mode="after")
    def _says_something(self) -> Notice:
        if self.on and not (self.title.strip() and self.text.strip() and self.link_text.strip()):
            raise ValueError("needs title, text and link_text while it is on")
        return self


class Said(_Spec):
    """Words of a mail."""

    subject: Words
    text: Words


class Ahead(_Spec):
    """What is said before a payment can fail: see policy.toml."""

    on: bool
    expiry_days: tuple[int, ...]
    updaters: tuple[str, ...] = ()
    backup_days: int = Field(ge=0, le=365)
    backup_within: int = Field(ge=1, le=365)
    yearly_days: int = Field(ge=0, le=90)
    link_days: int = Field(ge=1, le=365)
    expiry: Said
    backup: Said
    yearly: Said

    @field_validator("expiry_days")
    @classmethod
    def _falls(cls, days: tuple[int, ...]) -> tuple[int, ...]:
        if list(days) != sorted(set(days), reverse=True) or any(d < 1 for d in days):
            raise ValueError("give the days from far to near, such as [30, 15, 7]")
        return days


class ByKind(_Spec):
    """One sentence for each kind of decline."""

    soft: Words
    hard: Words
    authentication: Words
    fraud: Words
    stop: Words
    ours: Words

    def of(self, kind: Kind) -> str:
        found: str = getattr(self, kind)
        return found


class Wording(_Spec):
    retry: Words
    product: str
    nobody: str


class Targets(_Spec):
    report_days: int = Field(ge=1)
    recovered: tuple[float, float]
    involuntary: tuple[float, float] = (0.3, 0.5)


class Settings(_Spec):
    """The whole document."""

    running: Running
    retries: Retries
    learning: Learning
    limits: tuple[Limit, ...]
    course: Course
    link: Link
    notice: Notice = Notice()
    ahead: Ahead
    mails: tuple[Mail, ...]
    left: Left = Left()
    ask: ByKind
    reason: ByKind
    wording: Wording
    targets: Targets

    @model_validator(mode="after")
    def _never_looser_than_the_networks(self) -> Settings:
        for network, most, hours in RULES:
            kept = [x for x in self.limits if x.network == network and x.hours >= hours]
            if not kept or min(x.most for x in kept) > most:
                raise ValueError(
                    f"limits must allow {network} no more than {most} attempts in {hours} hours:"
                    " that is the network's own rule"
                )
        return self

    @model_validator(mode="after")
    def _mails_are_told_apart(self) -> Settings:
        names = [m.name for m in (*self.mails, *self.left.mails)]
        if len(set(names)) != len(names):
            raise ValueError("two mails have the same name")
        if not any(0 <= m.day <= self.course.cancel_day for m in self.mails):
            raise ValueError("nobody is written to before the subscription ends")
        return self

    def course_mails(self, left: bool = False) -> list[Mail]:
        """The mails by day; those to a customer who has left, if so."""
        found = self.left.mails if left else self.mails
        return sorted((m for m in found if m.day >= 0), key=lambda m: m.day)

    def mail(self, name: str) -> Mail | None:
        """The mail of this name."""
        return next((m for m in (*self.mails, *self.left.mails) if m.name == name), None)

    def thanks(self, left: bool) -> Mail | None:
        """The mail that says that the payment came."""
        found = self.left.mails if left else self.mails
        return next((m for m in found if m.day < 0), None)


def parse(source: str, text: str) -> Settings:
    """The document in ``text``; SpecError names a wrong key and its remedy."""
    return toml.parse(Settings, source, toml.read(source, text))


def packaged() -> Settings:
    """The numbers as packaged."""
    return parse(DEFAULT.name, DEFAULT.read_text(encoding="utf-8"))
