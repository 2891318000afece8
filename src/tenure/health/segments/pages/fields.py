"""The fields a rule may look at, in groups, as people know them."""

from __future__ import annotations

from dataclasses import dataclass

from tenure.health import policy
from tenure.health.pages import models_shown, registry

SCORE = {
    "health": "Health",
    "band": "Band",
    "risk": "Churn risk",
    "risk_level": "Risk level",
    "coverage": "Coverage of the score",
    "chance": "Chance to leave (champion)",
    "stage": "Lifecycle stage",
    "yearly_value": "Yearly value",
}


UNITS = {"coverage": "share", "chance": "share"}


@dataclass(frozen=True)
class Field:
    """One field; ``unit`` says how its values are written."""

    name: str
    title: str
    unit: str = ""


def groups() -> list[tuple[str, list[Field]]]:
    """All fields: the score first, then signals by their group."""
    found: dict[str, list[Field]] = {"Score and stage": [Field(n, t) for n, t in SCORE.items()]}
    signals = registry.current()
    for name in signals.of_accounts():
        signal = signals.signals[name]
        found.setdefault(signal.group or "Other", []).append(Field(name, signal.title, signal.unit))
    return list(found.items())


def naming(name: str) -> tuple[str, str]:
    """Title and unit of a field."""
    return (SCORE[name], UNITS.get(name, "")) if name in SCORE else registry.naming()(name)


def suggestions() -> dict[str, list[str]]:
    """Values to choose from, for fields that have few."""
    bands = policy.model(models_shown.default()).bands
    return {
        "band": [b.name for b in bands],
        "risk_level": [level.name for level in policy.risk_policy().levels],
        "stage": [s.name for s in policy.stage_policy().stages],
    }
