"""The bands of the models and the levels of risk, for showing them."""

from __future__ import annotations

from typing import Any

from tenure.analytics.errors import SpecError
from tenure.analytics.health.bands import Band
from tenure.health import policy
from tenure.kit.pages import in_force

NO_COLOR: Any = "none"
"""The colour of what is no band of a model; no model may use it."""

UNKNOWN = Band.model_construct(name="", title="", min=0, max=None, action="", color=NO_COLOR)


def all_of(model: str) -> tuple[Band, ...]:
    """The bands of a model, best first; none if the model is gone."""
    return in_force.loaded(_bands, model)


def of(model: str, name: str) -> Band:
    """The band called ``name``; one that was since renamed is shown without a colour."""
    return _named(all_of(model), name)


def levels() -> tuple[Band, ...]:
    """The levels of churn risk, lowest first."""
    return in_force.loaded(policy.risk_policy).levels


def risk(name: str) -> Band:
    """The level called ``name``."""
    return _named(levels(), name)


def _bands(model: str) -> tuple[Band, ...]:
    try:
        return tuple(sorted(policy.model(model).bands, key=lambda b: -b.min))
    except SpecError:
        return ()


def _named(bands: tuple[Band, ...], name: str) -> Band:
    found = next((b for b in bands if b.name == name), None)
    title = name.replace("_", " ").capitalize()
    return found or UNKNOWN.model_copy(update={"name": name, "title": title})
