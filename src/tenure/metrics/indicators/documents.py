"""The policy document of indicators, and the names of events behind them."""

from __future__ import annotations

from tenure.accounts import segments
from tenure.analytics.errors import SpecError
from tenure.analytics.indicators.policy import (
    DEFAULT,
    Indicator,
    IndicatorPolicy,
    parse_indicators,
)
from tenure.core import policy
from tenure.core.policy.registry import Loader
from tenure.health import policy as health

DOCUMENT = "indicators"


def documents() -> tuple[policy.PolicyDocument, ...]:
    """What a workspace may change of it."""
    return (
        policy.PolicyDocument(
            DOCUMENT,
            "Indicators",
            DEFAULT,
            parse_indicators,
            "Leading indicators: what is watched, how often, and from where on a drop is told.",
            _check,
            permission=policy.EDIT,
        ),
    )


def _check(source: str, parsed: IndicatorPolicy, load: Loader) -> None:
    """SpecError if an indicator names a role of events that there is not."""
    roles = health.registry(load).roles
    for name, of in parsed.indicators.items():
        for event in of.events:
            if event.startswith("@") and event != "@any" and event[1:] not in roles:
                known = ", ".join(f"@{r}" for r in roles)
                raise SpecError(
                    source,
                    f"indicators.{name}.events",
                    f"there is no role {event}",
                    f"use one of {known}, or names of events",
                )


def current() -> IndicatorPolicy:
    """``indicators`` in force."""
    loaded: IndicatorPolicy = policy.load(DOCUMENT)
    return loaded


def watched_segments(found: IndicatorPolicy) -> list[str]:
    """Segments whose figures are kept: those of the document, else the packaged tiers."""
    return list(found.settings.segments) or segments.tiers()


def made_by(of: Indicator, found: IndicatorPolicy) -> str:
    """The print of what an indicator's values are made by, meaning of its events included."""
    roles = health.registry().roles
    used = [roles[e[1:]].model_dump() for e in of.events if e[1:] in roles]
    return of.print(found.settings, repr((used, watched_segments(found))))
