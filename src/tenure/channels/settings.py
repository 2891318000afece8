"""The numbers of restraint (policy document ``channels``), checked. Pure: no Django, no clock."""

from __future__ import annotations

from datetime import time, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    create_model,
    field_validator,
    model_validator,
)

from tenure.analytics import toml
from tenure.channels import registry
from tenure.facts import home_zones

DOCUMENT = "channels"
DEFAULT = Path(__file__).with_name("policy.toml")
ANY = "any"
LATER = ("account",)
"""Sections that a document written before there were any may lack: the packaged ones stand in."""

Category = Literal["transactional", "lifecycle", "promotional"]
Period = Literal["day", "week", "month"]


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Purpose(_Spec):
    """What a message is for. Only ``transactional`` ones pass caps and consent to marketing."""

    title: str
    category: Category
    selling: bool = False

    @model_validator(mode="after")
    def _transactional_never_sells(self) -> Purpose:
        if self.selling and self.category == "transactional":
            raise ValueError("a transactional purpose cannot sell; make it promotional")
        return self


class Way(_Spec):
    """A channel: whom it reaches, whether quiet hours hold for it, what people are told of it."""

    title: str
    reaches: Literal["person", "system"]
    quiet: bool
    about: str = Field(default="", max_length=200)


class Cap(_Spec):
    """At most ``most`` messages per day, week or month on ``channel`` (or ``any``)."""

    channel: str = ANY
    most: int = Field(ge=0)
    per: Period

    def words(self) -> str:
        """The cap as a person says it.

        >>> Cap(channel="mail", most=2, per="month").words()
        'mail cap of 2 a month'
        """
        which = "overall" if self.channel == ANY else self.channel
        return f"{which} cap of {self.most} a {self.per}"


class Quiet(_Spec):
    """Hours of the person's day in which nothing that interrupts is sent."""

    start: time = Field(alias="from")
    end: time = Field(alias="until")
    weekends: bool
    zone: str

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"{value!r} is no time zone; use a name such as Europe/Berlin")
        return value

    @model_validator(mode="after")
    def _leaves_some_hours(self) -> Quiet:
        if self.start == self.end:
            raise ValueError("from and until are the same time: nothing could be told apart")
        return self


class AccountCap(_Spec):
    """At most so many ``people`` of one account hear of the same source within so many ``days``."""

    people: int = Field(ge=1)
    days: int = Field(ge=1, le=30)
    channels: tuple[str, ...]
    not_for: tuple[str, ...] = ()


class Conversation(_Spec):
    days: int = Field(ge=0)


class Backoff(_Spec):
    after_no_days: int = Field(ge=0)


class Selling(_Spec):
    not_at_risk: tuple[str, ...]


class Staleness(_Spec):
    transactional_hours: int = Field(ge=1)
    lifecycle_hours: int = Field(ge=1)
    promotional_hours: int = Field(ge=1)


class Outbox(_Spec):
    attempts: int = Field(ge=1)
    retry_seconds: float = Field(gt=0)
    retry_most_seconds: float = Field(gt=0)
    lease_seconds: int = Field(ge=1)
    chunk: int = Field(ge=1)
    timeout_seconds: float = Field(gt=0)
    keep_days: int = Field(ge=31)
    leave_minutes: int = Field(ge=1)


class Outage(_Spec):
    after_minutes: int = Field(ge=1)
    per_minute: int = Field(ge=1)


class _Settings(_Spec):
    """What of the document is no channel's own."""

    purposes: dict[str, Purpose]
    channels: dict[str, Way]
    caps: tuple[Cap, ...]
    account: AccountCap
    quiet: Quiet
    conversation: Conversation
    selling: Selling
    backoff: Backoff
    staleness: Staleness
    outbox: Outbox
    outage: Outage

    @model_validator(mode="after")
    def _caps_name_channels(self) -> _Settings:
        for cap in self.caps:
            if cap.channel != ANY and cap.channel not in self.channels:
                known = ", ".join([ANY, *self.channels])
                raise ValueError(f"caps name the channel {cap.channel!r}; there are: {known}")
        return self

    def stale_after(self, purpose: str) -> timedelta:
        """How long after it was due a message of ``purpose`` still makes sense."""
        hours = getattr(self.staleness, f"{self.purposes[purpose].category}_hours")
        return timedelta(hours=hours)

    def retry_after(self, attempts: int) -> timedelta:
        """How long to wait after that many failed attempts.

        >>> [int(packaged().retry_after(n).total_seconds()) for n in (1, 2, 3, 20)]
        [30, 60, 120, 21600]
        """
        seconds = self.outbox.retry_seconds * 2.0 ** min(attempts - 1, 40)
        return timedelta(seconds=min(self.outbox.retry_most_seconds, seconds))


if TYPE_CHECKING:

    class Numbers(_Settings):
        """The whole document: beside this each channel has a section of its name, see its kind."""

        def __getattr__(self, channel: str) -> Any: ...

else:
    Numbers = create_model(
        "Numbers",
        __base__=_Settings,
        **{
            name: (kind.settings, ...)
            for name, kind in registry.kinds().items()
            if kind.settings is not None
        },
    )


def limits(numbers: Numbers, channel: str) -> Any:
    """The settings of a channel; None if it has none."""
    return getattr(numbers, channel) if registry.kind(channel).settings else None


def zone_of(name: str, numbers: Numbers) -> ZoneInfo:
    """The zone called ``name``, however it is written; that of policy if there is none such."""
    return ZoneInfo((home_zones.named(name) if name else None) or numbers.quiet.zone)


def parse(source: str, text: str) -> Numbers:
    """The document in ``text``; SpecError names a wrong key and its remedy."""
    document, ours = toml.read(source, text), registry.packaged_sections()
    ways = document.get("channels")
    if isinstance(ways, dict):
        document["channels"] = {**ours["channels"], **ways}
    later = {name: _packaged()[name] for name in LATER}
    return toml.parse(Numbers, source, {**ours, **later, **document})


@cache
def _packaged() -> dict[str, Any]:
    return toml.read(DEFAULT.name, DEFAULT.read_text(encoding="utf-8"))


def packaged() -> Numbers:
    """The numbers as packaged."""
    return parse(DEFAULT.name, DEFAULT.read_text(encoding="utf-8"))
