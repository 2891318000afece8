"""The document ``alerts``, and the decision who is told of one. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tenure.analytics import toml
from tenure.analytics.errors import SpecError

DEFAULT = Path(__file__).with_name("alerts.toml")
Severity = Literal["low", "medium", "high", "critical"]
SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low")
"""Gravest first."""
WAYS = ("role", "mail", "chat")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Risk(_Strict):
    """Levels of risk signals that become alerts."""

    levels: tuple[Literal["medium", "high", "critical"], ...]


class Telling(_Strict):
    """How people are told."""

    purpose: str
    most_listed: int = Field(ge=1)
    snooze_days: tuple[int, ...] = Field(min_length=1)
    keep_days: int = Field(ge=31)


class Route(_Strict):
    """Whom alerts go to that fit; what is left out fits all."""

    name: str = Field(min_length=1, max_length=120)
    kind: Literal["risk", "indicator"] | None = None
    severities: tuple[Severity, ...] = ()
    segments: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()
    owned: bool | None = None
    to: tuple[str, ...]


class AlertPolicy(_Strict):
    """The whole document."""

    risk: Risk
    telling: Telling
    routes: tuple[Route, ...]


@dataclass(frozen=True)
class About:
    """What a route looks at."""

    kind: str
    severity: str
    signal: str
    segments: Collection[str] = ()
    owned: bool = False


def parse_alerts(source: str, text: str) -> AlertPolicy:
    """The document in ``text``; SpecError names the key at fault."""
    found = toml.parse(AlertPolicy, source, toml.read(source, text))
    for number, one in enumerate(found.routes):
        for to in one.to:
            way, _, who = to.partition(":")
            if to != "owner" and (way not in WAYS or not who):
                raise SpecError(
                    source,
                    f"routes.{number}.to",
                    f"does not know {to!r}",
                    "use owner, role:NAME, mail:ADDRESS or chat:ENDPOINT",
                )
    return found


def route(about: About, routes: Collection[Route]) -> Route | None:
    """The first route that fits; None if there is none.

    >>> routes = [Route(name="a", severities=("critical",), to=("owner",)), Route(name="b", to=())]
    >>> route(About("risk", "high", "nps_low"), routes).name
    'b'
    """
    return next((one for one in routes if _fits(about, one)), None)


def _fits(about: About, one: Route) -> bool:
    return (
        one.kind in (None, about.kind)
        and (not one.severities or about.severity in one.severities)
        and (not one.segments or bool(set(one.segments) & set(about.segments)))
        and (not one.signals or about.signal in one.signals)
        and one.owned in (None, about.owned)
    )


@lru_cache
def packaged() -> AlertPolicy:
    """The packaged document."""
    return parse_alerts(DEFAULT.name, DEFAULT.read_text(encoding="utf-8"))
