"""From roles to event names: what ``@login`` or ``@core`` means in a workspace at a moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tenure.analytics.asof import as_of
from tenure.analytics.dataset import Dataset
from tenure.analytics.engine import Engine
from tenure.analytics.signals.rules import Role
from tenure.analytics.signals.spec import Names
from tenure.analytics.signals.sql import names

Which = Literal["all", "core", "high_value"]
ANY = "@any"


@dataclass(frozen=True)
class Catalogue:
    """Events of the feature catalogue, and events that plans count."""

    features: tuple[str, ...] = ()
    core: tuple[str, ...] = ()
    high_value: tuple[str, ...] = ()
    usage: tuple[str, ...] = ()

    def events(self, which: Which) -> tuple[str, ...]:
        """Events of all, core or high-value features."""
        return {"all": self.features, "core": self.core, "high_value": self.high_value}[which]


def catalogue(dataset: Dataset, t: datetime, engine: Engine) -> Catalogue:
    """The catalogue as it was known at ``t``."""
    features = as_of(dataset, "features", t, engine).to_pylist() if dataset.has("features") else []
    plans = as_of(dataset, "plans", t, engine).to_pylist() if dataset.has("plans") else []
    return Catalogue(
        features=_sorted(f["event"] for f in features),
        core=_sorted(f["event"] for f in features if f["core"]),
        high_value=_sorted(f["event"] for f in features if f["high_value"]),
        usage=_sorted(p["usage_event"] for p in plans if p["usage_limit"]),
    )


def resolve(events: Names, roles: Mapping[str, Role], known: Catalogue) -> tuple[str, ...] | None:
    """Event names, sorted; None means any product event.

    >>> resolve(["@login", "Hello"], {"login": Role(events=["Signed In"])}, Catalogue())
    ('Hello', 'Signed In')
    """
    found: set[str] = set()
    for name in names(events):
        if name == ANY:
            return None
        if not name.startswith("@"):
            found.add(name)
            continue
        role = roles[name.removeprefix("@")]
        listed = resolve(role.events, roles, known) if role.events else ()
        if listed is None:
            return None
        featured = known.events(role.features) if role.features else ()
        found.update(featured or listed)
    return _sorted(found)


def _sorted(values: object) -> tuple[str, ...]:
    return tuple(sorted({v for v in values if v}))  # type: ignore[attr-defined]
