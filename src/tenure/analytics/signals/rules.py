"""What else a document may declare: risk signals, opportunities, roles of events, settings."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from tenure.analytics.signals.terms import Strict, Test


class RiskSignal(Strict):
    """A warning that fires for an account when all of ``when`` (and one of ``when_any``) hold.

    ``lead_days`` is how long before churn the warning usually comes: least and most.
    """

    title: str = Field(min_length=1)
    description: str = ""
    level: Literal["medium", "high", "critical"]
    lead_time: str
    lead_days: tuple[int, int]
    source: str = ""
    when: list[Test] = []
    when_any: list[Test] = []

    @model_validator(mode="after")
    def _fits(self) -> RiskSignal:
        if not self.when and not self.when_any:
            raise ValueError("it needs at least one test in `when` or `when_any`")
        if self.lead_days[0] > self.lead_days[1]:
            raise ValueError("`lead_days` is [least, most]")
        return self

    def parts(self) -> list[str]:
        """Signals it looks at."""
        tests = [*self.when, *self.when_any]
        return list(dict.fromkeys([t.signal for t in tests] + [t.of for t in tests if t.of]))


class Opportunity(Strict):
    """A sign of growth: like a risk signal, without a level."""

    title: str = Field(min_length=1)
    description: str = ""
    source: str = ""
    when: list[Test] = []
    when_any: list[Test] = []

    def parts(self) -> list[str]:
        """Signals it looks at."""
        tests = [*self.when, *self.when_any]
        return list(dict.fromkeys([t.signal for t in tests] + [t.of for t in tests if t.of]))


class Role(Strict):
    """The events that play a role in a product: by name, and by the feature catalogue.

    ``features`` takes the events of the catalogue's features (all, core or high_value); ``events``
    is used beside it, or instead while the catalogue has none.
    """

    title: str = ""
    events: list[str] = []
    features: Literal["all", "core", "high_value"] | None = None


class Settings(Strict):
    """Numbers of the language itself."""

    presence_days: int = Field(default=90, ge=1, le=1100)
    activity_days: int = Field(default=30, ge=1, le=1100)
