"""When a play begins, as it is written down. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tenure.analytics.segments import Rule

_WEEK = 7


class Spec(BaseModel):
    """A part of a play; a key that it does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class WhenTrigger(Spec):
    """The account begins to match ``rule`` (and has matched for ``for_days``)."""

    kind: Literal["when"]
    rule: Rule
    for_days: int = Field(default=0, ge=0)


class EventTrigger(Spec):
    """An event of the account arrives; ``where`` are properties it must have (equal)."""

    kind: Literal["event"]
    event: str = Field(min_length=1)
    where: dict[str, str | int | float | bool] = Field(default_factory=dict)


class AbsenceTrigger(Spec):
    """``after`` happened and ``without`` did not within ``days`` of it."""

    kind: Literal["absence"]
    after: str = Field(min_length=1)
    without: str = Field(min_length=1)
    days: int = Field(ge=1)


class DateTrigger(Spec):
    """``days`` after (negative: before) a date the account has: created, renews, churned."""

    kind: Literal["date"]
    field: Literal["created_at", "renews_at", "churned_at", "stage_since"]
    days: int = 0


class InactiveTrigger(Spec):
    """A person (not the account) was last seen ``days`` ago, and not ``until_days`` or more."""

    kind: Literal["inactive"]
    days: int = Field(ge=1)
    until_days: int = Field(ge=2)

    @model_validator(mode="after")
    def _in_order(self) -> InactiveTrigger:
        if self.until_days <= self.days:
            raise ValueError("until_days must be greater than days")
        return self


class StreakTrigger(Spec):
    """A person used the product on each of the last ``days`` days of theirs, not yet today, and
    ``hours`` or less are left of their day."""

    kind: Literal["streak"]
    days: int = Field(ge=2, le=90)
    hours: float = Field(gt=0, le=12)


class ScheduleTrigger(Spec):
    """Everybody in the audience, at ``hour`` (UTC) of every day, week or month.

    ``on`` is the day: of the week (1 is Monday) or of the month (up to 28, which every month has).
    """

    kind: Literal["schedule"]
    every: Literal["day", "week", "month"]
    on: int = Field(default=1, ge=1, le=28)
    hour: int = Field(default=9, ge=0, le=23)

    @model_validator(mode="after")
    def _a_day_of_the_week(self) -> ScheduleTrigger:
        if self.every == "week" and self.on > _WEEK:
            raise ValueError("a week has 7 days: on is 1 (Monday) to 7 (Sunday)")
        return self

    def latest(self, now: datetime) -> datetime:
        """The last moment, up to ``now``, at which it was due.

        >>> from datetime import datetime, UTC
        >>> monday = ScheduleTrigger(kind="schedule", every="week", on=1, hour=9)
        >>> monday.latest(datetime(2026, 3, 4, 8, tzinfo=UTC)).isoformat()
        '2026-03-02T09:00:00+00:00'
        """
        moment = now.replace(hour=self.hour, minute=0, second=0, microsecond=0)
        if moment > now:
            moment -= timedelta(days=1)
        while not self._fits(moment):
            moment -= timedelta(days=1)
        return moment

    def _fits(self, moment: datetime) -> bool:
        if self.every == "week":
            return moment.isoweekday() == self.on
        return self.every == "day" or moment.day == self.on


class ManualTrigger(Spec):
    """Somebody puts accounts in by hand."""

    kind: Literal["manual"]


Trigger = Annotated[
    WhenTrigger
    | EventTrigger
    | AbsenceTrigger
    | DateTrigger
    | InactiveTrigger
    | StreakTrigger
    | ScheduleTrigger
    | ManualTrigger,
    Field(discriminator="kind"),
]
