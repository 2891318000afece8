"""The bands of the models and the levels of risk, for showing them."""

from __future__ import annotations

from tenure.analytics.errors import SpecError
from tenure.analytics.health.bands import Band
from tenure.analytics.health.risk import RiskPolicy
from tenure.analytics.health.spec import HealthModel
from tenure.core import policy
from tenure.web.once import per_request

UNKNOWN = Band.model_construct(name="", title="", min=0, max=None, action="", color="none")


@per_request
def all_of(model: str) -> tuple[Band, ...]:
    """The bands of a model, best first; none if the model is gone."""
    try:
        loaded = policy.load(f"health/models/{model}")
    except (SpecError, KeyError):
        return ()
    assert isinstance(loaded, HealthModel)
    return tuple(sorted(loaded.bands, key=lambda b: -b.min))


def of(model: str, name: str) -> Band:
    """The band called ``name``; one that was since renamed is shown without a colour."""
    found = next((b for b in all_of(model) if b.name == name), None)
    return found or UNKNOWN.model_copy(update={"name": name, "title": name.replace("_", " ")})


@per_request
def levels() -> tuple[Band, ...]:
    """The levels of churn risk, lowest first."""
    loaded = policy.load("health/risk")
    assert isinstance(loaded, RiskPolicy)
    return loaded.levels


def risk(name: str) -> Band:
    """The level called ``name``."""
    found = next((b for b in levels() if b.name == name), None)
    return found or UNKNOWN.model_copy(update={"name": name, "title": name})
